"""How many mailboxes and forwardings a domain admin may have in his domains together.

What is counted must not be changed by another one of the counted meanwhile: whoever is limited
adds rows one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.refusals import Findings
from domains.locks import one_at_a_time
from mailboxes.models import Forwarding, Mailbox


def check_mailbox_limit(findings: Findings, actor: Actor) -> None:
    """Refuse one mailbox more than the actor may have. Within the transaction that adds it."""
    check_mailbox_room(findings, actor, room_for_mailboxes(actor))


def check_mailbox_room(findings: Findings, actor: Actor, room: int | None) -> None:
    """The same where the room has been looked up."""
    if room is not None and room <= 0:
        findings.refuse(
            "email",
            "limit.mailboxes",
            _("You may have %(limit)s mailboxes in your domains, and have them."),
            limit=actor.limits.mailboxes,
        )


def check_forwarding_limit(findings: Findings, actor: Actor) -> None:
    """Refuse one forwarding more than the actor may have. Within the transaction that adds it."""
    check_forwarding_room(findings, actor, room_for_forwardings(actor))


def check_forwarding_room(findings: Findings, actor: Actor, room: int | None) -> None:
    """The same where the room has been looked up."""
    if room is not None and room <= 0:
        findings.refuse(
            "source",
            "limit.forwardings",
            _("You may have %(limit)s forwardings in your domains, and have them."),
            limit=actor.limits.forwardings,
        )


def check_owners_limit(findings: Findings, admins: Sequence[Actor]) -> None:
    """Refuse an owner's forwarding that is one more than an admin of his domain may have.

    Otherwise the admin would make mailboxes, sign in as their owners, and have as many as he likes.
    """
    if any(_room(Forwarding, admin, admin.limits.forwardings) == 0 for admin in admins):
        findings.refuse(
            "destination",
            "limit.forwardings",
            _(
                "There are as many forwardings in your domain as there may be. Ask your operator "
                "to make room."
            ),
        )


def room_for_mailboxes(actor: Actor) -> int | None:
    """How many more mailboxes he may have; None for as many as he likes."""
    return _room(Mailbox, actor, actor.limits.mailboxes)


def room_for_forwardings(actor: Actor) -> int | None:
    """How many more forwardings he may have; None for as many as he likes."""
    return _room(Forwarding, actor, actor.limits.forwardings)


def _room(model: Any, actor: Actor, limit: int | None) -> int | None:
    if limit is None or actor.domains is None:
        return None
    if connection.in_atomic_block:
        # Whoever only looks keeps nobody waiting.
        one_at_a_time(model)
    # Counted no further than the limit.
    return limit - len(model.objects.visible_to(actor).values_list("pk")[:limit])
