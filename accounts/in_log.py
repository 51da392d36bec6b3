"""How what happens to people stands in the change log."""

from __future__ import annotations

from accounts.models import User
from audit.actor import Actor
from audit.log import record
from audit.models import Entry
from mailkit.addresses import domain_of

Values = dict[str, str | None] | None


def log_owner(
    actor: Actor, action: str, email: str, before: Values = None, after: Values = None
) -> None:
    """An entry about the owner of this mailbox, seen by the admins of its domain."""
    record(
        actor=actor,
        action=action,
        object_type="owner",
        key=email,
        domain=domain_of(email),
        before=before,
        after=after,
    )


def log_operator(
    actor: Actor,
    action: str,
    user: User,
    before: Values = None,
    after: Values = None,
    domain: str = "",
) -> Entry:
    """An entry about an operator; `domain` where it is about a grant."""
    return record(
        actor=actor,
        action=action,
        object_type="operator",
        key=user.username,
        domain=domain,
        before=before,
        after=after,
    )


def log_person(
    actor: Actor, action: str, user: User, before: Values = None, after: Values = None
) -> None:
    """An entry about this operator or mailbox owner."""
    if user.is_operator:
        log_operator(actor, action, user, before, after)
    else:
        log_owner(actor, action, user.username, before, after)
