"""What became of a mail, from Postfix's log."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_DELIVERY = re.compile(
    r"postfix/(?P<agent>[\w-]+)\[\d+\]: (?P<queue_id>\w+): to=<(?P<to>[^>]*)>,"
    r"(?: orig_to=<(?P<orig_to>[^>]*)>,)? relay=(?P<relay>.*?), (?:conn_use=\d+, )?delay=.*?"
    r" dsn=(?P<dsn>[\d.]+), status=(?P<status>\w+) \((?P<text>.*)\)$"
)
_ACTIVE = re.compile(r"nrcpt=(\d+) \(queue active\)")


@dataclass(frozen=True)
class Delivery:
    """One attempt for one final recipient.

    `agent`: the program that made it (lmtp, smtp, error, discard, ...); `status`: sent, bounced or
    deferred; `orig_to`: the address before forwardings, empty where it is the same.
    """

    queue_id: str
    to: str
    orig_to: str
    agent: str
    relay: str
    status: str
    dsn: str
    text: str


def deliveries(lines: Iterable[str], queue_id: str) -> list[Delivery]:
    """Every attempt for this mail so far, in order."""
    found = []
    for line in lines:
        match = _DELIVERY.search(line.rstrip("\n"))
        if match and match["queue_id"] == queue_id:
            found.append(Delivery(**{name: text or "" for name, text in match.groupdict().items()}))
    return found


def all_tried(lines: Iterable[str], queue_id: str) -> bool:
    """True when the log has an attempt for each recipient of the mail."""
    lines = list(lines)
    counts = [match[1] for line in lines if (match := _ACTIVE.search(line)) and queue_id in line]
    tried = {(found.to, found.orig_to) for found in deliveries(lines, queue_id)}
    return bool(counts) and len(tried) >= max(map(int, counts))


def is_removed(lines: Iterable[str], queue_id: str) -> bool:
    """True when the mail has left the queue: every recipient is done with."""
    return any(line.rstrip("\n").endswith(f": {queue_id}: removed") for line in lines)
