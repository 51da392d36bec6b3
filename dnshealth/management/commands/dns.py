"""`dns`: check what is published for the domains, and publish what mends it."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any, TextIO

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.commands import CommandRefused
from audit.models import Entry
from dnshealth.checking import Checked, ResolverDown, check_subjects, without_resolver
from dnshealth.host import subjects
from dnshealth.management import mails, settings, zonefile
from dnshealth.management.dkim import DkimActions
from dnshealth.management.mails import MailsCommand
from dnshealth.management.publish import Outcome, difference, settled, trouble
from dnshealth.management.settings import SettingsCommand
from dnshealth.management.zonefile import ZoneFileCommand
from dnshealth.models import Outcome as RunOutcome
from dnshealth.names import a_label
from dnshealth.publishing import ZonePlan, choose, plan_back, plan_publishing, publish
from dnshealth.reading import last_known
from dnshealth.report import FAULTS, result_as_data, results_as_text
from dnshealth.runs import Stopped, StoredRun, rows_of
from dnshealth.services import COMMAND, KEPT_DAYS, prune_results
from domains.models import Domain
from mailkit.dns.primary import PublishError
from mailkit.dns.results import Check

_BAR = 30


class Command(DkimActions, MailsCommand, SettingsCommand, ZoneFileCommand):
    help = "Check the DNS of domains, and publish the records that mend it."
    noun = "domain"

    def add_arguments(self, parser: CommandParser) -> None:
        parsers = parser.add_subparsers(required=True, metavar="SUBCOMMAND")
        check = self.subcommand(
            parsers,
            "check",
            "look up, judge and store it; changes no DNS, exits 1 if there are errors",
        )
        check.add_argument(
            "names", nargs="*", metavar="DOMAIN", help="any domain, in the panel or not"
        )
        check.add_argument("--all", action="store_true", help="every virtual domain of the panel")
        check.add_argument(
            "--faults-are-fine",
            action="store_true",
            help="end with 0 although faults were found: for timers, where 1 is to mean trouble",
        )
        check.set_defaults(parser=check)
        self.add_dkim(parsers)
        self.subcommand(
            parsers,
            "prune",
            f"remove runs and verdicts older than {KEPT_DAYS} days, and those of deleted domains",
        )
        mails.add_arguments(
            self.subcommand(parsers, "mails", "who gets mails about changes; --to, --off set it")
        )
        settings.add_arguments(
            self.subcommand(parsers, "settings", "show or change what is set for a domain")
        )
        zonefile.add_arguments(
            self.subcommand(
                parsers, "zonefile", "print what mends the stored findings as a zone file"
            )
        )
        sending = self.subcommand(
            parsers, "publish", "send what mends it to the zone's primary (RFC 2136)"
        )
        sending.add_argument("name", metavar="DOMAIN")
        sending.add_argument(
            "--plan", action="store_true", help="show the difference, send nothing"
        )
        sending.add_argument("--yes", action="store_true", help="send it without asking")
        what = sending.add_mutually_exclusive_group()
        what.add_argument(
            "--code",
            action="append",
            default=[],
            dest="codes",
            metavar="CODE",
            help="mend this finding (more than one is allowed); else all errors",
        )
        what.add_argument(
            "--undo", type=int, metavar="ID", help="take back what this line of the log published"
        )

    def handle_check(
        self,
        actor: Actor,
        *,
        names: list[str],
        all: bool,
        faults_are_fine: bool,
        parser: ArgumentParser,
        **options: Any,
    ) -> None:
        if bool(names) == all:
            parser.error("name the domains, or say --all, and not both.")
        wanted = subjects(Domain.objects.values_list("pk", flat=True) if all else names)
        for problem in wanted.problems:
            self.stderr.write(f"DKIM: {problem}")
        rows = Domain.objects.values_list("pk", flat=True) if all else rows_of(names)
        stored = StoredRun(actor=actor, kind=COMMAND, row_keys=rows, whole=all)
        progress = Progress(sys.stderr, len(wanted.domains))
        down: ResolverDown | None = None

        def take(result: Checked) -> None:
            stored.add(result)
            progress.step(result)

        try:
            results = check_subjects(wanted, take)
        except ResolverDown as error:
            down = error
            results = [*error.done, *without_resolver(wanted, error.missing)]
        except Stopped:
            stored.leave_off()
            words = _("Somebody stopped this check on the page. What was found until then is kept.")
            raise CommandRefused("stopped", words) from None
        except BaseException as error:
            # Ctrl-C, too.
            by_hand = isinstance(error, KeyboardInterrupt)
            stored.break_off(RunOutcome.CANCELLED if by_hand else RunOutcome.FAILED)
            raise
        finally:
            progress.end()
        stored.end(RunOutcome.RESOLVER_DOWN if down else RunOutcome.DONE)
        if self.as_json:
            before = last_known(result.domain for result in results)
            self.print_json([result_as_data(one, before.get(one.domain)) for one in results])
        elif not down or down.done:
            for line in results_as_text(down.done if down else results):
                self.say(line)
        if down is not None:
            # Not a CommandRefused: with --json the list stands on standard output already.
            raise CommandError(f"{down.code}: {down.message}")
        if not faults_are_fine and any(result.verdict in FAULTS for result in results):
            raise SystemExit(1)

    def handle_prune(self, actor: Actor, **options: Any) -> None:
        pruned = prune_results()
        if self.as_json:
            self.print_json(asdict(pruned))
            return
        words = _("Removed: %(runs)d runs, %(verdicts)d verdicts, %(domains)d deleted domains.")
        self.say(words % asdict(pruned))

    def handle_publish(
        self,
        actor: Actor,
        *,
        name: str,
        codes: list[str],
        undo: int | None,
        plan: bool,
        yes: bool,
        **options: Any,
    ) -> None:
        domain = a_label(name)
        say = self._nothing if self.as_json else self.say
        if not plan:
            self._settle(actor, domain, say)
        entries: list[Entry] = []
        later: tuple[Check, ...] = ()
        if undo is None:
            chosen = choose(actor, self._checks(domain), codes or None)
            plans, later = plan_publishing(chosen.findings), chosen.later
        else:
            plans, entries = self._way_back(actor, domain, undo)
        outcome = Outcome(domain, plans, later)
        for line in difference(plans):
            say(line)
        if not outcome.to_send:
            say(_("There is nothing to publish."))
        elif not plan:
            asked = yes or (not self.as_json and self._agrees())
            for one in outcome.to_send if asked else ():
                self._send(actor, outcome, one, entries, say)
        for check in later:
            words = _("%(code)s wants the same record otherwise: check again, then publish it.")
            say(words % {"code": check.code})
        if self.as_json:
            self.print_json(outcome.as_data())
        unsent = bool(outcome.to_send) and not plan and not outcome.sent
        if unsent and not outcome.failed and not self.as_json:
            raise CommandError(_("Nothing was sent. To send it without being asked, add --yes."))
        if outcome.has_problems or unsent:
            raise SystemExit(1)

    def _settle(self, actor: Actor, domain: str, say: Any) -> None:
        try:
            for line in settled(actor, domain):
                say(line)
        except PublishError as problem:
            for line in trouble(problem):
                say(line)

    def _checks(self, domain: str) -> tuple[Check, ...]:
        wanted = subjects([domain])
        for problem in wanted.problems:
            self.stderr.write(f"DKIM: {problem}")
        try:
            (result,) = check_subjects(wanted)
        except ResolverDown as error:
            raise CommandRefused(error.code, f"{error.code}: {error.message}") from error
        return result.checks

    def _way_back(
        self, actor: Actor, domain: str, entry_id: int
    ) -> tuple[list[ZonePlan], list[Entry]]:
        try:
            plans, entries = plan_back(actor=actor, entry_id=entry_id)
        except Entry.DoesNotExist:
            entries = []
        if not entries or entries[0].domain != domain:
            words = _("No entry %(id)s of the change log published anything for %(domain)s.")
            raise CommandRefused("not_found", words % {"id": entry_id, "domain": domain})
        return plans, entries

    def _agrees(self) -> bool:
        if not sys.stdin.isatty():
            return False
        self.stdout.write(_("Send this? [y/N] "), ending="")
        self.stdout.flush()
        return sys.stdin.readline().strip().lower() in ("y", "yes")

    def _send(
        self, actor: Actor, outcome: Outcome, one: ZonePlan, entries: list[Entry], say: Any
    ) -> None:
        try:
            publish(actor=actor, domain=outcome.domain, planned=one, undoes=entries)
        except PublishError as problem:
            outcome.failed[one.zone] = problem
            say(f"{one.zone}:")
            for line in trouble(problem):
                say(line)
        else:
            outcome.sent.add(one.zone)
            say(_("%(zone)s: published, and read back.") % {"zone": one.zone})

    def _nothing(self, text: object) -> None:
        """Where JSON is printed lines for people are not."""


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
