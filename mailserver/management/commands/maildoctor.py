"""`maildoctor`: what is wrong with how Postfix and Dovecot use the four tables."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from audit.actor import Actor
from audit.commands import CommandRefused, PanelCommand
from mailkit.doctor import LARGEST
from mailserver.doctor_text import report_as_text
from mailserver.doctoring import command, examine_machine, examine_text


class Command(PanelCommand):
    help = (
        "Read Postfix's and Dovecot's configuration, run its queries against the database, and "
        "say what is wrong. Changes nothing, exits 1 if there are faults."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print data as JSON")
        parser.add_argument(
            "--bundle",
            metavar="FILE",
            help="judge the output of the command of --print-command instead; - is standard input",
        )
        parser.add_argument(
            "--print-command",
            action="store_true",
            help="print a shell command for the machine that Postfix and Dovecot run on",
        )
        parser.set_defaults(subcommand="maildoctor")

    def handle_maildoctor(
        self, actor: Actor, *, bundle: str | None, print_command: bool, **options: Any
    ) -> None:
        if print_command:
            if options["json"] or bundle:
                raise CommandError("--print-command goes alone", returncode=2)
            self.say(command())
            return
        report = examine_machine() if bundle is None else examine_text(_read(bundle))
        if options["json"]:
            self.print_json(report.as_data())
        else:
            for line in report_as_text(report):
                self.say(line)
        if report.has_faults or not report.looked:
            raise SystemExit(1)


def _read(name: str) -> str:
    """The text of a file, or of standard input; one character more than is allowed at most."""
    if name == "-":
        return sys.stdin.read(LARGEST + 1)
    try:
        with Path(name).open(encoding="utf-8", errors="replace") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise CommandRefused("no_file", f"{name}: {error.strerror}") from error
