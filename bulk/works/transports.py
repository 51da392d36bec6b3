"""Jobs over transports: another next hop, or away with them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from audit.actor import Actor
from audit.many import Refusals, one_by_one
from bulk.items import Item, Verdict
from bulk.models import Job
from bulk.works.rows import RowWork, judged
from domains.models import Transport
from domains.services import change_transport, delete_transport, judge_transport
from domains.state import state_of


class ReplaceInTransports(RowWork):
    """A text in the values is replaced by another one: a next hop by its successor."""

    noun: ClassVar[str] = "transport"

    def items_of(
        self, rows: Sequence[Transport], line: int, options: Mapping[str, Any], actor: Actor
    ) -> Iterator[Item]:
        pattern = re.compile(re.escape(options["old"]), re.IGNORECASE)
        for number, row in enumerate(rows, line + 1):
            after = pattern.sub(lambda _found: options["new"], row.transport)
            if after == row.transport:
                yield Item(number, "transport", row.domain, Verdict.SAME)
                continue
            value, findings = judge_transport(actor=actor, row=row, transport=after)
            verdict, reasons = judged(findings, Verdict.CHANGE)
            changes: dict[str, list[str | None]] = {"transport": [row.transport, value]}
            yield Item(number, "transport", row.domain, verdict, changes, reasons)

    def change(self, job: Job, actor: Actor, items: Sequence[Item], prepared: Any) -> Refusals:
        pairs = {item.key: item.changes["transport"] for item in items}

        def one(key: str) -> object:
            before, after = pairs[key]
            state = state_of({"domain": key, "transport": before})
            return change_transport(
                actor=actor, key=key, transport=after or "", force=job.force, state=state
            )

        return one_by_one(pairs, one)


class DeleteTransports(RowWork):
    """They are gone."""

    noun: ClassVar[str] = "transport"

    def items_of(
        self, rows: Sequence[Transport], line: int, options: Mapping[str, Any], actor: Actor
    ) -> Iterator[Item]:
        for number, row in enumerate(rows, line + 1):
            changes: dict[str, list[str | None]] = {"transport": [row.transport, None]}
            yield Item(number, "transport", row.domain, Verdict.DELETE, changes)

    def change(self, job: Job, actor: Actor, items: Sequence[Item], prepared: Any) -> Refusals:
        keys = [item.key for item in items]
        return one_by_one(keys, lambda key: delete_transport(actor=actor, key=key))
