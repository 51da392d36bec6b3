"""Zone files of what mends the findings: they are read by dnspython and by knot, and say why."""

from __future__ import annotations

import dns.zone
import pytest
from django.test import Client
from django.utils import timezone

from dnshealth.services import Result, store_results
from domains.models import Domain
from mailkit.dns.results import Record, Severity, fail
from tests.dnshealth.conftest import Run
from tests.dnshealth.samples import LONG, store_samples
from tests.pages.reading import read

PTR = fail(
    "ptr",
    "ptr.missing",
    Severity.CRITICAL,
    publish=(Record("10.2.0.192.in-addr.arpa.", "PTR", "mail.a.test."),),
)


def text_of(answer) -> str:
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    return b"".join(answer.streaming_content).decode()


def records(text: str, origin: str = "a.test.") -> set[tuple[str, str]]:
    """What a name server takes out of the file."""
    zone = dns.zone.from_text(text, origin, relativize=False, check_origin=False)
    return {(name.to_text(), rdata.to_text()) for name, _ttl, rdata in zone.iterate_rdatas()}


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith(";")]


def test_a_domain_as_a_file(admin: Client, two_domains: None) -> None:
    store_samples("a.test")

    answer = admin.get("/domains/a.test/dns/zonefile/")

    assert answer["Content-Disposition"].startswith('attachment; filename="a.test-')
    text = text_of(answer)
    assert {name for name, _value in records(text)} == {"a.test.", "mail._domainkey.a.test."}
    key = next(value for name, value in records(text) if name.startswith("mail."))
    assert key.replace('" "', "").strip('"') == LONG
    assert '; take out: a.test. 300 IN TXT "v=spf1 a -all"' in text
    # A choice changes nothing until somebody takes the sign away.
    assert "; take out: a.test. 3600 IN MX 20 b.test." in text
    assert text.index("What could be better") < text.index("MX 20 b.test.")
    assert "; spf.multiple: There are several SPF records" in text


def test_all_domains_and_the_mail_hosts_records_once(
    admin: Client, bob: Client, two_domains: None
) -> None:
    Domain.objects.create(domain="c.test")
    store_samples("a.test", "b.test")
    for name in ("a.test", "b.test"):
        missing = Record(f"_dmarc.{name}.", "TXT", "v=DMARC1; p=none")
        dmarc = fail("dmarc", "dmarc.missing", Severity.ERROR, publish=(missing,))
        store_results([Result(name, timezone.now(), (PTR, dmarc))])
    Domain.objects.create(domain="gone.test")
    store_samples("gone.test")
    Domain.objects.filter(pk="gone.test").delete()

    text = text_of(admin.get("/dns/zonefile/"))

    assert [line for line in lines(text) if "PTR" in line] == [
        "10.2.0.192.in-addr.arpa. 3600 IN PTR mail.a.test."
    ]
    assert "_dmarc.a.test. 3600 IN TXT" in text
    assert "_dmarc.b.test. 3600 IN TXT" in text
    assert "gone.test" not in text
    # A domain admin has his domains, and nothing of the mail host.
    own = text_of(bob.get("/dns/zonefile/"))
    assert "_dmarc.a.test." in own
    assert "_dmarc.b.test" not in own
    assert "PTR" not in own


@pytest.mark.parametrize(
    "value", ["x\ny.test. 60 IN A 192.0.2.66", 'a";b', "back\\slash", "é", "\x00"]
)
def test_what_was_seen_begins_no_line(value: str, admin: Client, two_domains: None) -> None:
    records_ = (Record("a.test.", "TXT", value), Record("a.test.", "MX", f"1 {value}"))
    check = fail("spf", "spf.multiple", Severity.CRITICAL, observed=(value,), remove=records_)
    store_results([Result("a.test", timezone.now(), (check,))])

    text = text_of(admin.get("/domains/a.test/dns/zonefile/"))

    assert lines(text) == ["$TTL 3600", ""]


@pytest.mark.parametrize(("domain", "status"), [("a.test", 404), ("b.test", 404)])
def test_what_was_never_checked_or_is_not_yours(
    domain: str, status: int, bob: Client, two_domains: None
) -> None:
    store_samples("b.test")
    assert bob.get(f"/domains/{domain}/dns/zonefile/").status_code == status


def test_the_pages_lead_to_it(admin: Client, two_domains: None) -> None:
    assert "zonefile" not in read(admin.get("/domains/a.test/dns/")).html
    store_samples("a.test")
    assert 'href="/domains/a.test/dns/zonefile/"' in read(admin.get("/domains/a.test/dns/")).html
    assert 'href="/dns/zonefile/"' in read(admin.get("/dns/")).html


def test_by_command(run: Run, two_domains: None) -> None:
    store_samples("a.test")
    said = run("dns", "zonefile", "A.test.")
    assert said.code == 0
    assert '\na.test. 300 IN TXT "v=spf1 mx a -all"\n' in said.out
    (found,) = run("dns", "zonefile", "--all", "--json").data
    assert found["domain"] == "a.test"
    assert [one["type"] for one in found["publish"]] == ["TXT", "TXT"]
    assert [one["value"] for one in found["remove"]] == ["v=spf1 a -all"]
    assert [one["code"] for one in found["choices"]] == ["mx.foreign_extra"]
    refused = run("dns", "zonefile", "b.test", "--json").data["refused"]
    assert [one["code"] for one in refused] == ["not_checked"]
    assert "name the domains, or say --all" in run("dns", "zonefile").err
