"""Changes of rows by the services of the four tables, alone and several as one action."""

from __future__ import annotations

from audit.actions import one_action
from audit.actor import Actor, ActorKind
from domains.models import Domain, Transport
from domains.services import change_transport, create_domain, create_transport, delete_transport
from mailboxes.models import Forwarding, Mailbox
from mailboxes.services import forwardings as forwarding_services
from mailboxes.services import mailboxes as mailbox_services
from mailboxes.services.domains import delete_domain
from tests.undo.random_changes import DOMAINS, FAR, TRANSPORTS, ByService, Impossible, RandomChanges


def _create_domain(world: RandomChanges) -> None:
    create_domain(actor=world.actor, domain=world.random.choice(DOMAINS), force=True)


def _delete_domain(world: RandomChanges) -> None:
    delete_domain(actor=world.actor, domain=world.some(Domain))


def _delete_domain_keep(world: RandomChanges) -> None:
    delete_domain(actor=world.actor, domain=world.some(Domain), dependents="keep")


def _create_mailbox(world: RandomChanges) -> None:
    email = world.address()
    mailbox_services.create_mailbox(
        actor=world.actor, email=email, password=world.password(email), force=True
    )


def _set_password(world: RandomChanges) -> None:
    email = world.some(Mailbox)
    mailbox_services.set_mailbox_password(
        actor=world.actor, email=email, password=world.password(email), force=True
    )


def _change_own_password(world: RandomChanges) -> None:
    email = world.some(Mailbox)
    if email not in world.passwords:
        raise Impossible
    mailbox_services.change_own_password(
        actor=Actor(ActorKind.MAILBOX_OWNER, email),
        old_password=world.passwords[email],
        new_password=world.password(email),
        force=True,
    )


def _suspend(world: RandomChanges) -> None:
    mailbox_services.suspend_mailbox(actor=world.actor, email=world.some(Mailbox))


def _resume(world: RandomChanges) -> None:
    mailbox_services.resume_mailbox(actor=world.actor, email=world.some(Mailbox))


def _delete_mailbox(world: RandomChanges) -> None:
    mailbox_services.delete_mailbox(actor=world.actor, email=world.some(Mailbox))


def _delete_mailbox_keep(world: RandomChanges) -> None:
    mailbox_services.delete_mailbox(actor=world.actor, email=world.some(Mailbox), dependents="keep")


def _create_forwarding(world: RandomChanges) -> None:
    forwarding_services.create_forwarding(
        actor=world.actor, source=world.source(), destination=world.targets(), force=True
    )


def _change_forwarding(world: RandomChanges) -> None:
    forwarding_services.change_forwarding(
        actor=world.actor, key=world.some(Forwarding), destination=world.targets(), force=True
    )


def _rename_forwarding(world: RandomChanges) -> None:
    forwarding_services.change_forwarding(
        actor=world.actor,
        key=world.some(Forwarding),
        source=world.source(),
        destination=world.targets(),
        force=True,
    )


def _delete_forwarding(world: RandomChanges) -> None:
    forwarding_services.delete_forwarding(actor=world.actor, key=world.some(Forwarding))


def _create_transport(world: RandomChanges) -> None:
    create_transport(
        actor=world.actor,
        domain=world.transport_key(),
        transport=world.random.choice(TRANSPORTS),
        force=True,
    )


def _change_transport(world: RandomChanges) -> None:
    change_transport(
        actor=world.actor,
        key=world.some(Transport),
        transport=world.random.choice(TRANSPORTS),
        force=True,
    )


def _rename_transport(world: RandomChanges) -> None:
    change_transport(
        actor=world.actor,
        key=world.some(Transport),
        domain=world.transport_key(),
        transport=world.random.choice(TRANSPORTS),
        force=True,
    )


def _delete_transport(world: RandomChanges) -> None:
    delete_transport(actor=world.actor, key=world.some(Transport))


def _bulk_delete(world: RandomChanges) -> None:
    """Several mailboxes and a forwarding in one go, as a bulk edit does."""
    keys = sorted(Mailbox.objects.values_list("pk", flat=True))
    if len(keys) < 2:
        raise Impossible
    with one_action():
        for email in world.random.sample(keys, min(len(keys), 4)):
            mailbox_services.delete_mailbox(actor=world.actor, email=email)


def _bulk_mixed(world: RandomChanges) -> None:
    """The same rows several times within one action."""
    email = world.address()
    with one_action():
        mailbox_services.create_mailbox(
            actor=world.actor, email=email, password=world.password(email), force=True
        )
        mailbox_services.suspend_mailbox(actor=world.actor, email=email)
        source = f"bulk-{world.random.random()}@a.test"
        forwarding_services.create_forwarding(
            actor=world.actor, source=source, destination=email, force=True
        )
        forwarding_services.change_forwarding(
            actor=world.actor,
            key=source,
            source="renamed-" + source,
            destination=email + "\n" + FAR[0],
            force=True,
        )


KINDS: dict[str, ByService] = {
    "create_domain": _create_domain,
    "delete_domain": _delete_domain,
    "delete_domain_keep": _delete_domain_keep,
    "create_mailbox": _create_mailbox,
    "set_password": _set_password,
    "change_own_password": _change_own_password,
    "suspend": _suspend,
    "resume": _resume,
    "delete_mailbox": _delete_mailbox,
    "delete_mailbox_keep": _delete_mailbox_keep,
    "create_forwarding": _create_forwarding,
    "change_forwarding": _change_forwarding,
    "rename_forwarding": _rename_forwarding,
    "delete_forwarding": _delete_forwarding,
    "create_transport": _create_transport,
    "change_transport": _change_transport,
    "rename_transport": _rename_transport,
    "delete_transport": _delete_transport,
    "bulk_delete": _bulk_delete,
    "bulk_mixed": _bulk_mixed,
}
