"""What the log, jobs and pages call a row of each of the four tables."""

from __future__ import annotations

from typing import Any

from domains.models import Domain, Transport
from mailboxes.models import Forwarding, Mailbox

MODELS: dict[str, Any] = {
    "domain": Domain,
    "mailbox": Mailbox,
    "forwarding": Forwarding,
    "transport": Transport,
}
