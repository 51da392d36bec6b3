"""Deleting a row with capitals takes what belongs to it, and nothing of a row spelled otherwise."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from audit.actor import Actor
from audit.models import Entry
from domains.services import delete_transport
from mailboxes.dependents import domain_dependents, mailbox_dependents
from mailboxes.models import Forwarding
from mailboxes.services.domains import delete_domain
from mailboxes.services.forwardings import delete_forwarding
from mailboxes.services.mailboxes import delete_mailbox
from tests.undo.snapshot import snapshot
from undo.services import undo

Keys = Callable[[], set[str]]

# Left when the only row of `domains` for it goes, however it is spelled.
OTHERS = {"other.test", "q@other.test", "info@other.test > q@other.test", "to other.test"}


@pytest.fixture
def world(rows: Callable[..., None]) -> Callable[[str], None]:
    """A domain of this spelling, what hangs on it in several spellings, and another domain."""

    def make(domain: str) -> None:
        rows(
            domains=f"{domain} other.test",
            mailboxes="z@UP.test y@up.test x@Up.Test q@other.test",
            forwardings={
                "@UP.test": "q@other.test",
                "a@up.test": "z@up.test",
                "info@other.test": "x@UP.test, q@other.test, y@up.TEST",
                "only@other.test": "z@Up.test",
            },
            transports={
                "UP.test": "smtp:a",
                ".Up.test": "smtp:b",
                "z@UP.TEST": "smtp:c",
                "other.test": "smtp:d",
            },
        )

    return make


@pytest.mark.parametrize("domain", ["UP.test", "up.test", "Up.TEST"])
def test_all_of_the_only_row_goes(
    world: Callable[[str], None], keys: Keys, root: Actor, domain: str
) -> None:
    world(domain)
    before = snapshot()
    found = domain_dependents(domain)
    assert found.mailboxes.count == 3
    assert found.forwardings_from.count == 2
    assert found.forwardings_to.keys == ["info@other.test", "only@other.test"]
    assert found.transports.count == 3

    delete_domain(actor=root, domain=domain)

    assert keys() == OTHERS
    entries = list(Entry.objects.all())
    assert {one.domain for one in entries} == {"up.test", "other.test"}

    undo(actor=root, entry_id=entries[0].pk, force=True)
    assert snapshot() == before


@pytest.mark.parametrize(
    ("deleted", "gone"),
    [
        # Postfix never finds UP.test, so up.test keeps what leads into it.
        ("UP.test", {"UP.test", "b@UP.test", "@UP.test > q@far.test", "to UP.test", "to .UP.test"}),
        (
            "up.test",
            {
                "up.test",
                "a@up.test",
                "@up.test > q@far.test",
                "to up.test",
                "to .up.test",
                "in@other.test > a@up.test",
            },
        ),
    ],
)
def test_each_of_two_rows_has_what_is_spelled_like_it(
    rows: Callable[..., None],
    keys: Keys,
    root: Actor,
    told_apart: bool,
    deleted: str,
    gone: set[str],
) -> None:
    if not told_apart:
        return  # One row there.
    rows(
        domains="up.test UP.test",
        mailboxes="a@up.test b@UP.test c@Up.test",
        forwardings={
            "@up.test": "q@far.test",
            "@UP.test": "q@far.test",
            "in@other.test": "a@up.test",
        },
        transports=dict.fromkeys(("up.test", "UP.test", ".up.test", ".UP.test"), "discard:"),
    )
    everything, before = keys(), snapshot()

    delete_domain(actor=root, domain=deleted)

    assert everything - keys() == gone
    undo(actor=root, entry_id=Entry.objects.get(action="delete_domain").pk, force=True)
    assert snapshot() == before
    # The last row takes all that is left.
    delete_domain(actor=root, domain="UP.test")
    delete_domain(actor=root, domain="up.test")
    assert not [key for key in keys() if "up.test" in key.lower()]


@pytest.mark.parametrize(
    ("email", "others", "loses"),
    [
        ("Mixed@case.test", "mixed@case.test", False),
        ("mixed@case.test", "Mixed@case.test", True),
        ("Mixed@CASE.test", "mixed@case.test MIXED@case.test", False),
        ("MIXED@case.test", "Mixed@case.test", True),
        ("MIXED@case.test", "", True),
        ("mixed@case.test", "", True),
    ],
)
def test_a_mailbox_and_the_forwardings_to_it(
    rows: Callable[..., None],
    keys: Keys,
    root: Actor,
    told_apart: bool,
    email: str,
    others: str,
    loses: bool,
) -> None:
    if not told_apart and others:
        return
    rows(
        domains="case.test",
        mailboxes=f"{email} {others}",
        forwardings={"list@case.test": "mixed@case.test", "mixed@case.test": "MIXED@case.test"},
    )
    before = snapshot()
    assert bool(mailbox_dependents(email).losing) is loses

    delete_mailbox(actor=root, email=email)

    left = {"case.test", *others.split()}
    if not loses:
        left |= {"list@case.test > mixed@case.test", "mixed@case.test > MIXED@case.test"}
    assert keys() == left
    undo(actor=root, entry_id=Entry.objects.get(action="delete_mailbox").pk, force=True)
    assert snapshot() == before


@pytest.mark.parametrize(("gone", "left"), [("Mixed@x.test", "mixed@x.test")] * 2)
def test_a_forwarding_and_a_transport(
    rows: Callable[..., None], keys: Keys, root: Actor, told_apart: bool, gone: str, left: str
) -> None:
    if not told_apart:
        return
    rows(
        forwardings={gone: "a@far.test", left: "b@far.test"},
        transports={gone: "discard:", left: "discard:"},
    )
    before = snapshot()
    delete_forwarding(actor=root, key=gone)
    delete_transport(actor=root, key=gone)
    assert keys() == {f"{left} > b@far.test", f"to {left}"}
    for action in ("delete_transport", "delete_forwarding"):
        undo(actor=root, entry_id=Entry.objects.get(action=action).pk)
    assert snapshot() == before


def test_an_undo_warns_of_no_circle_that_postfix_never_sees(
    rows: Callable[..., None], root: Actor, told_apart: bool
) -> None:
    """A forwarding with capitals that comes back is not in the way of mail."""
    if not told_apart:
        return
    rows(domains="up.test", mailboxes="b@up.test", forwardings={"A@up.test": "b@up.test"})
    delete_forwarding(actor=root, key="A@up.test")
    Forwarding.objects.create(source="b@up.test", destination="a@up.test, b@up.test")
    Forwarding.objects.create(source="a@up.test", destination="far@else.test")
    undo(actor=root, entry_id=Entry.objects.get(action="delete_forwarding").pk)
    assert Forwarding.objects.count() == 3
