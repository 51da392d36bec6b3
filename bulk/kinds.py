"""Every kind of job there is."""

from __future__ import annotations

from bulk.work import Work
from bulk.works.imports import ImportFile
from bulk.works.mailboxes import SuspendMailboxes

KINDS: dict[str, Work] = {
    "import_file": ImportFile(),
    "suspend_mailboxes": SuspendMailboxes(),
}
