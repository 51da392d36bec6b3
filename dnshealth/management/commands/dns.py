"""`dns`: check what is published for the domains, and publish what mends it."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any, TextIO

from django.core.management.base import CommandError, CommandParser

from audit.actor import Actor
from audit.commands import PanelCommand
from dnshealth.checking import Checked, ResolverDown, check_subjects, without_resolver
from dnshealth.host import subjects
from dnshealth.report import FAULTS, result_as_data, results_as_text
from domains.models import Domain

USAGE = 2
_BAR = 30


class Command(PanelCommand):
    help = "Check the DNS of domains, and publish the records that mend it."
    noun = "domain"

    def add_arguments(self, parser: CommandParser) -> None:
        parsers = parser.add_subparsers(required=True, metavar="SUBCOMMAND")
        check = self.subcommand(
            parsers, "check", "look up and judge; changes nothing, exits 1 if there are errors"
        )
        check.add_argument(
            "names", nargs="*", metavar="DOMAIN", help="any domain, in the panel or not"
        )
        check.add_argument("--all", action="store_true", help="every virtual domain of the panel")
        check.set_defaults(parser=check)

    def handle_check(
        self, actor: Actor, *, names: list[str], all: bool, parser: ArgumentParser, **options: Any
    ) -> None:
        if bool(names) == all:
            parser.error("name the domains, or say --all, and not both.")
        wanted = subjects(Domain.objects.values_list("pk", flat=True) if all else names)
        for problem in wanted.problems:
            self.stderr.write(f"MAILADMIN_DKIM_KEY_DIR: {problem}")
        progress = Progress(sys.stderr, len(wanted.domains))
        down: ResolverDown | None = None
        try:
            results = check_subjects(wanted, progress.step)
        except ResolverDown as error:
            down = error
            results = [*error.done, *without_resolver(wanted, error.missing)]
        finally:
            progress.end()
        if options["json"]:
            self.print_json([result_as_data(result) for result in results])
        elif not down or down.done:
            for line in results_as_text(down.done if down else results):
                self.say(line)
        if down is not None:
            raise CommandError(f"{down.code}: {down.message}")
        if any(result.verdict in FAULTS for result in results):
            raise SystemExit(1)


class Progress:
    """A bar on a terminal, one line that is written over; nothing anywhere else."""

    def __init__(self, stream: TextIO, total: int) -> None:
        self._stream = stream
        self._total = total
        self._done = 0
        self._shown = total > 1 and stream.isatty()

    def step(self, result: Checked) -> None:
        """One domain more is done."""
        self._done += 1
        if not self._shown:
            return
        full = _BAR * self._done // self._total
        bar = "#" * full + "." * (_BAR - full)
        self._stream.write(f"\r[{bar}] {self._done}/{self._total} {result.domain[:40]:<40}")
        self._stream.flush()

    def end(self) -> None:
        """Take the line away again."""
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
