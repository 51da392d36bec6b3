"""`audit`: the change log; one entry; taking changes back; emptying what undo needs no more."""

from __future__ import annotations

import datetime
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterable
from typing import Any

from django.core.management.base import CommandParser

from audit.actor import Actor
from audit.commands import CommandRefused, PanelCommand, printable
from audit.export import as_data, json_lines, newest_first
from audit.models import Entry
from audit.querysets import Wanted
from audit.reading import KINDS, action_words, undone_by
from dnshealth.publishing import take_back
from dnshealth.sending import KIND as PUBLISHED
from dnshealth.words.publishing import TROUBLES
from mailadmin.log_search import domain_name, network_address
from mailadmin.pruning import prune_log
from mailkit.dns.primary import PublishError
from undo.services import in_the_way, undo


class Command(PanelCommand):
    help = "Read the change log, and take changes back."
    noun = "entry"

    def add_arguments(self, parser: CommandParser) -> None:
        parsers = parser.add_subparsers(required=True, metavar="SUBCOMMAND")
        self._add_list(parsers)
        show = self.subcommand(parsers, "show", "show one entry and what belongs to its action")
        take_back = self.subcommand(
            parsers, "undo", "take back the whole action that an entry belongs to"
        )
        take_back.add_argument("--only", action="store_true", help="this entry only")
        take_back.add_argument("--force", action="store_true", help="do it despite warnings")
        for one in (show, take_back):
            one.add_argument("id", metavar="ID", type=_id)
        self.subcommand(
            parsers, "prune", "empty what undo needs of changes older than MAILADMIN_UNDO_DAYS"
        )

    def _add_list(self, parsers: Any) -> ArgumentParser:
        listing = self.subcommand(parsers, "list", "list entries, newest first")
        listing.add_argument("--limit", type=_count, metavar="N", help="the newest N only")
        listing.add_argument("--q", default="", metavar="TEXT", help="object or actor begins so")
        listing.add_argument(
            "--actor", dest="by", default="", metavar="NAME", help="by this one only"
        )
        listing.add_argument(
            "--address", default="", metavar="ADDRESS", help="from this network address only"
        )
        listing.add_argument("--kind", default="", choices=KINDS, help="of these objects only")
        listing.add_argument("--action", default="", metavar="ACTION", help="this action only")
        listing.add_argument("--domain", default="", metavar="NAME", help="of this domain only")
        listing.add_argument("--since", type=_day, metavar="YYYY-MM-DD", help="from this day (UTC)")
        listing.add_argument("--until", type=_day, metavar="YYYY-MM-DD", help="to this day (UTC)")
        return listing

    def handle_list(self, actor: Actor, *, limit: int | None, **options: Any) -> None:
        wanted = Wanted(
            q=options["q"],
            actor=options["by"],
            address=network_address(options["address"]),
            kind=options["kind"],
            action=options["action"],
            domain=domain_name(options["domain"]),
            since=options["since"],
            until=options["until"],
        )
        entries = Entry.objects.visible_to(actor).wanted(wanted)
        if options["json"]:
            for text in json_lines(entries, limit):
                self.stdout.write(text, ending="")
            return
        for entry in newest_first(entries, limit):
            self.say(_line(entry))

    def handle_show(self, actor: Actor, *, id: int, **options: Any) -> None:
        entry = Entry.objects.visible_to(actor).filter(pk=id).first()
        if entry is None:
            raise Entry.DoesNotExist(id)
        others = Entry.objects.visible_to(actor).filter(group=entry.group).exclude(pk=entry.pk)
        found = {
            **as_data(entry),
            "actor_kind": entry.actor_kind,
            "kind": entry.object_type,
            "former_object": entry.former_key,
            "domain": entry.domain,
            "undoes": entry.undoes_id,
            "undone_by": undone_by([entry]).get(entry.pk),
            "others": others.count(),
            "in_the_way": [str(one.message) for one in in_the_way(actor=actor, entry_id=id)],
        }
        if options["json"]:
            self.print_json(found)
            return
        changes = found.pop("changes")
        self.print_row({name: value for name, value in found.items() if value}, as_json=False)
        for name, (before, after) in changes.items():
            self.say(printable(f"{name}: {_value(before)} -> {_value(after)}"))

    def handle_undo(
        self, actor: Actor, *, id: int, only: bool, force: bool, **options: Any
    ) -> None:
        if not only and Entry.objects.filter(pk=id, object_type=PUBLISHED).exists():
            self._take_back(actor, id)
            return
        try:
            done = undo(actor=actor, entry_id=id, whole=not only, force=force)
        except Entry.DoesNotExist as error:
            raise Entry.DoesNotExist(id) from error
        self._say_undone(done.entries.iterator(), done.taken_back)

    def _take_back(self, actor: Actor, id: int) -> None:
        """What was sent to a name server is taken back there."""
        try:
            logged = take_back(actor=actor, entry_id=id)
        except PublishError as error:
            words = TROUBLES[error.trouble]
            detail = f" ({error.detail})" if error.detail else ""
            text = f"{error.trouble.value}: {words.what} {words.todo}{detail}"
            raise CommandRefused(error.trouble.value, text) from error
        if not logged:
            raise CommandRefused("undone", "This is undone already.")
        self._say_undone(logged, len(logged))

    def _say_undone(self, entries: Iterable[Entry], taken_back: int) -> None:
        if self.as_json:
            self.print_json([as_data(entry) for entry in entries])
            return
        self.say(f"Undone: {taken_back} {'change' if taken_back == 1 else 'changes'}.")
        for entry in entries:
            self.say(_line(entry))

    def handle_prune(self, actor: Actor, **options: Any) -> None:
        emptied = prune_log(actor)
        if options["json"]:
            self.print_json({"emptied": emptied})
            return
        self.say(f"Emptied what undo needs of {emptied} entries; the entries themselves stay.")


def _count(text: str) -> int:
    # int() would also take "1_000" and digits of other scripts.
    if not text.isascii() or not text.isdigit():
        raise ArgumentTypeError(f"{text!r} is no whole number: write one from 0 on")
    return int(text)


def _id(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise ArgumentTypeError(f"{text!r} is no entry's number: see `audit list`")
    return int(text)


def _day(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no day: write one like 2026-11-24") from error


def _line(entry: Entry) -> str:
    who = entry.actor or "-"
    where = f" ({entry.address})" if entry.address else ""
    undone = "  [undone]" if entry.undone else ""
    what = f"{action_words(entry.action)} {entry.object_key}".rstrip()
    return printable(f"{entry.pk}  {entry.time:%Y-%m-%d %H:%M:%S}  {who}{where} {what}{undone}")


def _value(value: str | None) -> str:
    return "(nothing)" if value is None else value
