"""What kinds of jobs, verdicts and ends are called."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from bulk.items import Verdict
from bulk.models import Job, State

KIND_NAMES: dict[str, Any] = {
    "import_file": _("Import a file"),
    "suspend_mailboxes": _("Suspend mailboxes"),
    "resume_mailboxes": _("Resume mailboxes"),
    "new_passwords": _("Set new passwords"),
    "delete_mailboxes": _("Delete mailboxes"),
    "move_destination": _("Replace a destination"),
    "replace_in_destinations": _("Replace text in destinations"),
    "add_destination": _("Add a destination"),
    "remove_destination": _("Remove a destination"),
    "delete_forwardings": _("Delete forwardings"),
    "replace_in_transports": _("Replace text in transports"),
    "delete_transports": _("Delete transports"),
    "delete_domains": _("Delete domains"),
    "undo": _("Undo"),
}
VERDICTS: dict[Verdict, Any] = {
    Verdict.CREATE: _("added"),
    Verdict.CHANGE: _("changed"),
    Verdict.DELETE: _("deleted"),
    Verdict.SAME: _("left as it is"),
    Verdict.WARNED: _("with a warning"),
    Verdict.REFUSED: _("refused"),
}
VERDICT_COLORS: dict[Verdict, str] = {
    Verdict.CREATE: "green",
    Verdict.CHANGE: "azure",
    Verdict.DELETE: "red",
    Verdict.SAME: "gray",
    Verdict.WARNED: "yellow",
    Verdict.REFUSED: "red",
}
FIELDS: dict[str, Any] = {
    "password": _("password"),
    "destination": _("destinations"),
    "transport": _("transport"),
    "email": _("address"),
    "source": _("source"),
    "domain": _("domain"),
}
REASONS: dict[str, Any] = {
    "not_allowed": _("Whoever began it may do it no more."),
    "all_or_nothing": _(
        "Something was refused on the way, so all of it was taken back: nothing is changed."
    ),
    "not_taken_back": _(
        "Something was refused on the way, and something stands in the way of taking back what was "
        "done before: those rows stay changed. Undo (in the change log, too) says what it is, and "
        "takes them back once that is mended."
    ),
    "undo_refused": _("Something stands in the way now, so nothing was undone."),
    "error": _("A fault stopped it. The worker’s log has more about it."),
}
COLORS = {
    State.CHECKING: "azure",
    State.CHECKED: "yellow",
    State.APPLYING: "azure",
    State.TAKING_BACK: "azure",
    State.DONE: "green",
    State.REFUSED: "red",
    State.CANCELLED: "yellow",
    State.FAILED: "red",
}


def badge_of(job: Job) -> tuple[str, Any]:
    """(color, words) of where it stands."""
    if job.options.get("asks"):
        return "yellow", _("columns to be chosen")
    state = State(job.state)
    return COLORS[state], state.label
