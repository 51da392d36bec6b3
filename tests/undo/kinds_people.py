"""Changes by mailbox owners and their links, hashes renewed at sign-in, operators changed."""

from __future__ import annotations

from accounts import recovery, services
from accounts.models import Purpose, Recovery, User
from accounts.own_forwarding import set_own_forwarding
from accounts.owners import owner_of
from audit.actor import Actor, ActorKind
from mailboxes.models import Mailbox
from mailboxes.records import is_confirmed
from mailboxes.services.rehash import rehash_password
from tests.undo.random_changes import (
    DOMAINS,
    OPERATORS,
    WEAK,
    WEAK_PASSWORD,
    ByService,
    Impossible,
    RandomChanges,
)

NETWORK = "192.0.2.4"


def _owner(email: str) -> Actor:
    return Actor(ActorKind.MAILBOX_OWNER, email, NETWORK)


def _set_own_forwarding(world: RandomChanges) -> None:
    destination = world.targets() if world.random.random() < 0.7 else ""
    set_own_forwarding(
        actor=_owner(world.some(Mailbox)),
        destination=destination,
        keep_copy=world.random.random() < 0.5,
        force=True,
    )


def _rehash(world: RandomChanges) -> None:
    weak = sorted(Mailbox.objects.filter(password=WEAK).values_list("pk", flat=True))
    if not weak:
        raise Impossible
    mailbox = Mailbox.objects.get(pk=world.random.choice(weak))
    rehash_password(actor=_owner(mailbox.email), mailbox=mailbox, password=WEAK_PASSWORD)
    world.passwords[mailbox.email] = WEAK_PASSWORD


def _accept_invitation(world: RandomChanges) -> None:
    email = world.some(Mailbox)
    invited = recovery.invite_owner(actor=world.actor, email=email)
    _open_link(world, invited.token, Purpose.INVITE, email)


def _recover_password(world: RandomChanges) -> None:
    mailbox = Mailbox.objects.get(pk=world.some(Mailbox))
    if not is_confirmed(mailbox):
        raise Impossible
    user = owner_of(mailbox)
    Recovery.objects.update_or_create(user=user, defaults={"address": "me@far.example"})
    asked = recovery.make_recovery_link(email=mailbox.email, network=NETWORK)
    if asked is None:
        raise Impossible
    _open_link(world, asked.token, Purpose.RECOVER, asked.email)


def _open_link(world: RandomChanges, token: str, purpose: Purpose, email: str) -> None:
    password = world.password(email)
    recovery.set_password_by_link(
        token=token, purpose=purpose, password=password, network=NETWORK, force=True
    )


def _grant(world: RandomChanges) -> None:
    domains = world.random.sample(DOMAINS, world.random.randint(1, 3))
    services.grant_domains(actor=world.actor, name=_domain_admin(world), domains=domains)


def _revoke(world: RandomChanges) -> None:
    domains = world.random.sample(DOMAINS, world.random.randint(2, 4))
    services.revoke_domains(actor=world.actor, name=_domain_admin(world), domains=domains)


def _domain_admin(world: RandomChanges) -> str:
    names = sorted(User.objects.filter(is_superadmin=False).values_list("username", flat=True))
    return world.random.choice([name for name in names if name in OPERATORS] or [OPERATORS[0]])


def _set_active(*, active: bool) -> ByService:
    def change(world: RandomChanges) -> None:
        others = User.objects.filter(username__in=OPERATORS, is_active=not active)
        names = sorted(others.values_list("username", flat=True))
        if not names:
            raise Impossible
        services.set_operator_active(
            actor=world.actor, name=world.random.choice(names), active=active
        )

    return change


def _change_operator(world: RandomChanges) -> None:
    """Role, domains and limits at once."""
    services.change_operator(
        actor=world.actor,
        name=world.random.choice(OPERATORS),
        superadmin=world.random.random() < 0.3,
        domains=world.random.sample(DOMAINS, world.random.randint(0, 3)),
        max_mailboxes=world.random.choice([None, 0, 5]),
        max_forwardings=world.random.choice([None, 7]),
        force=True,
    )


KINDS: dict[str, ByService] = {
    "set_own_forwarding": _set_own_forwarding,
    "rehash": _rehash,
    "accept_invitation": _accept_invitation,
    "recover_password": _recover_password,
    "grant_domains": _grant,
    "revoke_domains": _revoke,
    "enable_operator": _set_active(active=True),
    "disable_operator": _set_active(active=False),
    "change_operator": _change_operator,
}
