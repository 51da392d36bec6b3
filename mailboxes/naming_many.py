"""Which forwardings lose a target when many mailboxes go: the table is read once for all."""

from __future__ import annotations

from collections.abc import Sequence

from mailboxes.dependents import losing_of
from mailboxes.models import Forwarding
from mailkit.addresses import lowered, split_destination


def losing_by_mailbox(emails: Sequence[str]) -> dict[str, list[str]]:
    """{email: sources that would lead nowhere there without it} of those that have any."""
    naming = _naming(emails)
    found = {
        email: losing_of(email, naming[lowered(email)])
        for email in emails
        if lowered(email) in naming
    }
    return {email: sources for email, sources in found.items() if sources}


def _naming(emails: Sequence[str]) -> dict[str, list[str]]:
    """{email in lower case: sources of the forwardings that name it}. Reads the whole table."""
    wanted = {lowered(email) for email in emails}
    # Without a unique key a source may have several rows.
    found: dict[str, dict[str, None]] = {}
    rows = Forwarding.objects.order_by("pk").values_list("source", "destination")
    for source, text in rows.iterator():
        for target in dict.fromkeys(map(lowered, split_destination(text or ""))):
            if target in wanted:
                found.setdefault(target, {})[source] = None
    return {target: list(sources) for target, sources in found.items()}
