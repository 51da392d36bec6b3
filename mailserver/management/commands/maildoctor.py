"""`maildoctor`: what is wrong with how Postfix and Dovecot use the four tables."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from audit.actor import Actor
from audit.commands import CommandRefused, PanelCommand, read_password
from mailkit.doctor import LARGEST
from mailserver.asking import ask_dovecot, sentences
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
        parser.add_argument(
            "--ask",
            metavar="ADDRESS",
            help="does this address sign in at Dovecot? The password on standard input, one line",
        )
        parser.set_defaults(subcommand="maildoctor")

    def handle_maildoctor(
        self,
        actor: Actor,
        *,
        bundle: str | None,
        print_command: bool,
        ask: str | None,
        **options: Any,
    ) -> None:
        if sum((bundle is not None, ask is not None, print_command)) > 1:
            raise CommandError("--bundle, --ask or --print-command, not two", returncode=2)
        if print_command:
            if options["json"]:
                raise CommandError("--print-command prints no data", returncode=2)
            self.say(command())
            return
        if ask is not None:
            self._ask(ask)
            return
        report = examine_machine() if bundle is None else examine_text(_read(bundle))
        if options["json"]:
            self.print_json(report.as_data())
        else:
            for line in report_as_text(report):
                self.say(line)
        if report.has_faults or not report.looked:
            raise SystemExit(1)

    def _ask(self, address: str) -> None:
        password = getpass.getpass("Password: ") if sys.stdin.isatty() else read_password()
        asked = ask_dovecot(address=address, password=password)
        if self.as_json:
            self.print_json(asked.as_data())
        else:
            for line in sentences(asked):
                self.say(line)
        if not asked.lets_in:
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
