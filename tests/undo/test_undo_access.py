"""Whose undo it is: domain admins take back what lies wholly in their domains, in their limits."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from audit.actor import Actor, ActorKind, Limits
from audit.models import Entry
from audit.refusals import codes_of
from domains.services import create_transport, delete_transport
from mailboxes.models import Mailbox
from mailboxes.services.domains import delete_domain
from mailboxes.services.forwardings import change_forwarding, create_forwarding, delete_forwarding
from mailboxes.services.mailboxes import create_mailbox, delete_mailbox, suspend_mailbox
from tests.undo.helpers import SECRET, newest
from tests.undo.snapshot import snapshot
from undo.services import plan_undo, undo

BOB = Actor(ActorKind.DOMAIN_ADMIN, "bob", "192.0.2.7", domains=frozenset({"a.test"}))
BOTH = Actor(ActorKind.DOMAIN_ADMIN, "carol", domains=frozenset({"a.test", "b.test"}))

pytestmark = pytest.mark.usefixtures("world")


def refusal(actor: Actor, entry: Entry, **options: bool) -> list[str]:
    try:
        undo(actor=actor, entry_id=entry.pk, **options)
    except ValidationError as error:
        return codes_of(error)
    return []


def test_he_takes_back_what_others_did_in_his_domain(root) -> None:
    before = snapshot()
    suspend_mailbox(actor=root, email="anna@a.test")
    (logged,) = undo(actor=BOB, entry_id=newest().pk).entries
    assert snapshot() == before
    assert (logged.actor, logged.actor_kind) == ("bob", "domain_admin")


@pytest.mark.parametrize("actor", [Actor(ActorKind.NOBODY), BOB], ids=["nobody", "bob"])
def test_what_he_does_not_see_is_not_there(root, actor) -> None:
    suspend_mailbox(actor=root, email="anna@b.test")
    for ask in (plan_undo, undo):
        with pytest.raises(Entry.DoesNotExist):
            ask(actor=actor, entry_id=newest().pk)


def test_an_owner_undoes_nothing(root) -> None:
    suspend_mailbox(actor=root, email="anna@a.test")
    owner = Actor(ActorKind.MAILBOX_OWNER, "anna@a.test")
    with pytest.raises(Entry.DoesNotExist):
        undo(actor=owner, entry_id=newest().pk)


def test_an_action_that_reached_beyond_his_domains_is_not_his_as_a_whole(root) -> None:
    """The forwarding of another domain lost its target with the mailbox."""
    create_forwarding(actor=root, source="only@b.test", destination="bert@a.test")
    delete_mailbox(actor=BOB, email="bert@a.test")
    entry = Entry.objects.get(action="delete_mailbox")
    assert Entry.objects.filter(group=entry.group).count() == 2
    assert refusal(BOB, entry) == ["outside_domains"]
    assert not Mailbox.objects.filter(pk="bert@a.test").exists()
    assert refusal(BOB, entry, whole=False) == []
    assert Mailbox.objects.filter(pk="bert@a.test").exists()
    assert refusal(BOTH, entry) == []


def test_domains_themselves_are_for_superadmins(root) -> None:
    delete_domain(actor=root, domain="a.test")
    undo(actor=root, entry_id=Entry.objects.get(action="delete_domain").pk)
    entry = Entry.objects.get(action="undo", object_type="domain")
    assert set(refusal(BOB, entry)) == {"outside_domains"}
    assert refusal(BOB, entry, whole=False) == ["outside_domains"]
    one = Entry.objects.get(action="undo", object_key="anna@a.test")
    assert refusal(BOB, one, whole=False, force=True) == []


@pytest.mark.parametrize("action", ["delete_domain", "delete_mailbox", "delete_forwarding"])
def test_what_went_with_the_domain_is_nobody_elses(root, action) -> None:
    """Whoever manages the name, made anew by SQL, sees nothing of its deletion."""
    delete_domain(actor=root, domain="a.test")
    entry = Entry.objects.filter(action=action, domain="a.test").first()
    for whole in (True, False):
        with pytest.raises(Entry.DoesNotExist):
            undo(actor=BOB, entry_id=entry.pk, whole=whole)


def test_a_rename_out_of_another_domain_is_not_his(root) -> None:
    change_forwarding(
        actor=root, key="sales@b.test", source="sales@a.test", destination="anna@a.test"
    )
    assert refusal(BOB, newest()) == ["outside_domains"]
    assert refusal(BOTH, newest()) == []


def test_what_belongs_to_no_domain_is_not_his(root) -> None:
    create_transport(actor=root, domain="*", transport="smtp:", force=True)
    with pytest.raises(Entry.DoesNotExist):
        undo(actor=BOTH, entry_id=newest().pk)


def test_a_transport_below_his_domain_is_no_more_his_than_otherwise(root) -> None:
    create_transport(actor=root, domain=".a.test", transport="smtp:", force=True)
    delete_domain(actor=root, domain="a.test")
    undo(actor=root, entry_id=Entry.objects.get(action="delete_domain").pk)
    entry = Entry.objects.get(action="undo", object_key=".a.test")
    assert refusal(BOB, entry, whole=False) == ["outside_domains"]


def limited(mailboxes: int | None = None, forwardings: int | None = None) -> Actor:
    return Actor(
        ActorKind.DOMAIN_ADMIN,
        "bob",
        domains=frozenset({"a.test"}),
        limits=Limits(mailboxes, forwardings),
    )


@pytest.mark.parametrize(("limit", "codes"), [(2, ["limit.users"]), (3, [])])
def test_undo_gets_nobody_beyond_his_limit(root, limit, codes) -> None:
    bob = limited(mailboxes=limit)
    delete_mailbox(actor=bob, email="bert@a.test")
    entry = newest()
    create_mailbox(actor=bob, email="carl@a.test", password=SECRET)
    assert refusal(bob, entry) == codes


def test_the_limit_of_forwardings_counts_too(root) -> None:
    bob = limited(forwardings=1)
    delete_forwarding(actor=bob, key="info@a.test")
    entry = newest()
    create_forwarding(actor=bob, source="new@a.test", destination="x@far.test")
    assert refusal(bob, entry) == ["limit.forwardings"]
    delete_forwarding(actor=bob, key="new@a.test")
    assert refusal(bob, entry) == []


def test_a_transport_of_his(root) -> None:
    delete_transport(actor=BOB, key="x@a.test")
    assert refusal(BOB, newest()) == []
