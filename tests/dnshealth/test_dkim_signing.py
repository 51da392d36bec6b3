"""The panel's keys at work: OpenDKIM signs with them, a receiver verifies, before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from audit.models import Entry
from dnshealth.models import DkimKey
from mailkit.dns.dkim_keys import make_ed25519, make_rsa
from mailkit.dns.results import Record
from tests.dnshealth.conftest import Configure, Run, Said
from tests.mailkit.dns.dkim_cases import p_of, rsa_of
from tests.servers.dns import DnsServers
from tests.servers.milter import MilterRefused
from tests.servers.opendkim import OpenDkimServer, result_of, signed, verifier

pytestmark = pytest.mark.stack
DOMAIN = "dkim-rotation.test"
SENDER = f"anna@{DOMAIN}"


@pytest.fixture
def lab(dns_servers: DnsServers) -> Iterator[DnsServers]:
    with dns_servers.serving({f"{DOMAIN}.": "@ MX 10 mx.health.test.\n"}):
        yield dns_servers


@pytest.fixture
def receiver(tmp_path: Path, lab: DnsServers) -> Iterator[OpenDkimServer]:
    with verifier(tmp_path, lab.resolver) as running:
        yield running


@pytest.fixture
def opendkim(key_dir: Path, configure: Configure, lab: DnsServers) -> Iterator[OpenDkimServer]:
    """With a table of keys and one of domains, both empty, and the panel that knows of it."""
    tables = key_dir.parent
    (tables / "KeyTable").write_text("# the keys\n")
    (tables / "SigningTable").write_text("# the domains\n")
    config = f"Mode s\nKeyTable {tables}/KeyTable\nSigningTable refile:{tables}/SigningTable\n"
    with OpenDkimServer(config) as running:
        configure(servers=lab.resolver, key_dir=key_dir, dkim_signer=("opendkim", running.config))
        yield running


@pytest.fixture
def dkim(run: Run) -> Callable[..., Said]:
    return lambda *words: run("dns", "dkim", *words, "--json")


def record_of(said: Said) -> Record:
    assert said.code == 0, said
    record = said.data["record"]
    return Record(record["name"], record["type"], record["value"], record["ttl"])


def codes(said: Said) -> list[str]:
    assert said.code == 1, said
    return [one["code"] for one in said.data["refused"]]


def states(said: Said) -> dict[str, str]:
    return {one["selector"]: one["state"] for one in said.data}


def dkim_codes(run: Run) -> set[str]:
    (found,) = run("dns", "check", DOMAIN, "--json").data
    return {one["code"] for one in found["checks"] if one["family"] == "dkim"}


def test_a_key_from_its_making_to_its_end(
    run: Run,
    dkim: Callable[..., Said],
    opendkim: OpenDkimServer,
    receiver: OpenDkimServer,
    lab: DnsServers,
    key_dir: Path,
) -> None:
    tables = key_dir.parent
    assert opendkim.fields(f"From: {SENDER}\n\nnot signed\n") == []
    assert dkim_codes(run) == {"dkim.no_key"}

    # Made: written where OpenDKIM reads it, and nothing signs yet.
    first = record_of(dkim("new", DOMAIN, "s1"))
    file = key_dir / f"{DOMAIN}.s1.key"
    assert file.is_file()
    assert (tables / "KeyTable").read_text() == "# the keys\n"
    assert codes(dkim("rotate", DOMAIN)) == ["dkim.not_seen"]
    assert (tables / "SigningTable").read_text() == "# the domains\n"
    assert dkim_codes(run) == {"dkim.no_key"}

    # Another key at its place is not this one.
    wrong = Record(first.name, "TXT", f"v=DKIM1; k=rsa; p={p_of(rsa_of(2048))}")
    lab.publish([wrong])
    assert codes(dkim("rotate", DOMAIN)) == ["dkim.not_seen"]
    lab.publish([first], [wrong])
    assert dkim("look", DOMAIN, "s1").data["seen"] == "there"
    assert states(dkim("list", DOMAIN)) == {"s1": "published"}

    # Signs, and a receiver agrees.
    assert dkim("rotate", DOMAIN).data["state"] == "signs"
    opendkim.reload(SENDER, "s1")
    mail = signed(opendkim, SENDER)
    assert result_of(receiver, mail) == "pass s1"
    assert result_of(receiver, mail.replace("read", "red")).startswith("fail s1 signature")
    assert dkim_codes(run) == {"dkim"}

    # The second: until it signs the first does.
    second = record_of(dkim("new", DOMAIN, "s2"))
    assert codes(dkim("rotate", DOMAIN)) == ["dkim.not_seen"]
    assert result_of(receiver, signed(opendkim, SENDER)) == "pass s1"
    lab.publish([second])
    under_way = signed(opendkim, SENDER)
    assert dkim("rotate", DOMAIN, "s2").data["state"] == "signs"
    opendkim.reload(SENDER, "s2")
    assert result_of(receiver, signed(opendkim, SENDER)) == "pass s2"
    # What was signed before is verified during the grace period.
    assert result_of(receiver, under_way) == "pass s1"
    assert states(dkim("list", DOMAIN)) == {"s2": "signs", "s1": "old"}
    assert dkim_codes(run) == {"dkim"}

    # And back, while the first is there.
    assert dkim("rotate", DOMAIN, "s1").data["state"] == "signs"
    opendkim.reload(SENDER, "s1")
    assert result_of(receiver, signed(opendkim, SENDER)) == "pass s1"
    assert dkim("rotate", DOMAIN, "s2").data["state"] == "signs"
    opendkim.reload(SENDER, "s2")

    # The end of the first.
    assert codes(dkim("retire", DOMAIN, "s2")) == ["dkim.still_signs"]
    assert codes(dkim("retire", DOMAIN, "s1")) == ["dkim.in_grace"]
    assert file.is_file()
    row = DkimKey.objects.get(selector="s1")
    DkimKey.objects.filter(pk=row.pk).update(old_since=row.old_since - timedelta(days=8))
    assert dkim("retire", DOMAIN, "s1").data["state"] == "removed"
    assert not file.exists()
    assert "s1" not in (tables / "KeyTable").read_text()
    opendkim.reload(SENDER, "s2")
    assert result_of(receiver, signed(opendkim, SENDER)) == "pass s2"
    assert dkim_codes(run) == {"dkim.old_selector"}
    lab.publish([], [first])
    assert dkim_codes(run) == {"dkim"}
    assert result_of(receiver, under_way) == "fail s1 key not found in DNS"
    assert codes(dkim("rotate", DOMAIN, "s1")) == ["dkim.state"]
    assert codes(dkim("new", DOMAIN, "s1")) == ["dkim.selector_used"]

    logged = Entry.objects.filter(object_type="dkim").order_by("pk")
    assert [(one.action, one.object_key.partition(".")[0]) for one in logged] == [
        ("make_dkim_key", "s1"),
        ("switch_dkim_key", "s1"),
        ("make_dkim_key", "s2"),
        ("replace_dkim_key", "s1"),
        ("switch_dkim_key", "s2"),
        ("replace_dkim_key", "s2"),
        ("switch_dkim_key", "s1"),
        ("replace_dkim_key", "s1"),
        ("switch_dkim_key", "s2"),
        ("retire_dkim_key", "s1"),
    ]


def test_a_wrong_key_is_found(
    run: Run,
    dkim: Callable[..., Said],
    opendkim: OpenDkimServer,
    receiver: OpenDkimServer,
    lab: DnsServers,
    key_dir: Path,
) -> None:
    """Somebody puts another key into the signer's file: the check says what receivers will see."""
    lab.publish([record_of(dkim("new", DOMAIN, "s1"))])
    assert dkim("rotate", DOMAIN).code == 0
    opendkim.reload(SENDER, "s1")
    file = key_dir / f"{DOMAIN}.s1.key"
    right = file.read_text()
    file.write_text(make_rsa().pem)
    assert result_of(receiver, signed(opendkim, SENDER)).startswith("fail s1 signature")
    assert dkim_codes(run) == {"dkim.mismatch"}
    file.write_text(right)
    assert result_of(receiver, signed(opendkim, SENDER)) == "pass s1"
    assert dkim_codes(run) == {"dkim"}


def test_a_key_by_hand_is_rotated_away(
    dkim: Callable[..., Said],
    opendkim: OpenDkimServer,
    receiver: OpenDkimServer,
    lab: DnsServers,
    key_dir: Path,
) -> None:
    """It stays where it is: it may be another domain's too."""
    tables = key_dir.parent
    shared = tables / "shared.private"
    shared.write_text(make_rsa().pem)
    (tables / "KeyTable").write_text(f"shared %:mail:{shared}\n")
    (tables / "SigningTable").write_text("*@*.test shared\n")
    (found,) = dkim("list", DOMAIN).data
    assert (found["selector"], found["state"], found["origin"]) == ("mail", "signs", "found")
    lab.publish([Record(found["record"]["name"], "TXT", found["record"]["value"])])
    opendkim.reload(SENDER, "mail")
    assert result_of(receiver, signed(opendkim, SENDER)) == "pass mail"
    lab.publish([record_of(dkim("new", DOMAIN, "s1"))])
    assert dkim("rotate", DOMAIN).code == 0
    opendkim.reload(SENDER, "s1")
    assert result_of(receiver, signed(opendkim, SENDER)) == "pass s1"
    assert "s=mail" in signed(opendkim, "anna@another.test")
    assert dkim("retire", DOMAIN, "mail", "--force").data["state"] == "removed"
    assert shared.exists()
    assert "shared %:mail:" in (tables / "KeyTable").read_text()


def test_why_an_ed25519_key_is_not_given_to_it(
    dkim: Callable[..., Said], opendkim: OpenDkimServer, key_dir: Path, run: Run
) -> None:
    """With rsa-sha256 it refuses each mail of the domain, which is worse than not to sign it."""
    assert codes(dkim("new", DOMAIN, "e1", "--type", "ed25519")) == ["dkim.one_algorithm"]
    assert list(key_dir.iterdir()) == []
    tables = key_dir.parent
    (tables / "ed.private").write_text(make_ed25519().pem)
    (tables / "KeyTable").write_text(f"ed {DOMAIN}:e1:{tables}/ed.private\n")
    (tables / "SigningTable").write_text(f"*@{DOMAIN} ed\n")
    with pytest.raises(MilterRefused, match="451"):
        opendkim.reload(SENDER, "e1")
