"""What kinds of jobs, verdicts and ends are called."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from bulk.items import Verdict
from bulk.models import Job, State

KIND_NAMES: dict[str, Any] = {
    "import_file": _("Import a file"),
    "suspend_mailboxes": _("Suspend mailboxes"),
}
VERDICTS: dict[Verdict, Any] = {
    Verdict.CREATE: _("added"),
    Verdict.CHANGE: _("changed"),
    Verdict.DELETE: _("deleted"),
    Verdict.SAME: _("left as it is"),
    Verdict.WARNED: _("with a warning"),
    Verdict.REFUSED: _("refused"),
}
REASONS: dict[str, Any] = {
    "not_allowed": _("Whoever began it may do it no more."),
    "all_or_nothing": _(
        "Something was refused on the way, so all of it was taken back: nothing is changed."
    ),
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
