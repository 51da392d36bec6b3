"""The doctor over the panel's own database: what Postfix and Dovecot are set to, in one report."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils.translation import gettext_lazy as _

from mailkit import doctor
from mailkit.doctor.bundle import DOVECONF, POSTCONF
from mailkit.tables import Dialect, Level
from mailserver.doctor_words import WORDS, mend, sentence
from mailserver.tables import refuse_missing_file

_REFUSALS = {
    "bundle.too_large": _("The text is larger than 1,000,000 characters."),
    "bundle.no_sections": _(
        "This is not the output of the command: no line like “==> postconf -n <==” is in it."
    ),
}


@dataclass(frozen=True)
class Place:
    """One place of a finding: what is so there, and what to write (`lines`, "" for nothing)."""

    where: str
    what: str
    by_hand: str
    lines: str


@dataclass(frozen=True)
class DoctorLine:
    """One code, and the places that have it."""

    code: str
    level: Level
    means: str
    places: tuple[Place, ...]


@dataclass(frozen=True)
class DoctorReport:
    """All findings, the worst first; `unread`, what could not be looked at.

    `postfix` and `dovecot` are the versions, "" for a server of which nothing was read. `here`:
    read on this machine.
    """

    lines: tuple[DoctorLine, ...]
    unread: tuple[doctor.Unread, ...]
    postfix: str
    dovecot: str
    here: bool

    @property
    def has_faults(self) -> bool:
        """Whether mail is lost or waits, or nobody can sign in."""
        return any(line.level is Level.FAULT for line in self.lines)

    @property
    def looked(self) -> bool:
        """Whether anything of either server was read."""
        return bool(self.postfix or self.dovecot)

    @property
    def servers_unread(self) -> tuple[doctor.Unread, ...]:
        """The servers of which nothing was read, by their names, with the reason ("": none)."""
        servers = (("Postfix", self.postfix, POSTCONF), ("Dovecot", self.dovecot, DOVECONF))
        reasons = {one.name: one.reason for one in self.unread}
        return tuple(
            doctor.Unread(name, reasons.get(section, ""))
            for name, version, section in servers
            if not version
        )

    @property
    def is_well(self) -> bool:
        """Whether both servers were looked at, wholly, and nothing was found."""
        return bool(self.postfix and self.dovecot) and not self.lines and not self.unread

    def as_data(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "postfix": self.postfix,
            "dovecot": self.dovecot,
            "findings": [
                {
                    "code": line.code,
                    "level": line.level.value,
                    "where": place.where,
                    "message": place.what,
                    "consequence": line.means,
                    "by_hand": place.by_hand,
                    "lines": place.lines,
                }
                for line in self.lines
                for place in line.places
            ],
            "unread": [{"name": one.name, "reason": one.reason} for one in self.unread],
        }


def examine_machine() -> DoctorReport:
    """Look at the Postfix and Dovecot of this machine. Changes nothing; up to half a minute."""
    refuse_missing_file()
    return _report(doctor.collect(settings.MAILADMIN.postfix_config, dovecot_config()))


def examine_text(text: str) -> DoctorReport:
    """Look at what the command printed elsewhere. Raises ValidationError for other text."""
    refuse_missing_file()
    try:
        bundle = doctor.parse_bundle(text)
    except doctor.BundleError as error:
        raise ValidationError(_REFUSALS[error.code], code=error.code) from error
    return _report(bundle)


def command() -> str:
    """The shell command that prints what `examine_text` takes."""
    return doctor.shell_command(str(settings.MAILADMIN.postfix_config), str(dovecot_config()))


def dovecot_config() -> Path:
    """Dovecot's file, as for `doveconf -c`; it may be named by its directory, as Postfix's is."""
    path: Path = settings.MAILADMIN.dovecot_config
    # Not path.is_dir(), which raises where a directory above may not be entered.
    return path / "dovecot.conf" if os.path.isdir(path) else path


def _report(bundle: doctor.Bundle) -> DoctorReport:
    with connection.wrap_database_errors:
        found = doctor.examine(bundle, _panel())
    grouped: dict[doctor.Code, list[doctor.Finding]] = {}
    for one in found.findings:
        grouped.setdefault(one.code, []).append(one)
    lines = tuple(
        DoctorLine(
            code.value,
            doctor.LEVELS[code],
            str(WORDS[code].means),
            tuple(_place(one) for one in alike),
        )
        for code, alike in grouped.items()
    )
    return DoctorReport(lines, found.unread, found.postfix, found.dovecot, bundle.here)


def _place(finding: doctor.Finding) -> Place:
    lines = finding.line
    # A missing lookup table: its query too.
    if finding.code.startswith("map.no_"):
        lines = f"{finding.params['query']}\n{lines}"
    return Place(finding.where, sentence(finding), mend(finding), lines)


def _panel() -> doctor.Panel:
    connection.ensure_connection()
    reached = connection.settings_dict
    return doctor.Panel(
        connection.connection,
        Dialect(connection.vendor),
        str(reached["NAME"]),
        str(reached.get("HOST") or ""),
        inside=connection.in_atomic_block,
        delimiter=settings.MAILADMIN.recipient_delimiter,
    )
