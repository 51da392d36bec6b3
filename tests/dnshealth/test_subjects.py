"""What a run checks against: the mail host, domains by A-label, keys; and a run that stops."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from ipaddress import ip_address
from pathlib import Path

import pytest

from dnshealth import checking
from dnshealth.checking import Checked, ResolverDown, check_by_family, check_domains
from dnshealth.host import subjects
from domains.models import Domain
from mailkit.dkim.files import write_key
from mailkit.dns import run
from mailkit.dns.dkim_keys import make_ed25519
from mailkit.dns.families.registry import FAMILIES
from mailkit.dns.lookups import Lookups
from tests.dnshealth.conftest import Configure
from tests.servers.bad_dns import BadDns

KEY = make_ed25519()


@pytest.fixture
def bad(monkeypatch: pytest.MonkeyPatch) -> Iterator[BadDns]:
    with BadDns() as running:
        quick = lambda: Lookups([running.server], timeout=0.1, lifetime=0.2)  # noqa: E731
        monkeypatch.setattr(checking, "new_lookups", quick)
        yield running


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Example.ORG.", "example.org"),
        (" bücher.example ", "xn--bcher-kva.example"),
        ("faß.de", "xn--fa-hia.de"),
        ("a_b.test", "a_b.test"),
        ("-A-.test", "-a-.test"),
        ("", ""),
    ],
)
def test_a_domain_is_named_by_its_a_label(
    typed: str, name: str, configure: Configure, db: None
) -> None:
    configure()
    assert subjects([typed]).domains[0].name == name


def test_each_domain_is_checked_once(configure: Configure, db: None) -> None:
    configure()
    found = subjects(["b.test", "a.test", "B.test."])
    assert [one.name for one in found.domains] == ["b.test", "a.test"]


def test_the_host_is_as_the_settings_have_it(configure: Configure, key_dir: Path, db: None) -> None:
    ips = (ip_address("192.0.2.10"), ip_address("2001:db8::10"))
    configure(servers="127.0.0.1@5353", mail_ips=ips, dnsbls=("bl.test",), ca="ca.test")
    host = subjects([]).host
    assert (host.hostname, host.ips, host.dnsbls) == ("mx.health.test", ips, ("bl.test",))
    assert (host.ca, host.connect, host.trusts_ad) == ("ca.test", False, True)
    assert not host.signer_known
    configure(servers="192.0.2.53", key_dir=key_dir)
    assert not subjects([]).host.trusts_ad
    assert subjects(["a.test"]).host.signer_known
    configure(servers="192.0.2.53", validating=True)
    assert subjects([]).host.trusts_ad


def test_keys_are_read_for_the_domains_that_are_asked_for(
    configure: Configure, key_dir: Path, db: None
) -> None:
    configure(key_dir=key_dir)
    write_key(key_dir / "a.test.s1.key", KEY.pem)
    write_key(key_dir / "a.test.2024.q1.key", KEY.pem)
    write_key(key_dir / "a.test.b.s1.key", KEY.pem)
    (key_dir / "c.test.s1.key").write_text("no key")
    assert [key.selector for key in subjects(["A.test"]).domains[0].keys] == [
        "2024.q1",
        "b.s1",
        "s1",
    ]
    # Once a.test.b is a domain of its own, that key is its.
    Domain.objects.create(domain="a.test.b")
    assert [key.selector for key in subjects(["a.test"]).domains[0].keys] == ["2024.q1", "s1"]
    found = subjects(["a.test", "a.test.b", "c.test", "d.test"])
    assert [len(one.keys) for one in found.domains] == [2, 1, 0, 0]
    assert [one.keys_unread for one in found.domains] == [False, False, True, False]
    assert found.domains[2].selectors == ("s1",)
    assert found.problems == (f"{key_dir}/c.test.s1.key: no key that can be read",)


def test_where_no_keys_can_be_listed_no_domain_lacks_one(
    configure: Configure, tmp_path: Path, db: None
) -> None:
    configure(key_dir=tmp_path / "gone")
    found = subjects(["a.test"])
    assert not found.host.signer_known
    assert found.problems


def test_a_resolver_that_dies_leaves_what_was_done(
    bad: BadDns, configure: Configure, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure()
    monkeypatch.setattr(run, "check", partial(run.check, at_once=5))
    names = [f"{number}.test" for number in range(50)]
    seen: list[Checked] = []

    def dies(result: Checked) -> None:
        seen.append(result)
        # Here the database may be used, as nowhere within the run.
        assert Domain.objects.count() == 0
        bad.silent = True

    with pytest.raises(ResolverDown) as caught:
        check_domains(names, dies)
    done = {one.domain for one in caught.value.done}
    assert done == {one.domain for one in seen}
    assert done
    assert set(caught.value.missing) == set(names) - done
    assert caught.value.missing


def test_one_domain_comes_family_by_family(bad: BadDns, configure: Configure, db: None) -> None:
    configure()
    families: list[str] = []
    result = check_by_family("a.test", lambda family, checks: families.append(family))
    assert sorted(families) == sorted(family.name for family in FAMILIES)
    order = list(dict.fromkeys(one.family for one in result.checks))
    assert order == [family.name for family in FAMILIES]
    (whole,) = check_domains(["a.test"])
    assert result.checks == whole.checks
    assert result.verdict == whole.verdict


def test_a_dead_resolver_is_told_to_that_page_too(configure: Configure, db: None) -> None:
    configure(servers="127.0.0.1@9")
    with pytest.raises(ResolverDown):
        check_by_family("a.test", lambda family, checks: None)
