"""New passwords for mailboxes: made and hashed before the transaction, shown once afterwards."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

from audit.actor import Actor
from audit.many import Refusals
from bulk.items import Item, Verdict
from bulk.models import Job
from bulk.parts import keep_passwords
from bulk.works.rows import RowWork
from mailboxes.models import Mailbox
from mailboxes.passwords import label
from mailboxes.services.mailboxes import new_hash
from mailboxes.services.many import store_hashes
from mailkit.passwords import generate_password


class NewPasswords(RowWork):
    """Each gets a password that the panel makes; a suspended one stays suspended."""

    noun: ClassVar[str] = "mailbox"
    # They outlive the end of the job, until they were shown or a day is over.
    keeps_secrets: ClassVar[bool] = True
    # A dear scheme takes a second each, and the page would have to wait.
    at_once: ClassVar[int] = 20
    at_a_time: ClassVar[int] = 100

    def items_of(
        self, rows: Sequence[Mailbox], line: int, options: Mapping[str, Any], actor: Actor
    ) -> Iterator[Item]:
        for number, row in enumerate(rows, line + 1):
            changes: dict[str, list[str | None]] = {"password": [label(row.password), "new"]}
            yield Item(number, "mailbox", row.email, Verdict.CHANGE, changes)

    def prepare(self, job: Job, items: Sequence[Item]) -> dict[str, tuple[str, str]]:
        """{address: (password, hash)}. The libraries that hash let go of Python's lock meanwhile,
        so threads use all cores."""
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            made = pool.map(_made, range(len(items)))
            return {item.key: one for item, one in zip(items, made, strict=True)}

    def change(self, job: Job, actor: Actor, items: Sequence[Item], prepared: Any) -> Refusals:
        hashes = {email: stored for email, (_password, stored) in prepared.items()}
        refused = store_hashes(actor=actor, hashes=hashes)
        done = [[email, one[0]] for email, one in prepared.items() if email not in refused]
        keep_passwords(job, items[0].line if items else 0, done)
        return refused


def _made(_number: int) -> tuple[str, str]:
    password = generate_password()
    return password, new_hash(password)
