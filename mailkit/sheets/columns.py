"""Which column of a file is which: by its name, generously, or as somebody chose."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mailkit.sheets.errors import SheetError


class Kind(enum.StrEnum):
    """What a row of the file is; the values are also the names in a JSON document."""

    DOMAINS = "domains"
    MAILBOXES = "mailboxes"
    FORWARDINGS = "forwardings"
    TRANSPORTS = "transports"


# Field -> the names that stand for it beside its own; capitals, blanks and - _ . do not matter.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "email": (
        *("mail", "address", "mailbox", "email address", "mail address", "user", "username"),
        *("login", "adresse", "e-mail-adresse", "mailadresse", "postfach", "benutzer"),
    ),
    "password": ("pass", "passwd", "passwort", "kennwort"),
    "password_hash": ("hash", "crypted password", "passworthash"),
    "source": ("from", "alias", "quelle", "von"),
    "destination": (
        *("destinations", "target", "targets", "to", "goto", "forward to"),
        *("ziel", "ziele", "weiterleitung", "an"),
    ),
    "domain": ("domain name", "virtual domain", "domäne", "key"),
    "transport": ("nexthop", "next hop"),
}


@dataclass(frozen=True)
class Layout:
    """`kind` of the rows; `places`: field -> number of its column, from 0; `ignored`: names."""

    kind: Kind
    places: Mapping[str, int]
    ignored: tuple[str, ...] = ()


def plain(name: str) -> str:
    """A column's name as it is compared."""
    return "".join(sign for sign in name.casefold() if sign.isalnum())


_NOT_OF_MAILBOXES = frozenset({"source", "destination", "transport"})
_BY_NAME = {plain(one): field for field, names in FIELDS.items() for one in (field, *names)}


def field_of(name: str) -> str | None:
    """The field that a column of this name stands for; None for none."""
    return _BY_NAME.get(plain(name))


def has_own_name(name: str, field: str) -> bool:
    """Whether a column is called as its field is, and so goes before one that stands for it:
    `login` that somebody added beside `email` is not a second `email`."""
    return plain(name) == plain(field)


def lay_out(
    names: Sequence[str],
    chosen: Mapping[str, str] | None = None,
    line: int = 1,
    *,
    only: bool = False,
) -> Layout:
    """What the columns are. `chosen`: field -> the column's name (`#2`: the second), which goes
    before its own; with `only` no other column counts.

    Raises SheetError: an ambiguous or missing column, or a first line that is data.
    """
    chosen = dict(chosen or {})
    places = _chosen_places(names, chosen, line)
    if any("@" in name for name in names):
        raise SheetError("file.no_header", line, found=_listed(names))
    taken = set(places.values())
    for number, name in enumerate(names):
        field = field_of(name)
        if only or number in taken or field is None or field in chosen:
            continue
        own = has_own_name(name, field)
        if field in places and own == has_own_name(names[places[field]], field):
            raise SheetError("file.duplicate_column", line, column=name, field=field)
        if field not in places or own:
            places[field] = number
    if "destination" in places and "source" not in places and "email" in places:
        # `address, goto`: what is forwarded is an address too.
        places["source"] = places.pop("email")
    kind, wanted = _kind_of(places)
    if kind is None and "email" in places and not places.keys() & _NOT_OF_MAILBOXES:
        raise SheetError("file.no_password", line, found=_listed(names))
    if kind is None:
        raise SheetError("file.unknown_columns", line, found=_listed(names))
    used = {field: number for field, number in places.items() if field in wanted}
    left = [name for number, name in enumerate(names) if number not in used.values() and name]
    return Layout(kind, used, tuple(left))


def _chosen_places(names: Sequence[str], chosen: Mapping[str, str], line: int) -> dict[str, int]:
    places: dict[str, int] = {}
    for field, wanted in chosen.items():
        if wanted.startswith("#") and wanted[1:].isdecimal() and 0 < int(wanted[1:4]) <= len(names):
            places[field] = int(wanted[1:4]) - 1
            continue
        found = [number for number, name in enumerate(names) if name == wanted]
        found = found or [n for n, name in enumerate(names) if plain(name) == plain(wanted)]
        if not found:
            raise SheetError("file.no_such_column", line, column=wanted, found=_listed(names))
        if len(found) > 1:
            raise SheetError("file.duplicate_column", line, column=wanted, field=field)
        places[field] = found[0]
    return places


def _kind_of(fields: Mapping[str, int]) -> tuple[Kind | None, frozenset[str]]:
    there = frozenset(fields)
    if there >= {"source", "destination"}:
        return Kind.FORWARDINGS, frozenset({"source", "destination"})
    if "email" in there and there & {"password", "password_hash"}:
        return Kind.MAILBOXES, frozenset({"email", "password", "password_hash"})
    if there >= {"domain", "transport"}:
        return Kind.TRANSPORTS, frozenset({"domain", "transport"})
    if "domain" in there and not there & {"email", "source", "destination", "transport"}:
        return Kind.DOMAINS, frozenset({"domain"})
    return None, frozenset()


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(name[:40] or "(none)" for name in names[:12])
    return shown + (", …" if len(names) > 12 else "")
