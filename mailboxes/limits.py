"""How many mailboxes and forwardings a domain admin may have in his domains together.

What is counted must not be changed by another one of the counted meanwhile: whoever is limited
adds rows one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.refusals import Findings
from domains.locks import one_at_a_time
from mailboxes.models import Forwarding, Mailbox


def check_mailbox_limit(findings: Findings, actor: Actor) -> None:
    """Refuse one mailbox more than the actor may have. Within the transaction that adds it."""
    if _is_full(Mailbox, actor, actor.limits.mailboxes):
        findings.refuse(
            "email",
            "limit.mailboxes",
            _("You may have %(limit)s mailboxes in your domains, and have them."),
            limit=actor.limits.mailboxes,
        )


def check_forwarding_limit(findings: Findings, actor: Actor) -> None:
    """Refuse one forwarding more than the actor may have. Within the transaction that adds it."""
    if _is_full(Forwarding, actor, actor.limits.forwardings):
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
    if any(_is_full(Forwarding, admin, admin.limits.forwardings) for admin in admins):
        findings.refuse(
            "destination",
            "limit.forwardings",
            _(
                "There are as many forwardings in your domain as there may be. Ask your operator "
                "to make room."
            ),
        )


def _is_full(model: Any, actor: Actor, limit: int | None) -> bool:
    if limit is None or actor.domains is None:
        return False
    one_at_a_time(model)
    # Counted no further than the limit.
    return len(model.objects.visible_to(actor).values_list("pk")[:limit]) >= limit
