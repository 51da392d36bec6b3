"""Which forwardings lose a target when many mailboxes go: the table is read once for all."""

from __future__ import annotations

from collections.abc import Sequence

from mailboxes.dependents import forwardings_losing
from mailboxes.models import Forwarding
from mailkit.addresses import lowered, split_destination

# So few are looked for one by one.
FEW = 3


def losing_by_mailbox(emails: Sequence[str]) -> dict[str, list[str]]:
    """{email: sources that would lead nowhere there without it} of those that have any."""
    named = emails if len(emails) <= FEW else _named(emails)
    found = {email: forwardings_losing(email) for email in named}
    return {email: sources for email, sources in found.items() if sources}


def _named(emails: Sequence[str]) -> list[str]:
    """Those of the mailboxes that some forwarding leads to. Reads the whole table."""
    wanted = {lowered(email) for email in emails}
    texts = Forwarding.objects.order_by().values_list("destination", flat=True)
    there = {
        target
        for text in texts.iterator()
        for target in map(lowered, split_destination(text or ""))
        if target in wanted
    }
    return [email for email in emails if lowered(email) in there]
