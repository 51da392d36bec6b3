"""Importing from tests: a file in, the job out."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection

from audit.actor import Actor
from audit.models import Entry
from bulk import running
from bulk.models import Job, Role, State
from bulk.parts import numbers, read_items
from bulk.services import begin_job, confirm_job
from mailkit.tables import content as tables
from tests.conftest import MAIL_MODELS
from undo.services import undo

HASH = "{SHA512-CRYPT}$6$abcdefghijklmnop$" + "x" * 86

NAMES = {
    "domains": "domains",
    "users": "mailboxes",
    "forwardings": "forwardings",
    "transport": "transports",
}


def planned(actor: Actor, data: str | bytes, **options: Any) -> Job:
    """The job once it is planned."""
    content = data.encode() if isinstance(data, str) else data
    job = begin_job(
        actor=actor, kind="import_file", options=options, file=iter([content]), in_background=False
    )
    running.run(job.pk)
    job.refresh_from_db()
    return job


def imported(actor: Actor, data: str | bytes, *, force: bool = False, **options: Any) -> Job:
    """The job once what can be done is done."""
    job = planned(actor, data, **options)
    assert job.state == State.CHECKED, job.options
    confirm_job(actor=actor, job=job, force=force, in_background=False)
    running.run(job.pk)
    job.refresh_from_db()
    return job


def lines(job: Job, role: Role = Role.PLAN) -> list[tuple[int, str, list[str]]]:
    """(line, verdict, codes) of each item."""
    items = [item for number in numbers(job, role) for item in read_items(job, role, number)]
    return [(item.line, str(item.verdict), [one.code for one in item.reasons]) for item in items]


def undone(actor: Actor, job: Job) -> None:
    """Take all of it back."""
    begun = Entry.objects.filter(group=job.group, undone=False).order_by("pk").first()
    assert begun is not None
    undo(actor=actor, entry_id=begun.pk, whole=True, force=True)


def exported() -> str:
    """The document of all four tables, a row a line."""
    raw = connection.connection
    parts = []
    for table, name in NAMES.items():
        content = tables.content(raw, connection.vendor, table)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {content.key.quoted} FROM {table}")
            keys = [tables.text_of(key) or "" for (key,) in cursor.fetchall()]
        rows = tables.read(raw, content, keys)
        packed = ",\n".join(json.dumps(tables.pack(row)) for row in rows)
        parts.append(f'"{name}": [\n{packed}\n]')
    return '{"mailadmin": 1, "exact": true, "hashes": true,\n' + ",\n".join(parts) + "}\n"


def wipe() -> None:
    for model in MAIL_MODELS:
        model.objects.all().delete()
