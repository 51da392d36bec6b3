"""Every kind of job there is."""

from __future__ import annotations

from bulk.work import Work
from bulk.works.domains import DeleteDomains
from bulk.works.forwardings import (
    AddDestination,
    DeleteForwardings,
    MoveDestination,
    RemoveDestination,
    ReplaceInDestinations,
)
from bulk.works.imports import ImportFile
from bulk.works.mailboxes import DeleteMailboxes, ResumeMailboxes, SuspendMailboxes
from bulk.works.passwords import NewPasswords
from bulk.works.transports import DeleteTransports, ReplaceInTransports
from bulk.works.undo import Undo

KINDS: dict[str, Work] = {
    "import_file": ImportFile(),
    "suspend_mailboxes": SuspendMailboxes(),
    "resume_mailboxes": ResumeMailboxes(),
    "new_passwords": NewPasswords(),
    "delete_mailboxes": DeleteMailboxes(),
    "move_destination": MoveDestination(),
    "replace_in_destinations": ReplaceInDestinations(),
    "add_destination": AddDestination(),
    "remove_destination": RemoveDestination(),
    "delete_forwardings": DeleteForwardings(),
    "replace_in_transports": ReplaceInTransports(),
    "delete_transports": DeleteTransports(),
    "delete_domains": DeleteDomains(),
    "undo": Undo(),
}
