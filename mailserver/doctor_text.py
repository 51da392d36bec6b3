"""The doctor's report as text for a terminal."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator

from django.utils.translation import gettext as _

from mailserver.doctoring import DoctorReport
from mailserver.report import counts, wrapped
from mailserver.words import LEVEL_NAMES, printable


def report_as_text(report: DoctorReport) -> Iterator[str]:
    """Lines: the worst first, one block for each code; then what could not be read."""
    for line in report.lines:
        yield f"{LEVEL_NAMES[line.level]}  {line.code}"
        by_hand = None
        for place in line.places:
            yield wrapped(f"{printable(place.where)}: {printable(place.what)}", hanging="  ")
        yield wrapped(line.means)
        for place in line.places:
            if place.by_hand != by_hand:
                by_hand = place.by_hand
                yield wrapped(f"{_('By hand:')} {printable(by_hand)}")
            if place.lines:
                yield textwrap.indent("\n".join(map(printable, place.lines.split("\n"))), " " * 8)
        yield ""
    if report.unread:
        yield _("Not looked at:")
        for one in report.unread:
            yield wrapped(f"- {printable(one.name)}: {printable(reason(one.reason))}", "  ")
        yield wrapped(how_to_read(here=report.here))
        yield ""
    if report.is_well:
        yield _("All is well.")
    for name, version in (("Postfix", report.postfix), ("Dovecot", report.dovecot)):
        if version:
            yield f"{name} {version}"
    yield counts(Counter(line.level for line in report.lines for _place in line.places))


def reason(said: str) -> str:
    """Why something was not read."""
    return said or _("it is not in the text")


def how_to_read(*, here: bool) -> str:
    """What to do about what was not read, for the command."""
    if here:
        return _(
            "Run the doctor as a user who may read these files (sudo), or run the command that "
            "--print-command prints as root where the servers are, and give its output to --bundle."
        )
    return _("Run the command as root, where both servers are, and give all of its output.")
