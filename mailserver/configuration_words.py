"""The words for what `mailconfig` finds where it writes."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from mailkit.written import State

STATES = {
    State.NEW: _("new"),
    State.SAME: _("as it is"),
    State.CHANGED: _("different"),
    State.EDITED: _("changed by hand, and different"),
    State.FOREIGN: _("not written by mailconfig"),
}
IN_THE_WAY_WORDS = {
    State.EDITED: _("%(path)s was changed by hand since mailconfig wrote it."),
    State.FOREIGN: _("%(path)s is there, and mailconfig has not written it."),
}
