"""`mailtables`: look at the four mail tables, make them, mend them. It never asks."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.db import DatabaseError
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.commands import CommandRefused, PanelCommand
from mailkit.tables import Step
from mailserver import report as words
from mailserver.derived import refresh_derived
from mailserver.tables import CREATE, Report, check_tables, create_tables, upgrade_tables


class Command(PanelCommand):
    help = "Check, create and upgrade the four tables that Postfix and Dovecot read."
    noun = "table"

    def add_arguments(self, parser: CommandParser) -> None:
        parsers = parser.add_subparsers(required=True, metavar="SUBCOMMAND")
        self.subcommand(
            parsers, "check", "say what is wrong; changes nothing, exits 1 if there are faults"
        )
        self.subcommand(parsers, "create", "make the tables that are missing")
        upgrade = self.subcommand(
            parsers, "upgrade", "mend what can be mended; safe to run again, also after a stop"
        )
        upgrade.add_argument(
            "--plan", action="store_true", help="print the statements, carry out nothing"
        )
        self.subcommand(
            parsers, "refresh", "bring what the panel derives from the tables into step"
        )

    def handle_check(self, actor: Actor, **options: Any) -> None:
        found = check_tables()
        if options["json"]:
            self.print_json(words.report_as_data(found))
        else:
            self._say_lines(words.report_as_text(found))
        _exit_with_faults(found)

    def handle_create(self, actor: Actor, **options: Any) -> None:
        made = create_tables()
        if options["json"]:
            self.print_json({"made": made})
            return
        for sql in made:
            self.say(f"{sql};")
        self.say(_("Done.") if made else _("All four tables are there. Nothing was done."))

    def handle_upgrade(self, actor: Actor, *, plan: bool, **options: Any) -> None:
        before = check_tables(rows=False)
        if plan:
            self._show_plan(before, as_json=options["json"])
            return
        if not options["json"]:
            self._say_lines(words.warnings_before(before.steps))
        done = self._carry_out(quiet=options["json"])
        # Its pages count on it as much as on the indexes.
        refresh_derived()
        after = check_tables(rows=False)
        if options["json"]:
            steps = [words.step_as_data(step) for step in done]
            self.print_json({"steps": steps, **words.report_as_data(after)})
        else:
            self.say(_("Done.") if done else _("There is nothing to mend by statements."))
            if after.faults:
                self.say(_("What is left:"))
                faults = Report(after.facts, after.faults, after.steps)
                self._say_lines(words.report_as_text(faults))
        _exit_with_faults(after)

    def handle_refresh(self, actor: Actor, **options: Any) -> None:
        done = refresh_derived()
        if options["json"]:
            self.print_json({"refreshed": [vars(one) for one in done]})
            return
        for one in done:
            self.say(
                _("%(table)s: %(rows)s rows of %(source)s read, %(mended)s mended.") % vars(one)
            )
        if not done:
            self.say(_("The panel has no tables of its own here, so nothing is out of step."))

    def _show_plan(self, found: Report, *, as_json: bool) -> None:
        if as_json:
            self.print_json(
                {
                    "steps": [words.step_as_data(step) for step in found.steps],
                    **words.report_as_data(found),
                }
            )
            return
        for step in found.steps:
            self._say_lines(words.step_as_text(step))
        if not found.steps:
            self.say(_("There is nothing to mend by statements."))
        self._say_lines(words.warnings_before(found.steps))
        left = [one for one in found.faults if not found.command_for(one)]
        missing = [one for one in found.faults if found.command_for(one) == CREATE]
        if missing:
            self.say(_("Tables are missing. Make them first: %(command)s") % {"command": CREATE})
        if left:
            self.say(_("These faults are for you to mend:"))
            self._say_lines(words.report_as_text(Report(found.facts, left, found.steps)))

    def _carry_out(self, *, quiet: bool) -> list[Step]:
        running: list[Step] = []

        def begin(step: Step) -> None:
            running.append(step)
            if not quiet:
                self._say_lines(words.step_as_text(step))
                self.stdout.flush()

        try:
            return upgrade_tables(begin)
        except DatabaseError as error:
            if not running:
                raise
            raise CommandRefused(
                "statement_refused",
                _(
                    "The database refused this statement:\n%(sql)s\n%(error)s\n"
                    "The statements before it are done, the rest is not; nothing is lost. "
                    "When the cause is mended, run the upgrade again: it goes on from here."
                )
                % {"sql": running[-1].sql, "error": error},
            ) from error

    def _say_lines(self, lines: Any) -> None:
        for line in lines:
            self.say(line)


def _exit_with_faults(found: Report) -> None:
    if found.faults:
        raise SystemExit(1)
