"""The one who acts: kind, name, and the virtual domains he may touch."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from mailkit.addresses import lowered


class ActorKind(enum.StrEnum):
    """What somebody is; `accounts` decides it, everything else only asks."""

    NOBODY = "nobody"
    SUPERADMIN = "superadmin"
    DOMAIN_ADMIN = "domain_admin"
    MAILBOX_OWNER = "mailbox_owner"
    COMMAND = "command"


@dataclass(frozen=True)
class Limits:
    """How many rows a domain admin may have in his domains together; None: as many as he likes."""

    mailboxes: int | None = None
    forwardings: int | None = None


NO_LIMITS = Limits()


@dataclass(frozen=True)
class Actor:
    """Somebody who reads or writes.

    `name` is the operator's name or the mailbox owner's address; `address` the network address
    a request came from ("" for a command); `domains` the A-labels he may touch, None for all.
    `account`: the operator's number, which no later one of the same name has; 0 for others.
    """

    kind: ActorKind
    name: str = ""
    address: str = ""
    domains: frozenset[str] | None = frozenset()
    limits: Limits = NO_LIMITS
    account: int = 0

    @property
    def is_operator(self) -> bool:
        return self.kind in (ActorKind.SUPERADMIN, ActorKind.DOMAIN_ADMIN, ActorKind.COMMAND)

    @property
    def is_mailbox_owner(self) -> bool:
        return self.kind is ActorKind.MAILBOX_OWNER

    @property
    def touches_everything(self) -> bool:
        """True for superadmins and commands: every domain, and what belongs to none."""
        return self.domains is None

    def may_touch(self, domain_name: str) -> bool:
        """Whether rows of this domain (A-label, any case) are his to see and change."""
        return self.domains is None or lowered(domain_name) in self.domains


NOBODY = Actor(ActorKind.NOBODY)


def command_actor(name: str) -> Actor:
    """The actor of a management command: whoever has a shell on the server may do everything."""
    return Actor(ActorKind.COMMAND, name=name, domains=None)
