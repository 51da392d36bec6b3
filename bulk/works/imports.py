"""The job that imports a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import BinaryIO, ClassVar

from django.conf import settings

from audit.actor import Actor
from bulk.importing import domains, exact, forwardings, mailboxes
from bulk.importing.file import file_of, opened, records_of
from bulk.importing.planning import TABLES, Planning, in_runs
from bulk.items import Item, Verdict, reasons_of
from bulk.lasting import for_this_run
from bulk.models import Job
from bulk.work import Progress
from domains.many import Refusals
from mailboxes.passwords import hashed, scheme
from mailkit.passwords.crew import Crew, CrewError
from mailkit.postfix.draft import Draft
from mailkit.sheets import Kind, Opened, Record

# Rows that are looked up at once.
BATCH = 500
_PLANS = {
    Kind.DOMAINS: domains.plan_domains,
    Kind.MAILBOXES: mailboxes.plan,
    Kind.FORWARDINGS: forwardings.plan,
    Kind.TRANSPORTS: domains.plan_transports,
}


class ImportFile:
    """Options: `columns` {field: the column's name}, `encoding`, `update`: change rows that are
    there with other values, `name`: the file's."""

    # Each may bring a password to be hashed.
    at_once: ClassVar[int] = 20

    def plan(self, job: Job, actor: Actor, progress: Progress) -> Iterator[Item]:
        with file_of(job) as again, Draft() as draft:

            def read_all(whole: Draft) -> None:
                found = opened(job, again())
                for kind, batch in _batches(found):
                    whole.add(TABLES[kind], _keys(kind, batch))

            update = bool(job.options.get("update"))
            planning = Planning(actor, update, draft, read_all)
            try:
                yield from self._planned(job, planning, again(), progress)
            finally:
                planning.close()

    def _planned(
        self, job: Job, planning: Planning, file: BinaryIO, progress: Progress
    ) -> Iterator[Item]:
        found = opened(job, file)
        as_it_is = found.facts.get("exact") is True and planning.actor.touches_everything
        for kind, batch in _batches(found):
            if as_it_is:
                yield from exact.plan(planning, kind, batch, _PLANS[kind])
            elif batch[0].exact:
                yield from _PLANS[kind](planning, [exact.as_ordinary(one) for one in batch])
            else:
                yield from _PLANS[kind](planning, batch)
            progress(file.tell(), job.whole)

    def prepare(self, job: Job, items: Sequence[Item]) -> list[str]:
        """The hash of each item, "" where it needs none."""
        passwords = [item.secret["password"] for item in items if "password" in item.secret]
        made = iter(_hashed(passwords))
        return [
            next(made) if "password" in item.secret else item.secret.get("hash", "")
            for item in items
        ]

    def carry_out(
        self, job: Job, actor: Actor, items: Sequence[Item], prepared: list[str]
    ) -> Sequence[Item]:
        refused: list[Item] = []
        for object_type, do, places in in_runs(items):
            some = [items[place] for place in places]
            hashes = [prepared[place] for place in places]
            left = _carry_out(actor, object_type, do, some, hashes, force=job.force)
            refused += [_refused(some[place], left[place]) for place in sorted(left)]
        return refused


def _hashed(passwords: Sequence[str]) -> list[str]:
    crew, cost = for_this_run(Crew), settings.MAILADMIN.password_cost
    try:
        return crew.hash_passwords(passwords, scheme(), cost)
    except CrewError:
        # Somebody ended a helper: this part is done here, the next one by new helpers.
        crew.dismiss()
        return [hashed(password) for password in passwords]


def _carry_out(
    actor: Actor,
    object_type: str,
    do: str,
    items: Sequence[Item],
    hashes: Sequence[str],
    *,
    force: bool,
) -> Refusals:
    if "row" in items[0].secret:
        return exact.carry_out(actor, object_type, do, items)
    match object_type, do:
        case "domain", _:
            return domains.do_domains(actor, items, force=force)
        case "mailbox", Verdict.CREATE:
            return mailboxes.create(actor, items, hashes, force=force)
        case "mailbox", _:
            return mailboxes.change(actor, items, hashes, force=force)
        case "forwarding", Verdict.CREATE:
            return forwardings.create(actor, items, force=force)
        case "forwarding", _:
            return forwardings.change(actor, items, force=force)
        case "transport", Verdict.CREATE:
            return domains.create_rows(actor, items, force=force)
    return domains.change_rows(actor, items, force=force)


def _refused(item: Item, error: object) -> Item:
    return Item(
        item.line,
        item.object_type,
        item.key,
        Verdict.REFUSED,
        item.changes,
        reasons_of(error),  # type: ignore[arg-type]
    )


def _batches(found: Opened) -> Iterator[tuple[Kind, list[Record]]]:
    for kind, records in groupby(records_of(found), key=lambda one: one.kind):
        batch: list[Record] = []
        for record in records:
            batch.append(record)
            if len(batch) == BATCH:
                yield kind, batch
                batch = []
        if batch:
            yield kind, batch


_KEYS = {
    Kind.DOMAINS: "domain",
    Kind.MAILBOXES: "email",
    Kind.FORWARDINGS: "source",
    Kind.TRANSPORTS: "domain",
}


def _keys(kind: Kind, records: Sequence[Record]) -> Iterator[tuple[str, str, int]]:
    for record in records:
        key = record.values.get(_KEYS[kind])
        if isinstance(key, str):
            yield key.strip().lower(), "", record.line
