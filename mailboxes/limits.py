"""How many mailboxes and forwardings a domain admin may have in his domains together."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.refusals import Findings
from mailboxes.models import Forwarding, Mailbox


def check_mailbox_limit(findings: Findings, actor: Actor) -> None:
    """Refuse one mailbox more than the actor may have."""
    if _is_full(Mailbox, actor, actor.limits.mailboxes):
        findings.refuse(
            "email",
            "limit.mailboxes",
            _("You may have %(limit)s mailboxes in your domains, and have them."),
            limit=actor.limits.mailboxes,
        )


def check_forwarding_limit(findings: Findings, actor: Actor) -> None:
    """Refuse one forwarding more than the actor may have."""
    if _is_full(Forwarding, actor, actor.limits.forwardings):
        findings.refuse(
            "source",
            "limit.forwardings",
            _("You may have %(limit)s forwardings in your domains, and have them."),
            limit=actor.limits.forwardings,
        )


def _is_full(model: Any, actor: Actor, limit: int | None) -> bool:
    if limit is None or actor.domains is None:
        return False
    # Counted no further than the limit.
    return len(model.objects.visible_to(actor).values_list("pk")[:limit]) >= limit
