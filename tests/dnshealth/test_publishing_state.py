"""The publish page where nothing can be sent, who may publish, and the way from the log."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.actor import Actor
from audit.log import record
from audit.models import Entry
from audit.recent import SESSION_KEY
from dnshealth.models import Health
from dnshealth.publishing import ZonePlan, publish
from dnshealth.services import Result, store_results
from mailkit.dns.primary import TsigKey
from mailkit.dns.results import Record, Severity, fail
from tests.dnshealth.conftest import Configure, Run
from tests.dnshealth.samples import store_samples
from tests.pages.reading import read
from tests.servers.primary import SECRET


def page_of(domain: str) -> str:
    return f"/domains/{domain}/dns/publish/"


def store_one(name: str) -> None:
    """One finding that a record mends, seen just now."""
    record = Record(f"_dmarc.{name}.", "TXT", "v=DMARC1; p=reject")
    check = fail("dmarc", "dmarc.missing", Severity.ERROR, publish=(record,))
    store_results([Result(name, timezone.now(), (check,))])


@pytest.mark.parametrize(
    ("fields", "ago", "said"),
    [
        ({}, 1, "Publishing is not set up"),
        ({"update_key": TsigKey("panel", SECRET)}, 16, "more than 15 minutes old"),
        ({"update_key": TsigKey("panel", SECRET)}, None, "Not checked yet"),
    ],
)
def test_when_there_is_nothing_to_send_from(
    fields: dict[str, object],
    ago: int | None,
    said: str,
    admin: Client,
    configure: Configure,
    two_domains: None,
) -> None:
    configure(servers="127.0.0.1@9", **fields)
    if ago is not None:
        store_samples("a.test")
        at = timezone.now() - timedelta(minutes=ago)
        Health.objects.filter(pk="a.test").update(checked_at=at)
    for answer in (
        admin.get(page_of("a.test")),
        admin.post(page_of("a.test"), {"zone": "a.test", "code": ["spf.multiple"], "state": "x"}),
    ):
        page = read(answer)
        assert said in page.text
        assert not page.has("state")
    assert not Entry.objects.filter(object_type="dns").exists()


def test_a_zone_that_nobody_can_name_is_told(
    admin: Client, configure: Configure, two_domains: None
) -> None:
    configure(servers="127.0.0.1@9", update_key=TsigKey("panel", SECRET))
    store_one("a.test")
    assert "publish.no_primary" in read(admin.get(page_of("a.test"))).text


def test_what_is_less_than_an_error_is_a_choice(
    admin: Client, configure: Configure, two_domains: None
) -> None:
    configure(servers="127.0.0.1@9", update_key=TsigKey("panel", SECRET))
    record = Record("a.test.", "CAA", '0 issue "ca.test"')
    check = fail("caa", "caa.missing", Severity.NOTICE, publish=(record,))
    store_results([Result("a.test", timezone.now(), (check,))])
    page = read(admin.get(page_of("a.test")))
    assert "Nothing is chosen" in page.text
    assert 'type="checkbox" name="code" value="caa.missing"' in " ".join(page.html.split())
    assert "publish.no_primary" in read(admin.get(f"{page_of('a.test')}?code=caa.missing")).text


def test_nothing_that_a_record_mends(
    admin: Client, configure: Configure, two_domains: None
) -> None:
    configure(update_key=TsigKey("panel", SECRET))
    store_results([Result("a.test", timezone.now(), ())])
    assert "There is nothing to publish" in read(admin.get(page_of("a.test"))).text


def test_a_domain_admin_may_not_and_is_told(
    bob: Client, domain_admin: User, configure: Configure, two_domains: None
) -> None:
    store_samples("a.test")
    page = read(bob.get("/domains/a.test/dns/"))
    assert "Superadmins can publish them from here." in page.text
    assert "/dns/publish/" not in page.html
    assert bob.get(page_of("a.test")).status_code == 403
    plan = ZonePlan("a.test")
    with pytest.raises(PermissionDenied):
        publish(actor=domain_admin.actor(), domain="a.test", planned=plan)


def entry_of(root: Actor, domain: str) -> Entry:
    return record(
        actor=root,
        action="publish_dns",
        object_type="dns",
        key=f"_dmarc.{domain}. TXT",
        domain=domain,
        after={"records": '300 "v=DMARC1; p=none"'},
    )


def test_the_log_leads_to_where_it_is_taken_back(
    admin: Client, bob: Client, root: Actor, two_domains: None
) -> None:
    entry = entry_of(root, "a.test")
    url = f"/domains/a.test/dns/published/{entry.pk}/"
    shown = read(admin.get(f"/audit/{entry.pk}/"))
    assert f'href="{url}"' in shown.html
    assert "is taken back there" in shown.text
    assert admin.get(f"/audit/{entry.pk}/undo/")["Location"] == url
    page = read(admin.get(url))
    assert page.text.count("_dmarc.a.test. IN TXT") == 2
    # Not from another domain's page, and not by somebody who may not publish.
    assert admin.get(f"/domains/b.test/dns/published/{entry.pk}/").status_code == 404
    assert admin.get("/domains/a.test/dns/published/4711/").status_code == 404
    assert url not in read(bob.get(f"/audit/{entry.pk}/")).html
    assert bob.get(url).status_code == 403


def test_taking_back_asks_for_the_password_once_the_sign_in_is_old(
    admin: Client, root: Actor, two_domains: None
) -> None:
    entry = entry_of(root, "a.test")
    session = admin.session
    session[SESSION_KEY] = time.time() - 1000
    session.save()
    for page in (f"/domains/a.test/dns/published/{entry.pk}/", page_of("a.test")):
        assert admin.post(page)["Location"].startswith("/login/again/")


def test_a_way_back_that_fails_says_so(
    admin: Client, root: Actor, configure: Configure, two_domains: None
) -> None:
    configure(servers="127.0.0.1@9")
    entry = entry_of(root, "a.test")
    page = read(admin.post(f"/domains/a.test/dns/published/{entry.pk}/"))
    assert "publish.no_primary" in page.text
    entry.refresh_from_db()
    assert not entry.undone


def test_the_command_of_the_log_says_what_stands_in_the_way(
    root: Actor, run: Run, configure: Configure, two_domains: None
) -> None:
    configure(servers="127.0.0.1@9")
    entry = entry_of(root, "a.test")
    refused = run("audit", "undo", str(entry.pk), "--json").data["refused"]
    assert [one["code"] for one in refused] == ["publish.no_primary"]
    refused = run("audit", "undo", str(entry.pk), "--only", "--json").data["refused"]
    assert [one["code"] for one in refused] == ["published"]
