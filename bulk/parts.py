"""What a job keeps, read and written: the file, the plan, its secrets, the results."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from bulk.items import Item, Verdict, count, item_of
from bulk.models import Job, Part, Role
from bulk.sealing import seal, unseal

# Items of one part of the plan, which are carried out in one transaction.
ITEMS = 500
# Bytes of one part of a file.
PIECE = 1 << 20


def keep_items(job: Job, role: Role, number: int, items: Sequence[Item]) -> None:
    """Write one part of the plan, or of the results, and its secrets."""
    _keep(job, role, number, [item.as_data() for item in items], count(items))
    secrets = [dict(item.secret) for item in items]
    if role == Role.PLAN and any(secrets):
        _keep(job, Role.SECRET, number, secrets, {})


def read_items(job: Job, role: Role, number: int, *, secrets: bool = False) -> list[Item]:
    """One part, with its secrets if asked for; empty where there is none."""
    data = _read(job, role, number)
    if data is None:
        return []
    kept = (_read(job, Role.SECRET, number) if secrets else None) or [{} for _one in data]
    return [item_of(one, secret) for one, secret in zip(data, kept, strict=True)]


def keep_passwords(job: Job, number: int, made: Sequence[Sequence[str]]) -> None:
    """Write passwords that a job made, as [address, password]: within its transaction."""
    _keep(job, Role.SECRET, number, [list(one) for one in made], {})


def read_passwords(job: Job) -> Iterator[tuple[str, str]]:
    """(address, password) of each that the job made; none once they are forgotten."""
    for number in numbers(job, Role.SECRET):
        for email, password in _read(job, Role.SECRET, number) or []:
            yield str(email), str(password)


def numbers(job: Job, role: Role, verdict: Verdict | None = None) -> list[int]:
    """The parts there are, in order; with `verdict` only those that have such an item."""
    rows = Part.objects.filter(job=job, role=role).order_by("number")
    found = rows.values_list("number", "counts")
    return [number for number, counts in found if verdict is None or str(verdict) in counts]


def keep_file(job: Job, pieces: Iterator[bytes]) -> int:
    """Write a file, piece by piece; returns its size in bytes."""
    size = 0
    for number, piece in enumerate(pieces):
        place = _place(job, Role.UPLOAD, number)
        Part.objects.create(job=job, role=Role.UPLOAD, number=number, data=seal(piece, place))
        size += len(piece)
    return size


def read_file(job: Job) -> Iterator[bytes]:
    """The pieces of the file."""
    for number in numbers(job, Role.UPLOAD):
        part = Part.objects.get(job=job, role=Role.UPLOAD, number=number)
        yield unseal(bytes(part.data), _place(job, Role.UPLOAD, number))


def forget(job: Job, *roles: Role) -> None:
    """Remove these parts."""
    Part.objects.filter(job=job, role__in=roles).delete()


def _keep(job: Job, role: Role, number: int, data: Any, counts: dict[str, int]) -> None:
    text = json.dumps(data, separators=(",", ":")).encode()
    sealed = seal(text, _place(job, role, number))
    Part.objects.update_or_create(
        job=job, role=role, number=number, defaults={"counts": counts, "data": sealed}
    )


def _read(job: Job, role: Role, number: int) -> Any:
    part = Part.objects.filter(job=job, role=role, number=number).first()
    return None if part is None else json.loads(unseal(bytes(part.data), _place(job, role, number)))


def _place(job: Job, role: Role, number: int) -> str:
    return f"{job.pk}/{role}/{number}"
