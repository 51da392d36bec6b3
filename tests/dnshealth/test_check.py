"""`dns check` through a real name server and resolver: verdicts, JSON, exit codes, both down."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from dnshealth.checking import ResolverDown, check_domains
from domains.models import Domain
from mailkit.dkim.files import write_key
from mailkit.dns.catalogue import CATALOGUE
from mailkit.dns.dkim_keys import KeyPair, make_ed25519, make_rsa
from mailkit.dns.dkim_record import key_record
from mailkit.dns.families.registry import BY_NAME, FAMILIES
from mailkit.dns.records import rdata
from tests.dnshealth.conftest import Configure, Run
from tests.servers.dns import DnsServers, Zone

HOST = "mx-health.test"
IP4, IP6 = "192.0.2.210", "2001:db8::210"
DEAD = "127.0.0.1@9"
HOST_RECORDS = f"""{HOST}. A {IP4}
{HOST}. AAAA {IP6}
{HOST}. TXT "v=spf1 a -all"
210.2.0.192.in-addr.arpa. PTR {HOST}.
{ip_address(IP6).reverse_pointer}. PTR {HOST}.
"""
# All that the checks look at short of MTA-STS, for which they would have to connect.
WHOLE = f"""@ MX 10 {HOST}.
@ TXT "v=spf1 mx -all"
_dmarc TXT "v=DMARC1; p=reject; rua=mailto:reports@{{d}}"
_mta-sts TXT "v=STSv1; id=1;"
_smtp._tls TXT "v=TLSRPTv1; rua=mailto:reports@{{d}}"
@ CAA 0 issue "letsencrypt.org"
_imaps._tcp SRV 0 1 993 {HOST}.
_submissions._tcp SRV 0 1 465 {HOST}.
autoconfig CNAME {HOST}.
autodiscover CNAME {HOST}.
"""
# Zone -> (lines that the whole has and this one has not, lines instead, verdict, its worst codes).
ZONES: dict[str, tuple[tuple[str, ...], str, str, set[str]]] = {
    "health-ok": ((), "", "ok", set()),
    "health-notice": (("@ CAA",), "", "notice", {"caa.missing"}),
    "health-warning": (
        ("_dmarc",),
        '_dmarc TXT "v=DMARC1; p=none; rua=mailto:reports@{d}"',
        "warning",
        {"dmarc.p_none"},
    ),
    "health-error": (("_dmarc", "@ CAA"), "", "error", {"dmarc.missing"}),
    "health-critical": (("@ MX",), "", "critical", {"mx.missing", "spf.not_authorised"}),
}
SHAPE = {
    "code": str,
    "family": str,
    "status": str,
    "severity": (str, type(None)),
    "observed": list,
    "expected": str,
    "records": list,
    "reason": str,
    "last_known": (dict, type(None)),
}


@pytest.fixture(scope="session")
def pair() -> KeyPair:
    return make_rsa()


def zone_of(name: str, pair: KeyPair) -> Zone:
    without, instead, _verdict, _codes = ZONES[name]
    lines = (
        [line for line in WHOLE.splitlines() if not line.startswith(without)]
        if without
        else [*WHOLE.splitlines()]
    )
    key = key_record(f"{name}.test", pair.signer_key("s1"))
    text = "\n".join([*lines, instead, f"s1._domainkey TXT {rdata(key)}"])
    return Zone(text.replace("{d}", f"{name}.test"), signed=True)


@pytest.fixture(scope="session")
def lab(dns_servers: DnsServers, pair: KeyPair) -> DnsServers:
    dns_servers.load({f"{HOST}.": HOST_RECORDS, **{f"{n}.test.": zone_of(n, pair) for n in ZONES}})
    return dns_servers


@pytest.fixture
def keys(key_dir: Path, pair: KeyPair) -> Path:
    for name in ZONES:
        write_key(key_dir / f"{name}.test.s1.key", pair.pem)
    return key_dir


@pytest.fixture
def in_lab(configure: Configure, lab: DnsServers, keys: Path) -> Callable[..., None]:
    """The settings of the mail host that the laboratory's zones are for."""

    def change(**more: object) -> None:
        ips = (ip_address(IP4), ip_address(IP6))
        fields = {"servers": lab.resolver, "mail_ips": ips, "key_dir": keys, **more}
        configure(hostname=HOST, **fields)

    change()
    return change


def hold_to_contract(found: Any) -> None:
    """DESIGN.md, section 4, DNS: keys, types, codes, host-level checks, one a family."""
    assert isinstance(found, list)
    for domain in found:
        assert set(domain) == {"domain", "verdict", "checked_at", "checks"}
        assert [one for one in domain["checks"] if one["family"] == "mx"]
        assert {one["family"] for one in domain["checks"]} == set(BY_NAME)
        for check in domain["checks"]:
            about = set(check) - set(SHAPE)
            of_host = BY_NAME[check["family"]].host_level
            assert about <= {"host", "ip"}
            assert bool(about) == of_host
            assert all(isinstance(check[name], kind) for name, kind in SHAPE.items())
            failed = check["status"] == "fail"
            assert (check["severity"] is not None) == failed
            assert check["code"] in (CATALOGUE if failed else {check["family"], *CATALOGUE})
            assert check["reason"] or check["status"] in ("pass", "fail")
            for record in check["records"]:
                assert set(record) == {"name", "type", "ttl", "value"}
                assert record["name"].endswith(".")
                assert isinstance(record["ttl"], int)
                assert not (record["type"] == "TXT" and record["value"].startswith('"'))
        plain = [one["code"] for one in domain["checks"] if one["code"] == one["family"]]
        assert len(plain) == len(set(plain))


@pytest.mark.stack
def test_the_verdict_is_the_worst_that_failed(run: Run, in_lab: Callable[..., None]) -> None:
    said = run("dns", "check", *(f"{name}.test" for name in ZONES), "--json")
    hold_to_contract(said.data)
    assert said.code == 1
    found = {one["domain"].removesuffix(".test"): one for one in said.data}
    assert list(found) == list(ZONES)
    for name, (_without, _instead, verdict, codes) in ZONES.items():
        failed = [one for one in found[name]["checks"] if one["status"] == "fail"]
        worst = {one["code"] for one in failed if one["severity"] == verdict}
        assert (found[name]["verdict"], worst) == (verdict, codes), failed


@pytest.mark.stack
@pytest.mark.parametrize(
    ("name", "code"), [("ok", 0), ("warning", 0), ("error", 1), ("critical", 1)]
)
def test_the_exit_code_tells_of_faults(
    name: str, code: int, run: Run, in_lab: Callable[..., None]
) -> None:
    said = run("dns", "check", f"health-{name}.test")
    assert said.code == code
    assert f"health-{name}.test: " in said.out


@pytest.mark.stack
def test_the_text_says_effect_remedy_and_the_line_to_publish(
    run: Run, in_lab: Callable[..., None]
) -> None:
    said = run("dns", "check", "health-critical.test")
    text = " ".join(said.out.split())
    assert "critical mx.missing" in text
    assert "never arrives" in text
    assert "What to do: Publish the MX record below." in text
    assert f"+ health-critical.test. 3600 IN MX 10 {HOST}." in text
    assert "1 domain: 1 critical" in text


@pytest.mark.stack
def test_all_checks_the_domains_of_the_panel(run: Run, in_lab: Callable[..., None]) -> None:
    Domain.objects.create(domain="health-ok.test")
    Domain.objects.create(domain="health-notice.test")
    said = run("dns", "check", "--all", "--json")
    assert [one["domain"] for one in said.data] == ["health-notice.test", "health-ok.test"]


@pytest.mark.stack
def test_without_addresses_what_needs_them_is_skipped(
    run: Run, in_lab: Callable[..., None]
) -> None:
    in_lab(mail_ips=())
    said = run("dns", "check", "health-ok.test", "--json")
    hold_to_contract(said.data)
    (domain,) = said.data
    skipped = {c["family"]: c["reason"] for c in domain["checks"] if c["status"] == "skipped"}
    assert {"ptr", "spf", "dnsbl"} <= set(skipped)
    assert "sending addresses" in skipped["ptr"]
    assert domain["verdict"] == "ok"


@pytest.mark.stack
def test_without_keys_to_compare_with_dkim_is_skipped(
    run: Run, in_lab: Callable[..., None]
) -> None:
    in_lab(key_dir=None, selectors=("s1",))
    (domain,) = run("dns", "check", "health-ok.test", "--json").data
    (dkim,) = [one for one in domain["checks"] if one["family"] == "dkim"]
    assert (dkim["status"], dkim["code"]) == ("skipped", "dkim")
    assert "no key of the signer" in dkim["reason"]


@pytest.mark.stack
def test_a_key_that_is_not_published_is_found(
    run: Run, in_lab: Callable[..., None], key_dir: Path
) -> None:
    write_key(key_dir / "health-ok.test.s2.key", make_ed25519().pem)
    (domain,) = run("dns", "check", "health-ok.test", "--json").data
    failed = [one["code"] for one in domain["checks"] if one["status"] == "fail"]
    assert (domain["verdict"], failed) == ("critical", ["dkim.missing"])


@pytest.mark.stack
def test_a_domain_without_a_key_is_not_signed_unless_a_key_cannot_be_read(
    run: Run, in_lab: Callable[..., None], key_dir: Path
) -> None:
    file = key_dir / "health-ok.test.s1.key"
    file.unlink()
    (domain,) = run("dns", "check", "health-ok.test", "--json").data
    assert "dkim.no_key" in [one["code"] for one in domain["checks"]]
    file.write_text("not a key")
    said = run("dns", "check", "health-ok.test", "--json")
    (dkim,) = [one for one in said.data[0]["checks"] if one["family"] == "dkim"]
    assert dkim["status"] == "skipped"
    assert f"DKIM: {file}: no key that can be read" in said.err


def test_a_dead_resolver_is_unknown_and_nothing_is_missing(run: Run, configure: Configure) -> None:
    ips = (ip_address(IP4), ip_address(IP6))
    configure(hostname=HOST, servers=DEAD, mail_ips=ips, dnsbls=("bl.test",))
    said = run("dns", "check", "a.test", "b.test", "A.TEST.", "--json")
    hold_to_contract(said.data)
    assert [one["domain"] for one in said.data] == ["a.test", "b.test"]
    assert {one["verdict"] for one in said.data} == {"unknown"}
    assert not [c for one in said.data for c in one["checks"] if c["status"] in ("fail", "pass")]
    required = [c for c in said.data[0]["checks"] if c["family"] in ("mx", "spf", "dkim", "ptr")]
    assert {c["status"] for c in required} == {"unknown"}
    assert all("resolver does not answer" in c["reason"] for c in required)
    assert said.code == 1
    assert "resolver_down" in said.err
    assert run("dns", "check", "a.test").out == ""


def test_a_dead_resolver_is_an_exception_for_pages(configure: Configure, db: None) -> None:
    configure(servers=DEAD)
    with pytest.raises(ResolverDown) as caught:
        check_domains(["a.test", "b.test"])
    assert (caught.value.done, caught.value.missing) == ([], ["a.test", "b.test"])
    assert "MAILADMIN_DNS_SERVERS" in caught.value.message


def test_every_family_is_in_each_domain_in_order(run: Run, configure: Configure) -> None:
    configure(servers=DEAD)
    (domain,) = run("dns", "check", "a.test", "--json").data
    assert [one["family"] for one in domain["checks"]] == [family.name for family in FAMILIES]
