"""A domain's DKIM keys beside what others do: tables changed by hand, two steps at once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from audit.models import Entry
from audit.refusals import NeedsConfirmation
from dnshealth.dkim import services
from dnshealth.dkim.listing import keys_of_domain, outgoing_of
from dnshealth.dkim.looking import Seen, look_for
from dnshealth.dkim.models import DkimKey, KeyState
from dnshealth.dkim.services import look_at_key, make_key, retire_key, switch_key
from dnshealth.host import subjects
from mailkit.dkim.signing import Signing
from mailkit.dns.dkim_keys import make_ed25519
from tests.dnshealth.conftest import Run
from tests.dnshealth.signer import Signer
from tests.dnshealth.test_dkim_steps import OTHER, ROOT, refused, signing

pytestmark = pytest.mark.django_db


def test_the_tables_are_the_truth(signer: Signer) -> None:
    """Somebody switches by hand: the list says what is so."""
    signing(signer, "s1")
    (signer.directory / "SigningTable").write_text("")
    (listed,) = keys_of_domain(ROOT, "a.test").keys
    assert listed.state == KeyState.OLD
    assert "by hand" in str(listed.next_step)
    (signer.directory / "SigningTable").write_text("*@a.test s1._domainkey.a.test\n")
    (listed,) = keys_of_domain(ROOT, "a.test").keys
    assert listed.state == KeyState.SIGNS
    (signer.directory / "KeyTable").unlink()
    found = keys_of_domain(ROOT, "a.test")
    assert found.keys[0].state == KeyState.SIGNS
    assert "No such file" in found.problems[0]
    assert refused(lambda: retire_key(actor=ROOT, key=found.keys[0].key, force=True)) == [
        "dkim.still_signs"
    ]


def test_a_key_taken_out_by_hand_has_its_grace_period(signer: Signer) -> None:
    key = signing(signer, "s1")
    table = signer.read("SigningTable")
    (signer.directory / "SigningTable").write_text("")
    assert refused(lambda: retire_key(actor=ROOT, key=key), NeedsConfirmation) == ["dkim.in_grace"]
    key.refresh_from_db()
    assert (key.state, key.kept_until is not None) == (KeyState.SIGNS, True)
    # The time counts from when it was noticed, and anew once it has signed again.
    long_ago = timezone.now() - timedelta(days=30)
    DkimKey.objects.update(old_since=long_ago)
    (listed,) = keys_of_domain(ROOT, "a.test").keys
    assert listed.grace_is_over
    (signer.directory / "SigningTable").write_text(table)
    assert subjects(["a.test"]).domains[0].keys
    key.refresh_from_db()
    assert key.old_since is None
    (signer.directory / "SigningTable").write_text("")
    (listed,) = keys_of_domain(ROOT, "a.test").keys
    assert (listed.kept_until is not None, listed.grace_is_over) == (True, False)
    key.refresh_from_db()
    retire_key(actor=ROOT, key=key, force=True)


def test_two_switches_of_a_domain_one_after_the_other(
    signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one waits, and then sees what the first one wrote."""
    signing(signer, "s1")
    second, third = (make_key(actor=ROOT, domain="a.test", selector=name) for name in ("s2", "s3"))
    signer.publish(second)
    signer.publish(third)
    lock = services.one_at_a_time

    def after_the_other(model: type[DkimKey]) -> None:
        monkeypatch.setattr(services, "one_at_a_time", lock)
        switch_key(actor=ROOT, key=second)

    monkeypatch.setattr(services, "one_at_a_time", after_the_other)
    switch_key(actor=ROOT, key=third)
    states = dict(DkimKey.objects.values_list("selector", "state"))
    assert states == {"s1": "old", "s2": "old", "s3": "signs"}


def test_a_key_whose_public_half_is_not_known(signer: Signer, run: Run) -> None:
    """It was at the signer, where the panel could not read it, and was then replaced."""
    (signer.directory / "KeyTable").write_text(f"k a.test:hand:{signer.directory}/none\n")
    (signer.directory / "SigningTable").write_text("*@a.test k\n")
    signing(signer, "s1")
    key = DkimKey.objects.get(selector="hand")
    assert (key.spki, key.state) == ("", KeyState.OLD)
    assert look_for(key).seen == Seen.UNKNOWN
    assert refused(lambda: look_at_key(actor=ROOT, key=key)) == ["dkim.not_read"]
    said = run("dns", "dkim", "look", "a.test", "hand")
    assert said.code
    assert "does not know its public half" in said.err
    # Also once the file is there: nobody knows whether it is the one that signed.
    Path(key.path).write_text(OTHER.pem)
    assert refused(lambda: switch_key(actor=ROOT, key=key)) == ["dkim.not_read"]


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ({}, ""),
        ({"new": "rsa"}, ""),
        ({"e": "ed25519"}, ""),
        ({"e": "ed25519", "r": "rsa"}, "r"),
        ({"unread": "", "r": "rsa"}, "r"),
        ({"e": "ed25519", "unread": ""}, "unread"),
        # What the panel's own row says of a key that cannot be read.
        ({"row_e": ""}, ""),
        ({"unread": "", "row_r": ""}, "row_r"),
    ],
)
def test_which_key_goes_out(kinds: dict[str, str], expected: str) -> None:
    spki = {"": None, "rsa": OTHER.spki, "ed25519": make_ed25519().spki}
    for selector, kind in (("row_e", "ed25519"), ("row_r", "rsa")):
        DkimKey.objects.create(
            domain="a.test", selector=selector, kind=kind, made_at=timezone.now()
        )
    rows = [Signing("a.test", name, "a.test", spki=spki[kind]) for name, kind in kinds.items()]
    outgoing = outgoing_of(DkimKey(domain="a.test", selector="new", kind="rsa"), rows)
    assert (outgoing.selector if outgoing else "") == expected


def test_list_changes_nothing(signer: Signer, run: Run) -> None:
    for selector in ("s1", "s2"):
        make_key(actor=ROOT, domain="a.test", selector=selector)
    before = Entry.objects.count()
    found = run("dns", "dkim", "list", "a.test", "S1", "--force", "--json")
    assert [one["selector"] for one in found.data] == ["s1"]
    assert list(DkimKey.objects.values_list("state", flat=True)) == [KeyState.MADE] * 2
    assert all(Path(key.path).exists() for key in DkimKey.objects.all())
    assert Entry.objects.count() == before
