"""A forwarding or transport that is renamed from one domain into another, in both domains' logs."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from audit.actor import Actor, ActorKind
from audit.log import new_entry
from audit.models import Entry
from audit.querysets import Wanted
from audit.refusals import codes_of
from domains.models import Transport
from domains.services import change_transport, create_transport, domain_of_key
from mailboxes.models import Forwarding
from mailboxes.services.forwardings import change_forwarding, create_forwarding
from tests.undo.snapshot import snapshot
from undo.rows import domain_in_log
from undo.services import undo

A = Actor(ActorKind.DOMAIN_ADMIN, "bob", domains=frozenset({"a.test"}))
B = Actor(ActorKind.DOMAIN_ADMIN, "beth", domains=frozenset({"b.test"}))
BOTH = Actor(ActorKind.DOMAIN_ADMIN, "carol", domains=frozenset({"a.test", "b.test"}))
OLD, NEW = "lost@a.test", "found@b.test"

pytestmark = pytest.mark.usefixtures("world")


def _move_forwarding(root: Actor) -> None:
    create_forwarding(actor=root, source=OLD, destination="x@far.test")
    change_forwarding(actor=root, key=OLD, source=NEW, destination="y@far.test", force=True)


def _move_transport(root: Actor) -> None:
    create_transport(actor=root, domain=OLD, transport="smtp:[192.0.2.1]", force=True)
    change_transport(actor=root, key=OLD, domain=NEW, transport="relay:", force=True)


MOVES = {"forwarding": _move_forwarding, "transport": _move_transport}
MODELS = {"forwarding": Forwarding, "transport": Transport}


@pytest.fixture(params=sorted(MOVES))
def kind(request: pytest.FixtureRequest, root: Actor) -> str:
    """What was moved: "forwarding", "transport"."""
    MOVES[request.param](root)
    return request.param


def moved(actor: Actor) -> list[Entry]:
    return list(Entry.objects.visible_to(actor).filter(action__startswith="move_"))


def keys(kind: str) -> set[str]:
    return {key for key in (OLD, NEW) if MODELS[kind].objects.filter(pk=key).exists()}


def refusal(actor: Actor, entry: Entry, **options: bool) -> list[str]:
    try:
        undo(actor=actor, entry_id=entry.pk, **options)
    except ValidationError as error:
        return codes_of(error)
    return []


def test_each_domain_has_its_half_and_no_address_of_the_other(kind: str) -> None:
    for actor, own, other in ((A, OLD, NEW), (B, NEW, OLD)):
        (entry,) = moved(actor)
        assert entry.object_key == own
        seen = list(Entry.objects.visible_to(actor).values())
        assert other not in json.dumps(seen, default=str)
    assert len({entry.group for entry in moved(BOTH)}) == 1
    assert [entry.object_key for entry in moved(BOTH)] == [NEW, OLD]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(domain="a.test"), [OLD]),
        (Wanted(domain="b.test"), [NEW]),
        (Wanted(q="lost@"), [OLD]),
        (Wanted(q="found@"), [NEW]),
    ],
)
def test_search_and_filters_find_both(root: Actor, kind: str, wanted: Wanted, found: list) -> None:
    entries = Entry.objects.visible_to(root).wanted(wanted).filter(action=f"move_{kind}")
    assert [entry.object_key for entry in entries] == found
    assert Entry.objects.visible_to(A).wanted(Wanted(q="found@")).count() == 0


@pytest.mark.parametrize("path", ["", "export/", "export/?format=json", "?q=lost", "{entry}/"])
def test_pages_of_the_former_domain_show_it(bob: Client, kind: str, path: str) -> None:
    (entry,) = moved(A)
    response = bob.get("/audit/" + path.format(entry=entry.pk))
    assert response.status_code == 200
    page = b"".join(response) if response.streaming else response.content
    assert OLD.encode() in page
    assert NEW.encode() not in page


def test_the_whole_action_is_undone_once(root: Actor, kind: str) -> None:
    after = snapshot()
    entry = moved(root)[0]
    done = undo(actor=root, entry_id=entry.pk)
    assert done.taken_back == 2
    assert keys(kind) == {OLD}
    for one in moved(root):
        assert one.undone
        assert refusal(root, one) == ["undone"]
        assert refusal(root, one, whole=False) == ["undone"]
    undo(actor=root, entry_id=done.entries[0].pk)
    assert snapshot() == after


def test_a_domain_admin_takes_back_the_half_in_his_domain(kind: str) -> None:
    (entry,) = moved(A)
    assert refusal(A, entry) == ["outside_domains"]
    assert keys(kind) == {NEW}
    assert refusal(A, entry, whole=False) == []
    assert keys(kind) == {OLD, NEW}
    (other,) = moved(B)
    assert refusal(B, other, whole=False) == []
    assert keys(kind) == {OLD}


def test_who_manages_both_takes_back_both(kind: str) -> None:
    assert refusal(BOTH, moved(BOTH)[0]) == []
    assert keys(kind) == {OLD}


def test_a_newer_row_stands_in_the_way(root: Actor, kind: str) -> None:
    create: dict[str, Callable[[], object]] = {
        "forwarding": lambda: create_forwarding(actor=A, source=OLD, destination="z@far.test"),
        "transport": lambda: create_transport(actor=A, domain=OLD, transport="lmtp:", force=True),
    }
    create[kind]()
    assert refusal(root, moved(root)[0]) == ["taken"]
    assert keys(kind) == {OLD, NEW}


def test_a_rename_within_a_domain_is_one_change(root: Actor) -> None:
    create_forwarding(actor=root, source=OLD, destination="x@far.test")
    change_forwarding(actor=root, key=OLD, source="new@A.test", destination="x@far.test")
    entry = Entry.objects.first()
    assert (entry.action, entry.object_key) == ("change_forwarding", "new@a.test")
    assert entry.former_key == OLD


KELVIN = "\N{KELVIN SIGN}.test"
K = Actor(ActorKind.DOMAIN_ADMIN, "kay", domains=frozenset({"k.test"}))


@pytest.mark.parametrize(
    "domain",
    [
        domain_of_key(KELVIN),
        domain_of_key(f"x@{KELVIN}"),
        domain_in_log("domain", KELVIN),
        domain_in_log("mailbox", f"x@{KELVIN}"),
        new_entry(
            actor=K,
            action="create_domain",
            object_type="domain",
            key=KELVIN,
            domain=KELVIN,
            changes={},
        ).domain,
    ],
)
def test_a_domain_that_only_looks_alike_is_not_his(domain: str) -> None:
    """Python makes a k of the Kelvin sign in lower case; mail servers do not."""
    assert domain == KELVIN
    assert not K.may_touch(domain)
