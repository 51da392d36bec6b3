"""`maillint`: what in the rows of the four tables loses mail or keeps somebody from signing in."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from django.core.management.base import CommandError, CommandParser

from audit.actor import Actor
from audit.commands import PanelCommand
from mailserver.lint_text import report_as_text
from mailserver.linting import lint


class Command(PanelCommand):
    help = (
        "Follow every row of the four tables: loops, dead ends, mail that is taken away, "
        "transports, passwords. Changes nothing, exits 1 if there are faults."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print data as JSON")
        parser.add_argument(
            "--limit",
            type=int,
            default=20,
            metavar="N",
            help="name at most N rows of each finding (20)",
        )
        parser.set_defaults(subcommand="maillint")

    def handle_maillint(self, actor: Actor, *, limit: int, **options: Any) -> None:
        if limit < 1:
            raise CommandError("--limit must be 1 or more", returncode=2)
        found = lint(limit=limit, on_progress=self._progress())
        if sys.stderr.isatty():
            sys.stderr.write("\r\x1b[K")
        if options["json"]:
            self.print_json(found.as_data())
        else:
            for line in report_as_text(found):
                self.say(line)
        if found.has_faults:
            raise SystemExit(1)

    def _progress(self) -> Callable[[str, int], object]:
        """What shows on a terminal how far it is; nothing where output goes to a file."""
        if not sys.stderr.isatty():
            return lambda table, rows: None

        def show(table: str, rows: int) -> None:
            sys.stderr.write(f"\r\x1b[K{table}: {rows:,}")
            sys.stderr.flush()

        return show
