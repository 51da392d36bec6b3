"""A preview for a page: what `mailserver/_preview.html` shows of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from audit.actor import Actor
from mailkit.addresses import AddressError
from mailkit.postfix.transports import TransportError
from mailserver.changes import Change
from mailserver.preview import preview_change
from mailserver.trace_words import OUTCOMES, WARNINGS


def preview_context(actor: Actor, change: Callable[[], Change]) -> dict[str, Any]:
    """The context of what `change` returns. Raises OutsideDomainsError for keys of others."""
    try:
        found = preview_change(actor, change())
    except (AddressError, TransportError):
        # What is wrong with it is said when it is saved.
        return {"incomplete": True}
    lines = [
        {
            "preview": one,
            "before": OUTCOMES[one.before.outcome],
            "after": OUTCOMES[one.after.outcome],
            "warnings": [WARNINGS[code] for code in one.after.warnings],
        }
        for one in found.lines
    ]
    return {"lines": lines, "found": found, "is_owner": actor.is_mailbox_owner}
