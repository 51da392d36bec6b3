"""`dns publish` against a real primary: shown, asked, sent, logged, taken back; and refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import ip_address

import pytest

from audit.actor import Actor, ActorKind, command_actor
from audit.models import Entry
from dnshealth.publishing import choose
from dnshealth.words.publishing import TROUBLES
from mailkit.dns.primary import Trouble, TsigKey
from mailkit.dns.results import Check, Record, Severity, fail
from mailkit.dns.wire import server
from tests.dnshealth.conftest import Configure, Run
from tests.servers.dns import DnsServers
from tests.servers.primary import SECRET, PrimaryServer

HOST = "mx-publish.test"
IP = "192.0.2.211"
HOST_RECORDS = f"""{HOST}. A {IP}
{HOST}. TXT "v=spf1 a -all"
211.2.0.192.in-addr.arpa. PTR {HOST}.
"""
BROKEN = """@ MX 10 old.example.
@ TXT "site-verification=abc"
@ TXT "v=spf1 ip4:203.0.113.7 -all"
"""
ZONES = ("one", "two", "three", "four")


@pytest.fixture(scope="session")
def lab(dns_servers: DnsServers) -> DnsServers:
    zones = {f"publish-{name}.test.": BROKEN for name in ZONES}
    dns_servers.load({f"{HOST}.": HOST_RECORDS, **zones})
    return dns_servers


@pytest.fixture
def in_lab(configure: Configure, lab: DnsServers) -> Callable[..., None]:
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


def codes_of(run: Run, domain: str) -> set[str]:
    (found,) = run("dns", "check", domain, "--json").data
    return {one["code"] for one in found["checks"] if one["status"] == "fail"}


def texts(lab: DnsServers, name: str) -> list[str]:
    lab.publish(())  # which has unbound forget what it was asked before
    return sorted(one.to_text() for rrset in lab.ask(name, "TXT").answer for one in rrset)


@pytest.mark.stack
def test_what_is_wrong_is_published_and_then_right(
    run: Run, in_lab: Callable[..., None], lab: DnsServers
) -> None:
    domain = "publish-one.test"
    assert {"mx.not_ours", "spf.not_authorised", "dmarc.missing"} <= codes_of(run, domain)
    said = run("dns", "publish", domain, "--yes")
    assert said.code == 0, said
    assert f"+ {domain}. IN MX 10 {HOST}." in said.out
    assert f"{domain}: published, and read back." in said.out
    lab.publish(())
    left = codes_of(run, domain)
    assert not left & {"mx.not_ours", "spf.not_authorised", "dmarc.missing"}
    assert '"site-verification=abc"' in texts(lab, f"{domain}.")
    # Nothing is left that it would publish by itself, and warnings are not.
    assert "dmarc.p_none" in left
    assert "There is nothing to publish." in run("dns", "publish", domain, "--yes").out


@pytest.mark.stack
def test_it_is_logged_and_taken_back(
    run: Run, in_lab: Callable[..., None], lab: DnsServers
) -> None:
    domain = "publish-two.test"
    before = texts(lab, f"{domain}.")
    assert run("dns", "publish", domain, "--yes").code == 0
    found = Entry.objects.filter(object_type="dns", domain=domain)
    # Not by the database, each of which sorts "_" elsewhere.
    entries = sorted(found, key=lambda one: one.object_key)
    assert [one.object_key for one in entries] == [
        f"_dmarc.{domain}. TXT",
        f"{domain}. MX",
        f"{domain}. TXT",
    ]
    assert entries[0].changes["records"][0] is None
    assert {one.action for one in entries} == {"publish_dns"}
    said = run("dns", "publish", domain, "--undo", str(entries[0].pk), "--yes")
    assert said.code == 0, said
    assert texts(lab, f"{domain}.") == before
    assert texts(lab, f"_dmarc.{domain}.") == []
    assert Entry.objects.filter(pk__in=[one.pk for one in entries], undone=True).count() == 3
    assert Entry.objects.filter(undoes__in=entries, action="undo").count() == 3
    # Once is enough; and it belongs to this domain alone.
    assert run("dns", "publish", domain, "--undo", str(entries[0].pk), "--yes").code == 1
    assert run("dns", "publish", "publish-one.test", "--undo", str(entries[0].pk)).code == 1


@pytest.mark.stack
@pytest.mark.parametrize(
    ("arguments", "code"), [((), 1), (("--plan",), 0), (("--plan", "--json"), 0), (("--json",), 1)]
)
def test_nothing_is_sent_without_a_yes(
    arguments: tuple[str, ...], code: int, run: Run, in_lab: Callable[..., None], lab: DnsServers
) -> None:
    domain = "publish-three.test"
    before = texts(lab, f"{domain}.")
    said = run("dns", "publish", domain, *arguments)
    assert said.code == code
    assert "v=DMARC1" in said.out
    assert texts(lab, f"{domain}.") == before
    assert texts(lab, f"_dmarc.{domain}.") == []
    assert not Entry.objects.filter(object_type="dns").exists()
    if "--json" in arguments:
        (zone,) = said.data["zones"]
        assert (zone["zone"], zone["published"], zone["trouble"]) == (domain, False, None)


@pytest.mark.stack
def test_a_single_finding_is_mended_by_its_code(
    run: Run, in_lab: Callable[..., None], lab: DnsServers
) -> None:
    domain = "publish-four.test"
    said = run("dns", "publish", domain, "--code", "caa.missing", "--yes", "--json")
    assert said.code == 0
    assert [(one["name"], one["type"]) for one in said.data["zones"][0]["changes"]] == [
        (f"{domain}.", "CAA")
    ]
    assert said.data["zones"][0]["published"]
    assert texts(lab, f"_dmarc.{domain}.") == []


@pytest.fixture(scope="module")
def locked() -> Iterator[PrimaryServer]:
    with PrimaryServer({"publish-three.test": BROKEN}) as running:
        yield running


@pytest.mark.stack
@pytest.mark.parametrize(
    ("key", "trouble"),
    [
        (TsigKey("panel", "d3Jvbmcgc2VjcmV0"), Trouble.BAD_SECRET),
        (TsigKey("nobody", SECRET), Trouble.KEY_REFUSED),
        (None, Trouble.NOT_ALLOWED),
    ],
)
def test_a_refusal_is_told_in_words_and_not_logged(
    key: TsigKey | None,
    trouble: Trouble,
    run: Run,
    in_lab: Callable[..., None],
    locked: PrimaryServer,
) -> None:
    in_lab(primary=server(f"127.0.0.1@{locked.port}"), update_key=key)
    said = run("dns", "publish", "publish-three.test", "--code", "dmarc.missing", "--yes")
    assert said.code == 1
    assert trouble.value in said.out
    assert str(TROUBLES[trouble].todo) in said.out
    assert SECRET not in said.out + said.err
    assert not Entry.objects.filter(object_type="dns").exists()
    assert locked.values("_dmarc.publish-three.test.", "TXT") == []


@pytest.mark.stack
def test_a_key_is_used_and_a_primary_that_is_down_is_told(
    run: Run, in_lab: Callable[..., None], locked: PrimaryServer
) -> None:
    in_lab(primary=server(f"127.0.0.1@{locked.port}"), update_key=TsigKey("panel", SECRET))
    said = run("dns", "publish", "publish-three.test", "--code", "dmarc.missing", "--yes")
    assert said.code == 0, said
    assert locked.values("_dmarc.publish-three.test.", "TXT")
    in_lab(primary=server("127.0.0.1@9"))
    said = run("dns", "publish", "publish-three.test", "--yes", "--json")
    assert said.code == 1
    assert said.data["zones"][0]["trouble"] == "publish.unreachable"


def test_a_dead_resolver_publishes_nothing(run: Run, configure: Configure) -> None:
    configure(servers="127.0.0.1@9")
    said = run("dns", "publish", "a.test", "--yes")
    assert said.code == 1
    assert "resolver_down" in said.err
    said = run("dns", "publish", "a.test", "--yes", "--json")
    assert (said.code, said.err) == (1, "")
    assert [one["code"] for one in said.data["refused"]] == ["resolver_down"]


def test_what_never_was_cannot_be_taken_back(run: Run, configure: Configure) -> None:
    configure(servers="127.0.0.1@9")
    said = run("dns", "publish", "a.test", "--undo", "4711", "--json")
    assert (said.code, said.err) == (1, "")
    assert [one["code"] for one in said.data["refused"]] == ["not_found"]


def test_every_trouble_has_words() -> None:
    assert set(TROUBLES) == set(Trouble)
    for words in TROUBLES.values():
        assert str(words.what).endswith(".")
        assert str(words.todo).endswith(".")


ROOT = command_actor("root")
BOB = Actor(ActorKind.DOMAIN_ADMIN, "bob", domains=frozenset({"a.test"}))


def spf(code: str, severity: Severity, text: str) -> Check:
    record = Record("a.test.", "TXT", text)
    old = Record("a.test.", "TXT", "v=spf1 -all")
    return fail("spf", code, severity, publish=(record,), remove=(old,))


MX = fail("mx", "mx.missing", Severity.CRITICAL, publish=(Record("a.test.", "MX", "10 h.test."),))
PTR = fail(
    "ptr", "ptr.missing", Severity.CRITICAL, publish=(Record("1.in-addr.arpa.", "PTR", "h.test."),)
)
BAD = spf("spf.not_authorised", Severity.CRITICAL, "v=spf1 mx ~all")
SAME = spf("spf.loop", Severity.CRITICAL, "v=spf1 mx ~all")
OTHER = spf("spf.wide", Severity.WARNING, "v=spf1 ip4:192.0.2.1 ~all")
NO_RECORD = fail("dkim", "dkim.no_key", Severity.CRITICAL)


@pytest.mark.parametrize(
    ("actor", "checks", "codes", "now", "later"),
    [
        (ROOT, [MX, BAD, OTHER, PTR], None, [MX, BAD, PTR], []),
        (BOB, [MX, BAD, OTHER, PTR], None, [MX, BAD], []),
        (ROOT, [BAD, SAME], None, [BAD, SAME], []),
        (ROOT, [OTHER, BAD], ("spf.wide", "spf.not_authorised"), [BAD], [OTHER]),
        (ROOT, [OTHER, BAD], ("spf.wide",), [OTHER], []),
        (ROOT, [NO_RECORD], None, [], []),
        # Nothing is chosen.
        (ROOT, [MX, BAD], (), [], []),
    ],
)
def test_what_is_mended_together(
    actor: Actor,
    checks: list[Check],
    codes: tuple[str, ...] | None,
    now: list[Check],
    later: list[Check],
) -> None:
    chosen = choose(actor, checks, codes)
    assert (list(chosen.findings), list(chosen.later)) == (now, later)
