"""A check as JSON for our own tables, and back again: nothing of it is lost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mailkit.dns.results import Check, Record, Severity, Status

Packed = list[dict[str, Any]]
# The empty ones are left out: most of a domain's checks are a line "in order".
_TEXTS = ("expected", "reason", "host", "ip")


def pack(checks: Iterable[Check]) -> Packed:
    """The checks as lists, dicts and text."""
    return [_pack(check) for check in checks]


def unpack(packed: Packed) -> list[Check]:
    """The checks as they were packed."""
    return [_unpack(one) for one in packed]


def _pack(check: Check) -> dict[str, Any]:
    found: dict[str, Any] = {
        "code": check.code,
        "family": check.family,
        "status": check.status.value,
        "severity": check.severity.value if check.severity else None,
        "observed": [_storable(text) for text in check.observed],
        "publish": [_pack_record(record) for record in check.publish],
        "remove": [_pack_record(record) for record in check.remove],
        "params": {
            key: _storable(value) if isinstance(value, str) else value
            for key, value in check.params.items()
        },
        **{name: _storable(getattr(check, name)) for name in _TEXTS},
    }
    return {key: value for key, value in found.items() if value}


def _unpack(packed: dict[str, Any]) -> Check:
    severity = packed.get("severity")
    return Check(
        code=packed["code"],
        family=packed["family"],
        status=Status(packed["status"]),
        severity=Severity(severity) if severity else None,
        observed=tuple(packed.get("observed", ())),
        publish=tuple(Record(**one) for one in packed.get("publish", ())),
        remove=tuple(Record(**one) for one in packed.get("remove", ())),
        params=packed.get("params", {}),
        **{name: packed.get(name, "") for name in _TEXTS},
    )


def _pack_record(record: Record) -> dict[str, Any]:
    return {
        "name": _storable(record.name),
        "type": record.type,
        "value": _storable(record.value),
        "ttl": record.ttl,
    }


def _storable(text: str) -> str:
    # PostgreSQL's JSON takes neither the character NUL nor half a surrogate pair.
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "\ufffd")
