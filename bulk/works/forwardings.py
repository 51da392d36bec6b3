"""Jobs over forwardings: other destinations, or away with them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from audit.actor import Actor
from audit.many import Refusals
from bulk.items import Item, Reason, Verdict
from bulk.models import Job
from bulk.works.rows import RowWork, judged
from domains.words import words_for
from mailboxes.models import Forwarding
from mailboxes.services.redirecting import (
    Redirection,
    delete_forwardings,
    judge_redirections,
    redirect_forwardings,
)
from mailkit.addresses import lowered

Options = Mapping[str, Any]


class ChangeDestinations(RowWork):
    """Forwardings whose list of destinations becomes another one."""

    noun: ClassVar[str] = "forwarding"

    def destinations(self, now: list[str], options: Options) -> list[str]:
        """What becomes of these."""
        raise TypeError(f"{type(self).__name__} has no destinations")

    def items_of(
        self, rows: Sequence[Forwarding], line: int, options: Options, actor: Actor
    ) -> Iterator[Item]:
        after = {}
        for row in rows:
            now = row.destinations
            then = self.destinations(now, options)
            if then != now:
                after[row.source] = "\n".join(then)
        asked = {source: text for source, text in after.items() if text}
        found = judge_redirections(actor=actor, after=asked)
        for number, row in enumerate(rows, line + 1):
            if row.source not in after:
                yield Item(number, "forwarding", row.source, Verdict.SAME)
            elif row.source not in asked:
                code = "destination.empty"
                reason = Reason("destination", code, str(words_for(code, {})))
                changes = {"destination": [row.destination, None]}
                yield Item(number, "forwarding", row.source, Verdict.REFUSED, changes, (reason,))
            else:
                text, findings = found[row.source]
                verdict, reasons = judged(findings, Verdict.CHANGE)
                # What cannot be parsed is shown as it would be typed.
                shown = text or asked[row.source].replace("\n", ", ")
                changes = {"destination": [row.destination, shown]}
                yield Item(number, "forwarding", row.source, verdict, changes, reasons)

    def change(self, job: Job, actor: Actor, items: Sequence[Item], prepared: Any) -> Refusals:
        pairs = {item.key: item.changes["destination"] for item in items}
        wanted = {key: Redirection(was or "", then or "") for key, (was, then) in pairs.items()}
        return redirect_forwardings(actor=actor, redirections=wanted, force=job.force)


class MoveDestination(ChangeDestinations):
    """One destination is replaced by another one, whatever its capitals."""

    def destinations(self, now: list[str], options: Options) -> list[str]:
        old = lowered(options["old"])
        changed = [options["new"] if lowered(one) == old else one for one in now]
        return _each_once(changed) if changed != now else now


class ReplaceInDestinations(ChangeDestinations):
    """A text in destinations is replaced by another one: `@old.org` by `@new.org`.

    A text that begins with @ is a whole domain: `@old.org` is not in `x@old.organic.test`.
    """

    def destinations(self, now: list[str], options: Options) -> list[str]:
        old, new = options["old"], options["new"]
        end = "$" if old.startswith("@") else ""
        pattern = re.compile(re.escape(old) + end, re.IGNORECASE)
        changed = [pattern.sub(lambda _found: new, one) for one in now]
        return _each_once(changed) if changed != now else now


class AddDestination(ChangeDestinations):
    """One destination more."""

    def destinations(self, now: list[str], options: Options) -> list[str]:
        if lowered(options["new"]) in map(lowered, now):
            return now
        return [*now, options["new"]]


class RemoveDestination(ChangeDestinations):
    """One destination less; a forwarding that would have none left is refused."""

    def destinations(self, now: list[str], options: Options) -> list[str]:
        return [one for one in now if lowered(one) != lowered(options["old"])]


class DeleteForwardings(RowWork):
    """They are gone."""

    noun: ClassVar[str] = "forwarding"

    def items_of(
        self, rows: Sequence[Forwarding], line: int, options: Options, actor: Actor
    ) -> Iterator[Item]:
        for number, row in enumerate(rows, line + 1):
            changes = {"destination": [row.destination, None]}
            yield Item(number, "forwarding", row.source, Verdict.DELETE, changes)

    def change(self, job: Job, actor: Actor, items: Sequence[Item], prepared: Any) -> Refusals:
        return delete_forwardings(actor=actor, sources=[item.key for item in items])


def _each_once(targets: list[str]) -> list[str]:
    found: dict[str, str] = {}
    for one in targets:
        found.setdefault(lowered(one), one)
    return list(found.values())
