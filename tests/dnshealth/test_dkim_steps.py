"""Each step of a DKIM key and what refuses it; nothing of a private key comes out anywhere."""

from __future__ import annotations

import io
import json
import os
import sys
from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from audit.actor import Actor, ActorKind, command_actor
from audit.models import Entry
from audit.reading import action_words
from audit.refusals import NeedsConfirmation, codes_of
from dnshealth.dkim import looking
from dnshealth.dkim.listing import keys_of_domain
from dnshealth.dkim.looking import Seen, look_for, record_of
from dnshealth.dkim.models import DkimKey, KeyState, Origin
from dnshealth.dkim.services import give_key, look_at_key, make_key, retire_key, switch_key
from dnshealth.dkim.words import WORDS
from dnshealth.host import subjects
from domains.models import Domain
from mailkit.dkim import files
from mailkit.dkim.signing import Obstacle
from mailkit.dns.answers import Outcome
from mailkit.dns.dkim_keys import make_ed25519, make_rsa, read_key_file
from tests.dnshealth.conftest import Configure, Run
from tests.dnshealth.signer import Signer
from tests.dnshealth.zones import answers

ROOT = command_actor("root")
OTHER = make_rsa()

pytestmark = pytest.mark.django_db


def refused(step: Callable[[], object], kind: type[ValidationError] = ValidationError) -> list[str]:
    with pytest.raises(kind) as caught:
        step()
    assert all(caught.value.messages)
    return codes_of(caught.value)


def signing(signer: Signer, selector: str = "") -> DkimKey:
    key = make_key(actor=ROOT, domain="a.test", selector=selector)
    signer.publish(key)
    return switch_key(actor=ROOT, key=key)


def test_a_new_key_waits(signer: Signer) -> None:
    key = make_key(actor=ROOT, domain="A.test")
    assert key.selector == f"s{timezone.now():%Y%m%d}"
    assert (key.domain, key.kind, key.state) == ("a.test", "rsa", KeyState.MADE)
    assert read_key_file(Path(key.path)) == key.signer_key.spki
    assert signer.read("KeyTable") == signer.read("SigningTable") == ""
    assert subjects(["a.test"]).domains[0].keys == ()
    assert make_key(actor=ROOT, domain="a.test").selector == f"{key.selector}b"


def test_the_private_half_is_nowhere_but_in_its_file(
    signer: Signer, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    said = run("dns", "dkim", "new", "a.test")
    said_json = run("dns", "dkim", "list", "a.test", "--json")
    key = DkimKey.objects.get()
    signer.publish(key)
    switch_key(actor=ROOT, key=key)
    pem = Path(key.path).read_text()
    secret = "".join(pem.splitlines()[3:6])
    everything = [said.out, said.err, said_json.out, caplog.text, repr(key), str(vars(key))]
    everything += [json.dumps(one.changes) + str(one.kept) for one in Entry.objects.all()]
    everything += [signer.read("KeyTable"), signer.read("SigningTable")]
    for text in everything:
        assert "PRIVATE" not in text
        assert secret[:40] not in text.replace("\n", "")
    (made, switched) = Entry.objects.filter(object_type="dkim").order_by("pk")
    assert made.changes == {
        "selector": [None, key.selector],
        "key_type": [None, "rsa"],
        "key_state": [None, "made"],
    }
    assert switched.changes == {"key_state": ["published", "signs"]}


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ("", Seen.THERE),
        ("v=DKIM1; k=rsa; p=", Seen.OTHER),
        ("v=DKIM1; p=bm90IGEga2V5", Seen.OTHER),
        ("v=spf1 -all", Seen.OTHER),
    ],
)
def test_what_stands_in_dns(value: str, seen: Seen, signer: Signer) -> None:
    key = make_key(actor=ROOT, domain="a.test", selector="s1")
    assert look_at_key(actor=ROOT, key=key).seen == Seen.ABSENT
    signer.publish(key, value)
    assert look_at_key(actor=ROOT, key=key).seen == seen
    key.refresh_from_db()
    assert key.state == (KeyState.PUBLISHED if seen == Seen.THERE else KeyState.MADE)


def test_another_s_record_is_no_publishing(signer: Signer) -> None:
    key = make_key(actor=ROOT, domain="a.test", selector="s1")
    own = record_of(key)
    assert own is not None
    other = OTHER.signer_key("s1")
    signer.publish(key, own.value.replace("k=rsa;", "k=rsa; t=y;"))
    assert look_for(key).seen == Seen.OTHER
    signer.publish(key)
    assert "several" in look_for(key).words
    key.spki = b64encode(other.spki).decode()
    assert look_for(key).seen == Seen.OTHER


@pytest.mark.parametrize("fault", [Outcome.TIMEOUT, Outcome.SERVFAIL, Outcome.BOGUS])
def test_dns_that_does_not_answer_is_not_missing(
    fault: Outcome, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = make_key(actor=ROOT, domain="a.test", selector="s1")
    signer.publish(key)
    assert look_at_key(actor=ROOT, key=key).seen == Seen.THERE
    broken = answers({"s1._domainkey.a.test": fault})
    monkeypatch.setattr(looking, "new_lookups", lambda: broken)
    # Though it was seen before: it has to be there when it begins to sign.
    assert refused(lambda: switch_key(actor=ROOT, key=key)) == ["dkim.unknown"]
    assert signer.read("SigningTable") == ""


def test_it_signs_once_it_is_seen(signer: Signer) -> None:
    key = make_key(actor=ROOT, domain="a.test", selector="s1")
    assert refused(lambda: switch_key(actor=ROOT, key=key)) == ["dkim.not_seen"]
    signer.publish(key)
    switch_key(actor=ROOT, key=key)
    assert signer.read("SigningTable") == "*@a.test s1._domainkey.a.test\n"
    assert [one.selector for one in subjects(["a.test"]).domains[0].keys] == ["s1"]
    assert refused(lambda: switch_key(actor=ROOT, key=key)) == ["dkim.state"]
    assert refused(lambda: retire_key(actor=ROOT, key=key, force=True)) == ["dkim.still_signs"]


def test_the_old_key_stays_for_its_time(signer: Signer) -> None:
    first = signing(signer, "s1")
    signing(signer, "s2")
    first.refresh_from_db()
    assert first.state == KeyState.OLD
    assert first.kept_until is not None
    assert first.kept_until - timezone.now() > timedelta(days=6, hours=23)
    # Neither missing nor a fault: a key that is left published on purpose.
    assert [one.selector for one in subjects(["a.test"]).domains[0].keys] == ["s2"]
    assert refused(lambda: retire_key(actor=ROOT, key=first), NeedsConfirmation) == [
        "dkim.in_grace"
    ]
    assert Path(first.path).exists()
    retire_key(actor=ROOT, key=first, force=True)
    assert not Path(first.path).exists()
    assert "s1." not in signer.read("KeyTable")
    keys = {one.selector: one.retired for one in subjects(["a.test"]).domains[0].keys}
    assert keys == {"s1": True, "s2": False}
    assert refused(lambda: retire_key(actor=ROOT, key=first)) == ["dkim.state"]


def test_a_key_that_never_signed_goes_at_once(signer: Signer) -> None:
    key = make_key(actor=ROOT, domain="a.test", selector="s1")
    retire_key(actor=ROOT, key=key)
    assert not Path(key.path).exists()
    assert refused(lambda: make_key(actor=ROOT, domain="a.test", selector="S1")) == [
        "dkim.selector_used"
    ]


@pytest.mark.parametrize(
    ("selector", "codes"),
    [
        ("s 1", ["dkim.selector"]),
        ("../x", ["dkim.selector"]),
        ("-a", ["dkim.selector"]),
        ("a" * 64, ["dkim.selector"]),
        ("x.", ["dkim.selector"]),
        ("there", ["dkim.file_there"]),
    ],
)
def test_selectors_that_are_not_taken(selector: str, codes: list[str], signer: Signer) -> None:
    (signer.keys / "a.test.there.key").write_text("somebody's")
    assert refused(lambda: make_key(actor=ROOT, domain="a.test", selector=selector)) == codes
    assert not DkimKey.objects.exists()
    assert (signer.keys / "a.test.there.key").read_text() == "somebody's"


def test_without_a_signer_no_key_is_made(configure: Configure, key_dir: Path) -> None:
    configure(key_dir=key_dir)
    assert refused(lambda: make_key(actor=ROOT, domain="a.test")) == ["dkim.no_signer"]
    assert refused(lambda: make_key(actor=ROOT, domain="")) == ["dkim.no_name"]


def test_what_cannot_be_written_changes_nothing(
    signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = make_key(actor=ROOT, domain="a.test", selector="s1")
    signer.publish(key)
    before = Entry.objects.count()

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert refused(lambda: make_key(actor=ROOT, domain="a.test", selector="s2")) == [
        "dkim.not_written"
    ]
    assert refused(lambda: switch_key(actor=ROOT, key=key)) == ["dkim.not_written"]
    assert list(DkimKey.objects.values_list("selector", "state")) == [("s1", "published")]
    assert Entry.objects.count() == before
    assert signer.read("KeyTable") == signer.read("SigningTable") == ""


def test_a_file_that_holds_another_key_by_now(signer: Signer) -> None:
    key = make_key(actor=ROOT, domain="a.test", selector="s1")
    signer.publish(key)
    Path(key.path).write_text(OTHER.pem)
    assert refused(lambda: switch_key(actor=ROOT, key=key)) == ["dkim.file_changed"]
    Path(key.path).unlink()
    assert refused(lambda: switch_key(actor=ROOT, key=key)) == ["dkim.not_read"]


def test_somebody_else_was_quicker(signer: Signer) -> None:
    key = make_key(actor=ROOT, domain="a.test", selector="s1")
    stale = DkimKey.objects.get()
    retire_key(actor=ROOT, key=key)
    assert refused(lambda: retire_key(actor=ROOT, key=stale)) == ["changed_meanwhile"]


@pytest.mark.parametrize("pem", [OTHER.pem, make_ed25519().pem], ids=["RSA", "Ed25519"])
def test_a_key_given_by_hand(pem: str, configure: Configure, run: Run, monkeypatch) -> None:
    configure()
    monkeypatch.setattr(sys, "stdin", io.StringIO(pem))
    said = run("dns", "dkim", "add", "a.test", "hand", "--json")
    assert (said.code, said.data["state"], said.data["origin"]) == (0, "signs", "given")
    assert "PRIVATE" not in said.out
    key = DkimKey.objects.get()
    assert [one.spki for one in subjects(["a.test"]).domains[0].keys] == [key.signer_key.spki]
    assert refused(lambda: switch_key(actor=ROOT, key=key)) == ["dkim.state"]
    retire_key(actor=ROOT, key=key)
    # Nobody said where the signer's keys are: a retired one is no lack of others.
    assert subjects(["a.test"]).domains[0].keys == ()


def test_what_is_no_key_is_refused_without_quoting_it(configure: Configure) -> None:
    configure()
    give = lambda: give_key(actor=ROOT, domain="a.test", selector="x", pem="bm90 a key")  # noqa: E731
    with pytest.raises(ValidationError) as caught:
        give()
    assert codes_of(caught.value) == ["dkim.no_pem"]
    assert "bm90" not in str(caught.value.messages)


def test_a_key_that_waits_in_the_directory_is_no_fault(
    key_dir: Path, configure: Configure, signer: Signer
) -> None:
    """Without the signer's tables all files of the directory count, but for ours that wait."""
    key = make_key(actor=ROOT, domain="a.test", selector="s1")
    files.write_key(key_dir / "a.test.mail.key", OTHER.pem)
    configure(key_dir=key_dir, dkim_signer=None)
    assert [one.selector for one in subjects(["a.test"]).domains[0].keys] == ["mail"]
    DkimKey.objects.filter(pk=key.pk).update(state=KeyState.SIGNS)
    assert {one.selector for one in subjects(["a.test"]).domains[0].keys} == {"mail", "s1"}


def test_who_may(signer: Signer) -> None:
    key = make_key(actor=ROOT, domain="a.test", selector="s1")
    bob = Actor(ActorKind.DOMAIN_ADMIN, name="bob", domains=frozenset({"a.test"}))
    eve = Actor(ActorKind.DOMAIN_ADMIN, name="eve", domains=frozenset({"b.test"}))
    assert [one.selector for one in keys_of_domain(bob, "a.test").keys] == ["s1"]
    assert keys_of_domain(eve, "a.test").keys == ()
    for step in (
        lambda: make_key(actor=bob, domain="a.test"),
        lambda: give_key(actor=bob, domain="a.test", selector="x", pem=OTHER.pem),
        lambda: look_at_key(actor=bob, key=key),
        lambda: switch_key(actor=bob, key=key),
        lambda: retire_key(actor=bob, key=key),
    ):
        with pytest.raises(PermissionDenied):
            step()


def test_an_ed25519_key_alone_is_warned_of(
    signer: Signer, key_dir: Path, configure: Configure, tmp_path: Path
) -> None:
    config = tmp_path / "dkim_signing.conf"
    config.write_text(f'use_esld = false;\n.include(try=true) "{tmp_path}/mailadmin-dkim.conf"\n')
    configure(key_dir=key_dir, dkim_signer=("rspamd", config))
    key = make_key(actor=ROOT, domain="a.test", kind="ed25519")
    assert key.selector.startswith("e")
    signer.publish(key)
    assert refused(lambda: switch_key(actor=ROOT, key=key), NeedsConfirmation) == [
        "dkim.only_ed25519"
    ]
    rsa = signing(signer)
    switch_key(actor=ROOT, key=key)
    states = {one.key.pk: one.state for one in keys_of_domain(ROOT, "a.test").keys if one.key}
    assert states == {rsa.pk: KeyState.SIGNS, key.pk: KeyState.SIGNS}


def test_every_obstacle_has_words() -> None:
    assert set(WORDS) == set(Obstacle)
    assert {one.value for one in Origin} == {"panel", "found", "given"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("new",), "new: name the domain."),
        (("look", "a.test"), "look: name the domain and the selector."),
        (("retire", "a.test"), "retire: name the domain and the selector."),
        (("add", "a.test"), "add: name the domain and the selector."),
        (("rotate", "a.test"), "The panel has no such key of a.test"),
        (("list",), "There are no keys."),
        (("list", "a.test", "s1"), "There are no keys."),
    ],
)
def test_usage(words: tuple[str, ...], said: str, signer: Signer, run: Run) -> None:
    found = run("dns", "dkim", *words)
    assert said in found.out + found.err


def test_what_the_log_says_and_undo_does_not_do(signer: Signer, run: Run) -> None:
    first = signing(signer, "s1")
    signing(signer, "s2")
    first.refresh_from_db()
    retire_key(actor=ROOT, key=first, force=True)
    expected = {
        "make_dkim_key": "retire it instead",
        "switch_dkim_key": "the old key can sign again",
        "replace_dkim_key": "the old key can sign again",
        "retire_dkim_key": "make a new one",
    }
    for entry in Entry.objects.filter(object_type="dkim"):
        said = run("audit", "undo", str(entry.pk), "--json")
        assert said.code == 1
        assert expected[entry.action] in str(said.data["refused"])
        assert action_words(entry.action) != entry.action


def test_many_domains_at_once(
    signer: Signer, run: Run, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    """The tables are read once for all of them, and so is the panel's own."""
    names = [f"d{number:03}.test" for number in range(300)]
    Domain.objects.bulk_create(Domain(domain=name) for name in names)
    (signer.directory / "one").write_text(OTHER.pem)
    keys = "".join(f"{name} {name}:s1:{signer.directory}/one\n" for name in names)
    (signer.directory / "KeyTable").write_text(keys)
    signing = "".join(f"*@{name} {name}\n" for name in names)
    (signer.directory / "SigningTable").write_text(signing)
    make_key(actor=ROOT, domain=names[7], selector="s2")
    with django_assert_max_num_queries(3):
        said = run("dns", "dkim", "list", "--json")
    assert [(one["domain"], one["selector"]) for one in said.data] == sorted(
        [*((name, "s1") for name in names), (names[7], "s2")]
    )
