"""A key's record is published from its page, taken back, and taken out once the key is retired."""

from __future__ import annotations

from itertools import count

import pytest
from django.test import Client

from audit.models import Entry
from dnshealth import host
from dnshealth.dkim import looking
from dnshealth.dkim.models import DkimKey, KeyState
from domains.models import Domain
from mailkit.dns.primary import TsigKey
from mailkit.dns.results import Record
from mailkit.dns.wire import server
from tests.dnshealth.conftest import Configure
from tests.dnshealth.samples import store_keys
from tests.dnshealth.signer import Signer
from tests.dnshealth.test_publish_page import texts
from tests.pages.reading import Page, read
from tests.servers.dns import DnsServers
from tests.servers.primary import SECRET

numbers = count(1)


@pytest.fixture
def domain(
    signer: Signer,
    dns_servers: DnsServers,
    configure: Configure,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """A domain of its own, whose zone and signer the panel can write."""
    name = f"key-{next(numbers)}.test"
    dns_servers.load({f"{name}.": "@ MX 10 mx.health.test.\n"})
    Domain.objects.create(domain=name)
    configure(
        servers=dns_servers.resolver,
        primary=server(f"127.0.0.1@{dns_servers.knot_port}"),
        key_dir=signer.keys,
        dkim_signer=("opendkim", signer.directory / "opendkim.conf"),
    )
    # The signer's own zones are in memory.
    monkeypatch.setattr(looking, "new_lookups", host.new_lookups)
    return name


def keys_of(domain: str) -> str:
    return f"/domains/{domain}/dns/dkim/"


@pytest.fixture
def url(domain: str, admin: Client) -> str:
    """Where its new key is published."""
    admin.post(f"{keys_of(domain)}new/", {"kind": "rsa", "selector": "s1"})
    return f"{keys_of(domain)}s1/publish/"


def button(page: Page) -> dict[str, str]:
    return {"state": page.value("state"), "zone": page.value("zone")}


@pytest.mark.stack
def test_from_its_page_to_the_signature(
    admin: Client, domain: str, url: str, dns_servers: DnsServers
) -> None:
    name = f"s1._domainkey.{domain}."
    assert f'href="{url}"' in read(admin.get(keys_of(domain))).html
    opened = read(admin.get(url))
    assert f"{name} IN TXT" in opened.text
    assert "resolvers may remember that for up to" in opened.text
    assert texts(dns_servers, name) == []

    answer = admin.post(url, button(opened))

    shown = read(admin.get(answer["Location"]))
    assert "Sent, and read back from the name server." in shown.text
    assert f'href="{keys_of(domain)}"' in shown.html
    assert len(texts(dns_servers, name)) == 1
    entry = Entry.objects.get(object_type="dns")
    assert (entry.action, entry.object_key, entry.domain) == ("publish_dns", f"{name} TXT", domain)
    assert DkimKey.objects.get().state == KeyState.MADE
    # A second click sends nothing.
    again = read(admin.post(url, button(opened), follow=True))
    assert "Nothing was sent" in again.text
    assert "The name server has it already" in read(admin.get(url)).text
    looked = read(admin.post(f"{keys_of(domain)}s1/look/", follow=True))
    assert "The record is there." in looked.text

    admin.post(answer["Location"])
    assert texts(dns_servers, name) == []
    entry.refresh_from_db()
    assert entry.undone


@pytest.mark.stack
def test_a_retired_key_is_taken_out(
    admin: Client, domain: str, url: str, dns_servers: DnsServers
) -> None:
    name = f"s1._domainkey.{domain}."
    admin.post(url, button(read(admin.get(url))))
    dns_servers.publish([Record(name, "TXT", "a remark")])
    admin.post(f"{keys_of(domain)}s1/retire/")
    assert DkimKey.objects.get().state == KeyState.REMOVED
    listed = read(admin.get(keys_of(domain)))
    assert f'href="{url}"' in listed.html

    opened = read(admin.get(url))
    assert "Take s1 out of DNS" in opened.text
    assert "a remark" not in opened.text
    admin.post(url, button(opened))

    assert texts(dns_servers, name) == ['"a remark"']
    assert "The name server does not have it" in read(admin.get(url)).text


@pytest.mark.stack
def test_nothing_is_sent_over_what_somebody_else_has_done(
    admin: Client, domain: str, url: str, dns_servers: DnsServers
) -> None:
    name = f"s1._domainkey.{domain}."
    opened = read(admin.get(url))
    dns_servers.publish([Record(name, "TXT", "a remark")])
    page = read(admin.post(url, button(opened)))
    assert "Somebody else has changed a record meanwhile" in page.text
    assert page.value("state") != opened.value("state")
    dns_servers.publish([Record(name, "TXT", "v=DKIM1; p=other")])
    page = read(admin.post(url, button(page)))
    assert "has another v=dkim1 meanwhile" in page.text
    assert not page.has("state")
    assert not Entry.objects.filter(object_type="dns").exists()


def test_where_nothing_is_set_up_the_page_says_how(
    admin: Client, configure: Configure, two_domains: None
) -> None:
    configure()
    store_keys("a.test")
    url = f"{keys_of('a.test')}s-made/publish/"
    assert url not in read(admin.get(keys_of("a.test"))).html
    for answer in (admin.get(url), admin.post(url, {"state": "x"})):
        assert "Publishing is not set up" in read(answer).text


@pytest.mark.parametrize(("who", "status"), [("admin", 200), ("bob", 403), ("owner", 403)], ids=str)
def test_who_may_publish_a_key(
    who: str,
    status: int,
    request: pytest.FixtureRequest,
    configure: Configure,
    two_domains: None,
) -> None:
    client: Client = request.getfixturevalue(who)
    configure(servers="127.0.0.1@9", update_key=TsigKey("panel", SECRET))
    store_keys("a.test")
    answer = client.get(f"{keys_of('a.test')}s-made/publish/")
    assert answer.status_code == status
    if status == 200:
        assert "publish.no_primary" in read(answer).text
        assert client.get(f"{keys_of('a.test')}nothing/publish/").status_code == 404
        # Each state has the one step that fits it.
        listed = read(client.get(keys_of("a.test"))).html
        offered = [state for state in KeyState.values if f"s-{state}/publish/" in listed]
        assert offered == ["made", "removed"]
    elif who == "bob":
        assert "/publish/" not in read(client.get(keys_of("a.test"))).html
