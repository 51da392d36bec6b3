"""Writing the rows that undo brings back, each with its entry in the log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from audit.actor import Actor
from audit.kept import Kept, Row
from audit.log import diff, new_entry, record_many
from audit.models import Entry
from audit.reversal import How, RowStep
from domains.services import domain_of_key
from mailboxes.open_sessions import ended_together
from mailboxes.services.in_log import in_log
from mailboxes.services.restoring import put_back, set_back, take_out
from mailkit.addresses import domain_of, lowered
from mailkit.tables.content import text_of
from mailkit.tables.content_columns import Content

ACTION = "undo"
BATCH = 500


def write_rows(actor: Actor, steps: Sequence[RowStep], content: Content) -> None:
    """Carry out steps of one kind in one table: the log first, then the rows (MyISAM)."""
    with ended_together():
        for start in range(0, len(steps), BATCH):
            _write_batch(actor, steps[start : start + BATCH], content)


def _write_batch(actor: Actor, batch: Sequence[RowStep], content: Content) -> None:
    record_many(_entry(actor, step, content) for step in batch)
    match batch[0].how:
        case How.PUT_BACK:
            put_back(content, [row for step in batch for row in step.then])
        case How.TAKE_OUT:
            key = content.key.name
            take_out(content, [text_of(row[key]) or "" for step in batch for row in step.now])
        case How.SET_BACK:
            for run in _each_once(batch):
                set_back(content, [(one.key_now, one.now[0], one.values) for one in run])


def _each_once(steps: Sequence[RowStep]) -> Iterator[list[RowStep]]:
    """The steps in their order, cut where a row comes again that was changed several times."""
    run: dict[str, RowStep] = {}
    for step in steps:
        if step.key_now in run or step.key in run:
            yield list(run.values())
            run = {}
        run[step.key_now] = step
    if run:
        yield list(run.values())


def changes_of(step: RowStep) -> dict[str, list[str | None]]:
    """{field: [before, after]} of a step, for the log and the plan; no hash in it."""
    kind = step.entry.object_type
    now = in_log(kind, step.now[0]) if step.now else None
    then = in_log(kind, step.then[0]) if step.then else None
    found = diff(now, then)
    if now and then and "password" in step.values and "password" not in found:
        found["password"] = [now["password"], f"{then['password']}, former"]
    return found


def _entry(actor: Actor, step: RowStep, content: Content) -> Entry:
    kind, renamed = step.entry.object_type, step.key != step.key_now
    return new_entry(
        actor=actor,
        action=ACTION,
        object_type=kind,
        key=step.key,
        former_key=step.key_now if renamed else "",
        domain=domain_in_log(kind, step.key) if renamed else step.entry.domain,
        changes=changes_of(step),
        kept=Kept(step.table, step.now, tuple(_mail_row(content, row) for row in step.then)),
        undoes=step.entry,
    )


def _mail_row(content: Content, row: Row) -> Row:
    return {name: row[name] for name in content.mail_columns if name in row}


def domain_in_log(object_type: str, key: str) -> str:
    """The virtual domain that a key belongs to, as the log has it."""
    match object_type:
        case "domain":
            return lowered(key)
        case "transport":
            return domain_of_key(key)
        case _:
            return lowered(domain_of(key))
