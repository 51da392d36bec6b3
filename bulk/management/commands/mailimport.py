"""`mailimport FILE`: rows of a file into the four tables, to the end, with a plan first."""

from __future__ import annotations

import sys
from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from audit.actor import Actor
from audit.commands import CommandRefused, PanelCommand, printable
from audit.models import Entry
from bulk import running
from bulk.items import Item, Verdict
from bulk.models import TO_DO, Job, Role, State
from bulk.parts import PIECE, numbers, read_items
from bulk.services import (
    NOTHING_KEPT,
    begin_job,
    can_take_back,
    cancel_job,
    confirm_job,
    take_back_job,
)
from bulk.telling import told_by
from bulk.words import REASONS
from mailkit.sheets import ENCODINGS, FIELDS

# So many rows that are refused or warned of are printed; --json has all.
SHOWN = 20


def column(text: str) -> tuple[str, str]:
    """`email=Adresse`."""
    name, sign, wanted = text.partition("=")
    if not sign or name not in FIELDS or not wanted:
        raise ArgumentTypeError(f"write FIELD=COLUMN with one of: {', '.join(FIELDS)}")
    return name, wanted


class Command(PanelCommand):
    help = (
        "Import domains, mailboxes, forwardings or transports from a CSV, TSV, XLSX or JSON file. "
        "What it would do is found out first; unless told otherwise, it does all or nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="“-” for standard input")
        parser.add_argument("--dry-run", action="store_true", help="only show what it would do")
        parser.add_argument("--good-rows-only", action="store_true", help="do what can be done")
        parser.add_argument(
            "--update", action="store_true", help="change rows that are there with other values"
        )
        parser.add_argument("--force", action="store_true", help="also rows with a warning")
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            type=column,
            metavar="FIELD=COLUMN",
            help="which column is which, where its name does not say so",
        )
        parser.add_argument(
            "--encoding", choices=ENCODINGS, default="", help="what the file is written in"
        )
        parser.add_argument("--json", action="store_true", help="print data as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        options["subcommand"] = "mailimport"
        super().handle(*args, **options)

    def handle_mailimport(self, actor: Actor, **options: Any) -> None:
        if not (options["good_rows_only"] or options["dry_run"] or can_take_back()):
            raise CommandRefused("cannot_take_back", f"{NOTHING_KEPT} (--good-rows-only)")
        job = begin_job(
            actor=actor,
            kind="import_file",
            options={
                "columns": dict(options["column"]),
                "encoding": options["encoding"],
                "update": options["update"],
                "name": Path(options["file"]).name[:200],
            },
            file=_pieces(options["file"]),
            in_background=False,
        )
        with self._interruptible(actor, job), told_by(self._progress()):
            running.run(job.pk)
            job.refresh_from_db()
            if job.state == State.CHECKED and not options["dry_run"]:
                self._confirm(actor, job, options)
                running.run(job.pk)
                job.refresh_from_db()
        self._clear()
        if job.state == State.CHECKED:
            # Nobody confirms it any more.
            cancel_job(actor=actor, job=job)
            job.refresh_from_db()
        self._say_all(job, dry_run=options["dry_run"], force=options["force"])
        if not _is_well(job, dry_run=options["dry_run"], force=options["force"]):
            raise SystemExit(1)

    def _confirm(self, actor: Actor, job: Job, options: dict[str, Any]) -> None:
        all_or_nothing = not options["good_rows_only"]
        left = job.counts.get(Verdict.REFUSED, 0)
        left += 0 if options["force"] else job.counts.get(Verdict.WARNED, 0)
        if all_or_nothing and left:
            return
        confirm_job(
            actor=actor,
            job=job,
            force=options["force"],
            all_or_nothing=all_or_nothing,
            in_background=False,
        )

    @contextmanager
    def _interruptible(self, actor: Actor, job: Job) -> Iterator[None]:
        """Ctrl-C ends in order: all or nothing is taken back, the rest stopped."""
        try:
            yield
        except KeyboardInterrupt:
            self._clear()
            job.refresh_from_db()
            if job.all_or_nothing and take_back_job(actor=actor, job=job):
                running.run(job.pk)
            else:
                cancel_job(actor=actor, job=job)
            job.refresh_from_db()

    # What is printed

    def _progress(self) -> Any:
        def told(job: Job) -> None:
            if not sys.stderr.isatty():
                return
            if job.state == State.CHECKING:
                share = f" ({100 * job.read // job.whole} %)" if job.whole else ""
                text = f"Looking: {job.items} rows{share}"
            else:
                text = f"Done: {job.done} of {job.items} rows"
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()

        return told

    def _clear(self) -> None:
        if sys.stderr.isatty():
            sys.stderr.write("\r\x1b[K")

    def _say_all(self, job: Job, *, dry_run: bool, force: bool) -> None:
        refused = list(_reasons(job, force=force)) if self.as_json else []
        entry = Entry.objects.filter(group=job.group, undone=False).order_by("pk").first()
        if self.as_json:
            self.print_json(
                {
                    "job": job.pk,
                    "state": job.state,
                    "dry_run": dry_run,
                    "rows": job.items,
                    "counts": job.counts,
                    "done": job.done,
                    "failed": job.failed,
                    "undo": entry.pk if entry is not None and job.done else None,
                    "refused": _file_refused(job) + refused,
                    "force_would_do": _force_would_do(job),
                }
            )
        else:
            self._say_rows(job, force=force)
            self._say_end(job, entry, dry_run=dry_run)

    def _say_rows(self, job: Job, *, force: bool) -> None:
        shown = 0
        for shown, line in enumerate(_reasons(job, force=force), 1):
            if shown > SHOWN:
                self.say("… and more: --json lists all.")
                break
            self.say(printable(f"line {line['line']}: {line['key']}: {line['message']}"))

    def _say_end(self, job: Job, entry: Entry | None, *, dry_run: bool) -> None:
        counts = ", ".join(f"{found} {verdict}" for verdict, found in sorted(job.counts.items()))
        if job.state == State.REFUSED and job.reason != "all_or_nothing":
            self.say(printable(job.options.get("unreadable", "")))
            self.say("Nothing was changed.")
        elif job.state == State.DONE:
            self.say(f"{job.done} rows done ({counts}); {job.failed} refused on the way.")
            if entry is not None and job.done:
                self.say(f"To take all of it back: python manage.py audit undo {entry.pk}")
        elif job.state == State.CANCELLED and not job.position:
            self.say(f"{job.items} rows: {counts}. Nothing was changed.")
            if not dry_run:
                self.say("Mend these rows; or --good-rows-only, --force (rows with a warning).")
        elif job.state in TO_DO:
            self.say(f"A worker carries it on as job {job.pk}: {job.done} rows are done so far.")
        else:
            self.say(str(REASONS.get(job.reason, f"Stopped after {job.done} rows.")))
            if entry is not None and job.done:
                self.say(f"To take those back: python manage.py audit undo {entry.pk}")


def _is_well(job: Job, *, dry_run: bool, force: bool) -> bool:
    if job.state == State.DONE:
        return not job.failed
    left = job.counts.get(Verdict.REFUSED, 0)
    left += 0 if force else job.counts.get(Verdict.WARNED, 0)
    return job.state == State.CANCELLED and dry_run and not left


def _force_would_do(job: Job) -> bool:
    warned = job.counts.get(Verdict.WARNED, 0)
    return not job.done and bool(warned) and not job.counts.get(Verdict.REFUSED, 0)


def _pieces(name: str) -> Iterator[bytes]:
    try:
        file = sys.stdin.buffer if name == "-" else Path(name).open("rb")  # noqa: SIM115
        with file:
            while piece := file.read(PIECE):
                yield piece
    except OSError as error:
        words = f"{name} cannot be read: {error.strerror}."
        raise CommandRefused("file.unreadable", words) from error


def _file_refused(job: Job) -> list[dict[str, Any]]:
    words = job.options.get("unreadable")
    return [{"line": 0, "key": "", "code": job.reason, "message": words}] if words else []


def _reasons(job: Job, *, force: bool) -> Iterator[dict[str, Any]]:
    """What was refused, by the plan or on the way, line by line; warnings where they count."""
    wanted = [Verdict.REFUSED] if force else [Verdict.REFUSED, Verdict.WARNED]
    for role, verdicts in ((Role.PLAN, wanted), (Role.RESULT, [Verdict.REFUSED])):
        there = sorted({number for one in verdicts for number in numbers(job, role, one)})
        for number in there:
            for item in read_items(job, role, number):
                if item.verdict in verdicts:
                    yield from _of_item(item)


def _of_item(item: Item) -> Iterator[dict[str, Any]]:
    for reason in item.reasons:
        yield {
            "line": item.line,
            "key": item.key,
            "verdict": str(item.verdict),
            "code": reason.code,
            "message": reason.message,
        }
