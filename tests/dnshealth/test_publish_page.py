"""The publish page against a real primary: shown, sent once, logged, taken back; and refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from itertools import count

import pytest
from django.test import Client

from audit.actor import Actor
from audit.models import Entry
from dnshealth import publish_views, publishing
from dnshealth.check_now import check_now
from dnshealth.publishing import publish
from domains.models import Domain
from mailkit.dns.primary import TsigKey
from mailkit.dns.results import Record
from mailkit.dns.wire import server
from tests.dnshealth.conftest import Configure, Run
from tests.dnshealth.test_publishing_state import store_one
from tests.pages.reading import Page, read
from tests.servers.dns import DnsServers
from tests.servers.primary import SECRET, PrimaryServer

HOST = "mx-page.test"
IP = "192.0.2.213"
HOST_RECORDS = f"""{HOST}. A {IP}
{HOST}. TXT "v=spf1 a -all"
213.2.0.192.in-addr.arpa. PTR {HOST}.
"""
BROKEN = """@ MX 10 old.example.
@ TXT "site-verification=abc"
@ TXT "v=spf1 ip4:203.0.113.7 -all"
"""
ALIAS = '_dmarc CNAME spot\nspot A 192.0.2.1\n@ MX 10 mx-page.test.\n@ TXT "v=spf1 mx -all"\n'
numbers = count(1)


@pytest.fixture(scope="module")
def lab(dns_servers: DnsServers) -> DnsServers:
    dns_servers.load({f"{HOST}.": HOST_RECORDS})
    return dns_servers


@pytest.fixture
def setup(configure: Configure, lab: DnsServers) -> Callable[..., None]:
    def change(**more: object) -> None:
        fields: dict[str, object] = {
            "servers": lab.resolver,
            "mail_ips": (ip_address(IP),),
            "primary": server(f"127.0.0.1@{lab.knot_port}"),
            "selectors": ("s1",),
        }
        configure(hostname=HOST, **{**fields, **more})

    change()
    return change


@pytest.fixture
def domain(setup: Callable[..., None], lab: DnsServers, root: Actor, db: None) -> str:
    """A domain of its own, broken, and checked just now."""
    return broken(lab, root, BROKEN)


def broken(lab: DnsServers, root: Actor, text: str) -> str:
    name = f"page-{next(numbers)}.test"
    lab.load({f"{name}.": text})
    Domain.objects.create(domain=name)
    check_now(actor=root, row_key=name)
    return name


def page_of(domain: str) -> str:
    return f"/domains/{domain}/dns/publish/"


def button(page: Page, domain: str) -> dict[str, object]:
    """What the button of the zone posts."""
    codes = re.findall(r'type="hidden" name="code" value="([^"]+)"', page.html)
    assert {"mx.not_ours", "spf.not_authorised", "dmarc.missing"} <= set(codes)
    return {"zone": page.value("zone"), "state": page.value("state"), "code": codes}


def texts(lab: DnsServers, name: str) -> list[str]:
    lab.publish(())  # which has unbound forget what it was asked before
    return sorted(one.to_text() for rrset in lab.ask(name, "TXT").answer for one in rrset)


@pytest.mark.stack
def test_shown_published_and_taken_back(
    admin: Client, domain: str, lab: DnsServers, root: Actor
) -> None:
    opened = read(admin.get(page_of(domain)))
    assert f"{domain}. IN MX 10 {HOST}." in opened.text
    assert f"{domain}. IN MX 10 old.example." in opened.text
    assert "site-verification" not in opened.text
    assert texts(lab, f"_dmarc.{domain}.") == []

    # Every box unticked: nothing is chosen for somebody who wants nothing.
    empty = read(admin.get(page_of(domain) + "?code="))
    assert f"{domain}. IN MX 10 {HOST}." not in empty.text

    answer = admin.post(page_of(domain), button(opened, domain))

    assert answer.status_code == 302
    entries = Entry.objects.filter(object_type="dns", action="publish_dns", domain=domain)
    assert entries.count() == 3
    assert set(entries.values_list("actor", flat=True)) == {"alice"}
    shown = read(admin.get(answer["Location"]))
    assert "Published, and read back" in shown.text
    assert "Take it back" in shown.text
    assert '"site-verification=abc"' in texts(lab, f"{domain}.")
    check_now(actor=root, row_key=domain)
    assert "mx.not_ours" not in read(admin.get(f"/domains/{domain}/dns/")).text

    back = admin.post(answer["Location"])

    assert (back.status_code, back["Location"] != answer["Location"]) == (302, True)
    undone = read(admin.get(back["Location"]))
    assert "Taken back, and read back" in undone.text
    assert texts(lab, f"_dmarc.{domain}.") == []
    assert '"v=spf1 ip4:203.0.113.7 -all"' in texts(lab, f"{domain}.")
    assert entries.filter(undone=True).count() == 3
    # Once is enough.
    again = read(admin.post(answer["Location"], follow=True))
    assert "It is taken back already. Nothing was sent." in again.text
    assert Entry.objects.filter(object_type="dns").count() == 6


@pytest.mark.stack
def test_a_second_click_sends_nothing(
    admin: Client, domain: str, lab: DnsServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = button(read(admin.get(page_of(domain))), domain)
    assert admin.post(page_of(domain), data).status_code == 302
    again = read(admin.post(page_of(domain), data, follow=True))
    assert "The name server has it already. Nothing was sent." in again.text
    assert Entry.objects.filter(object_type="dns").count() == 3
    # The stored check is older, as is what a resolver remembers.
    assert "Published already, and not seen everywhere yet" in read(admin.get(page_of(domain))).text


@pytest.mark.stack
def test_two_clicks_at_once_send_once(
    admin: Client, domain: str, lab: DnsServers, root: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = button(read(admin.get(page_of(domain))), domain)

    def first_the_other(**asked: object) -> list[Entry]:
        monkeypatch.setattr(publish_views, "publish", publish)
        assert admin.post(page_of(domain), data).status_code == 302
        return publish(**asked)

    monkeypatch.setattr(publish_views, "publish", first_the_other)
    again = read(admin.post(page_of(domain), data, follow=True))

    assert "The name server has it already. Nothing was sent." in again.text
    assert Entry.objects.filter(object_type="dns").count() == 3
    assert len(texts(lab, f"_dmarc.{domain}.")) == 1


@pytest.mark.stack
def test_taken_back_by_two_clicks_at_once_is_sent_once(
    admin: Client, domain: str, lab: DnsServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = button(read(admin.get(page_of(domain))), domain)
    url = admin.post(page_of(domain), data)["Location"]
    planned = publishing.plan_back

    def then_the_other(**asked: object) -> object:
        found = planned(**asked)
        monkeypatch.setattr(publishing, "plan_back", planned)
        assert admin.post(url).status_code == 302
        return found

    monkeypatch.setattr(publishing, "plan_back", then_the_other)
    assert "It is taken back already" in read(admin.post(url, follow=True)).text
    assert Entry.objects.filter(object_type="dns", action="undo").count() == 3


@pytest.mark.stack
def test_what_somebody_else_has_changed_since_stays(
    admin: Client, domain: str, lab: DnsServers
) -> None:
    data = button(read(admin.get(page_of(domain))), domain)
    url = admin.post(page_of(domain), data)["Location"]
    lab.publish([Record(f"{domain}.", "MX", "5 other.example.")])
    page = read(admin.post(url))
    assert "publish.changed" in page.text
    assert "5 other.example." in page.text
    assert "5 other.example." in {one.to_text() for one in lab.ask(f"{domain}.", "MX").answer[0]}
    assert not Entry.objects.filter(object_type="dns", action="undo").exists()


@pytest.mark.stack
def test_what_somebody_else_changes_is_not_overwritten(
    admin: Client, domain: str, lab: DnsServers, root: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = read(admin.get(page_of(domain)))
    # While the page was open: another difference is shown, and nothing sent.
    lab.publish([Record(f"{domain}.", "MX", "5 other.example.")])
    page = read(admin.post(page_of(domain), button(opened, domain)))
    assert "Somebody else has changed a record meanwhile; nothing was sent." in page.text
    assert page.value("state") != opened.value("state")
    assert not Entry.objects.filter(object_type="dns").exists()

    # In the moment of sending.
    def first_somebody_else(**asked: object) -> list[Entry]:
        lab.publish([Record(f"{domain}.", "MX", "7 third.example.")])
        return publish(**asked)

    monkeypatch.setattr(publish_views, "publish", first_somebody_else)
    page = read(admin.post(page_of(domain), button(page, domain)))
    assert "Somebody else has changed a record meanwhile; nothing was sent." in page.text
    assert "7 third.example." in page.text
    assert not Entry.objects.filter(object_type="dns").exists()
    assert texts(lab, f"_dmarc.{domain}.") == []


@pytest.mark.stack
def test_no_second_record_of_a_kind_beside_one_that_nobody_saw(
    admin: Client, domain: str, lab: DnsServers
) -> None:
    """The primary has a new SPF record, and a resolver still said the old one."""
    lab.publish(
        [Record(f"{domain}.", "TXT", "v=spf1 include:x.example -all")],
        [Record(f"{domain}.", "TXT", "v=spf1 ip4:203.0.113.7 -all")],
    )
    page = read(admin.get(page_of(domain)))
    assert "has another v=spf1 meanwhile" in page.text
    assert "include:x.example" in page.text
    assert not page.has("state")


@pytest.mark.stack
def test_an_alias_in_the_way_is_told(
    admin: Client, setup: Callable[..., None], lab: DnsServers, root: Actor, db: None
) -> None:
    domain = broken(lab, root, ALIAS)
    page = read(admin.get(f"{page_of(domain)}?code=dmarc.missing"))
    assert "The name is an alias (CNAME)" in page.text
    assert f'href="/domains/{domain}/dns/zonefile/"' in page.html
    data = {"zone": domain, "code": ["dmarc.missing"]}
    assert "publish.cname" in read(admin.post(page_of(domain), data)).text
    assert not Entry.objects.filter(object_type="dns").exists()


@pytest.fixture(scope="module")
def locked(lab: DnsServers) -> Iterator[PrimaryServer]:
    lab.load({"page-locked.test.": BROKEN})
    with PrimaryServer({"page-locked.test": BROKEN}) as running:
        yield running


@pytest.mark.stack
@pytest.mark.parametrize(
    ("key", "said"),
    [
        (TsigKey("panel", "d3Jvbmcgc2VjcmV0"), "publish.bad_secret"),
        (TsigKey("nobody", SECRET), "publish.key_refused"),
        (None, "publish.unreachable"),
    ],
)
def test_a_primary_that_refuses_or_is_down(
    key: TsigKey | None,
    said: str,
    admin: Client,
    setup: Callable[..., None],
    lab: DnsServers,
    locked: PrimaryServer,
    root: Actor,
    db: None,
) -> None:
    Domain.objects.create(domain="page-locked.test")
    store_one("page-locked.test")
    port = locked.port if key else 9
    setup(primary=server(f"127.0.0.1@{port}"), update_key=key)

    page = read(admin.get(page_of("page-locked.test")))

    assert said in page.text
    assert "Download the records as a zone file" in page.text
    assert not page.has("state")
    assert SECRET not in page.html


@pytest.mark.stack
def test_undone_by_the_command_of_the_log(
    admin: Client, domain: str, lab: DnsServers, run: Run
) -> None:
    data = button(read(admin.get(page_of(domain))), domain)
    assert admin.post(page_of(domain), data).status_code == 302
    entry = Entry.objects.filter(object_type="dns", domain=domain).latest("pk")

    said = run("audit", "undo", str(entry.pk), "--json")

    assert said.code == 0
    assert {one["action"] for one in said.data} == {"undo"}
    assert texts(lab, f"_dmarc.{domain}.") == []
    refused = run("audit", "undo", str(entry.pk), "--json").data["refused"]
    assert [one["code"] for one in refused] == ["undone"]
