"""The items of a job: one line of a file or one row of a selection, and what becomes of it."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.encoding import force_str


class Verdict(enum.StrEnum):
    """What the plan says of an item. WARNED is carried out only where the job has `force`."""

    CREATE = "create"
    CHANGE = "change"
    DELETE = "delete"
    SAME = "same"
    WARNED = "warned"
    REFUSED = "refused"


CHANGING = frozenset({Verdict.CREATE, Verdict.CHANGE, Verdict.DELETE})


@dataclass(frozen=True)
class Reason:
    """Why an item is refused or warned of: the field ("__all__" for none), a code, and words."""

    field: str
    code: str
    message: str


@dataclass(frozen=True)
class Item:
    """`line`: in the file, or its place in the selection, from 1. `object_type` and `key` as the
    log has them. `changes`: {field: [before, after]}, no hash and no password in it.

    `secret` is what carrying it out needs and nobody may see (a password, a hash); it is kept
    apart, and gone once the job has ended.
    """

    line: int
    object_type: str
    key: str
    verdict: Verdict
    changes: Mapping[str, list[str | None]] = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    secret: Mapping[str, str] = field(default_factory=dict, repr=False)

    def as_data(self) -> dict[str, Any]:
        """For JSON, without the secret."""
        return {
            "line": self.line,
            "object_type": self.object_type,
            "key": self.key,
            "verdict": str(self.verdict),
            "changes": dict(self.changes),
            "reasons": [[one.field, one.code, one.message] for one in self.reasons],
            "values": dict(self.values),
        }


def item_of(data: Mapping[str, Any], secret: Mapping[str, str]) -> Item:
    """The item of `as_data` with its secret."""
    return Item(
        data["line"],
        data["object_type"],
        data["key"],
        Verdict(data["verdict"]),
        data["changes"],
        tuple(Reason(*one) for one in data["reasons"]),
        data["values"],
        secret,
    )


def reasons_of(error: ValidationError) -> tuple[Reason, ...]:
    """What a service's refusal says, field by field."""
    by_field = getattr(error, "error_dict", None) or {"__all__": error.error_list}
    return tuple(
        Reason(name, str(one.code or ""), " ".join(force_str(text) for text in one.messages))
        for name, errors in by_field.items()
        for one in errors
    )


def count(items: Iterable[Item]) -> dict[str, int]:
    """{verdict: how many}."""
    found: dict[str, int] = {}
    for item in items:
        found[str(item.verdict)] = found.get(str(item.verdict), 0) + 1
    return found
