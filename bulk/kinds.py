"""Every kind of job there is."""

from __future__ import annotations

from bulk.work import Work
from bulk.works.mailboxes import SuspendMailboxes

KINDS: dict[str, Work] = {
    "suspend_mailboxes": SuspendMailboxes(),
}
