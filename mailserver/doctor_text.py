"""The doctor's report as text for a terminal."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator

from django.conf import settings
from django.utils.translation import gettext as _

from mailserver.doctoring import DoctorReport, dovecot_config
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
    for said in servers_unread(report):
        yield wrapped(printable(said))
    yield counts(Counter(line.level for line in report.lines for _place in line.places))


def reason(said: str) -> str:
    """Why something was not read."""
    return said or _("it is not in the text")


def servers_unread(report: DoctorReport) -> list[str]:
    """A sentence for each server of which nothing was read, and where it was looked for."""
    places = {
        "Postfix": ("MAILADMIN_POSTFIX_CONFIG", settings.MAILADMIN.postfix_config),
        "Dovecot": ("MAILADMIN_DOVECOT_CONFIG", dovecot_config()),
    }
    said = []
    for one in report.servers_unread:
        setting, place = places[one.name]
        words = {
            "server": one.name,
            "reason": reason(one.reason).rstrip("."),
            "place": place,
            "setting": setting,
        }
        text = _("%(server)s was not looked at: %(reason)s.") % words
        if report.here:
            where = _("Its configuration is looked for in %(place)s; %(setting)s says where else.")
            text = f"{text} {where % words}"
        said.append(text)
    return said


def how_to_read(*, here: bool) -> str:
    """What to do about what was not read, for the command."""
    if here:
        return _(
            "Run the doctor as a user who may read these files (sudo), or run the command that "
            "--print-command prints as root where the servers are, and give its output to --bundle."
        )
    return _("Run the command as root, where both servers are, and give all of its output.")
