"""By which addresses mail gets to a mailbox: forwardings in chains, catch-alls, domain aliases.

Followed backwards, hop by hop (`mailboxes.leading` finds who forwards to X). A hop may read the
whole table `forwardings`, so pages ask for it after they are shown. What is found is then followed
forwards as Postfix does it: a row that another one keeps the mail from is not listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from domains.postfix import delimiter
from mailboxes.leading import Asked, Leading, leading
from mailboxes.routing import DatabaseTables
from mailkit.postfix.aliases import (
    ANYBODY,
    Cached,
    Rules,
    expand_many,
    split_extension,
)

HOPS = 10
# So many addresses are listed; the page would not end, and each is followed.
MOST = 200
# So many rows of one hop are looked at.
MOST_ROWS = 2000
# So many addresses are asked for in one statement.
ASKED = 40


@dataclass(frozen=True)
class Way:
    """`address`: what a sender writes, `@domain` for every address there without a row of its own.

    `through`: what it becomes, one after the other; the mailbox comes last.
    """

    address: str
    through: tuple[str, ...]

    @property
    def between(self) -> tuple[str, ...]:
        """What stands between the address and the mailbox; nothing if it leads there directly."""
        return self.through[:-1]

    @property
    def is_catch_all(self) -> bool:
        return self.address.startswith("@")


@dataclass(frozen=True)
class Reaching:
    """The ways to a mailbox, the shortest first; `more`: there are more than were followed.

    `as_of`: forwardings that SQL made since then may be missing; None: none are.
    """

    ways: list[Way]
    more: bool
    as_of: datetime | None = None

    def __bool__(self) -> bool:
        return bool(self.ways)


def reaching(email: str) -> Reaching:
    """The addresses beside its own by which a mailbox gets mail."""
    start = Way(email.lower(), ())
    tables, rules = Cached(DatabaseTables()), Rules(delimiter=delimiter())
    found: dict[str, Way] = {start.address: start}
    last = [start]
    more = False
    find = leading()
    for _hop in range(HOPS):
        rows, too_many = _rows_leading_to(find, last)
        new: dict[str, Way] = {}
        for way in _one_hop_back(rows, last):
            if way.address not in found:
                new.setdefault(way.address, way)
        arriving = _arriving(new, start.address, tables, rules)
        room = MOST + 1 - len(found)
        more = more or too_many or len(arriving) > room
        last = arriving[:room]
        found.update((way.address, way) for way in last)
        if not last:
            break
    return Reaching(
        [way for way in found.values() if way is not start], more or bool(last), find.as_of
    )


def _rows_leading_to(find: Leading, ways: list[Way]) -> tuple[list[tuple[str, list[str]]], bool]:
    """(source, destinations) of rows that name one of these addresses, or may do so."""
    found: dict[str, list[str]] = {}
    for start in range(0, len(ways), ASKED):
        asked = Asked(hops=tuple(way.address for way in ways[start : start + ASKED]))
        for row in find.rows(asked, MOST_ROWS + 1):
            found[row.source] = row.destinations
    return list(found.items())[:MOST_ROWS], len(found) > MOST_ROWS


def _one_hop_back(rows: Iterable[tuple[str, list[str]]], ways: list[Way]) -> Iterator[Way]:
    by_address = {way.address: way for way in ways}
    by_domain: dict[str, list[Way]] = {}
    for way in ways:
        by_domain.setdefault(way.address.rpartition("@")[2], []).append(way)
    for source, targets in rows:
        for target in (one.lower() for one in targets):
            if target.startswith("@"):
                for way in by_domain.get(target[1:], []):
                    local = way.address.rpartition("@")[0]
                    yield _before(local + source, way)
                continue
            bare = split_extension(target, delimiter())[0]
            domain = "@" + target.rpartition("@")[2]
            for key in dict.fromkeys((target, bare, domain)):
                if key in by_address:
                    yield _before(source, by_address[key])


def _before(address: str, way: Way) -> Way:
    return Way(address.lower(), (way.address, *way.through))


def _arriving(new: dict[str, Way], email: str, tables: Cached, rules: Rules) -> list[Way]:
    """Those of the ways by which mail really ends in the mailbox."""
    asked = {
        (ANYBODY + way.address if way.is_catch_all else way.address): way for way in new.values()
    }
    arriving = []
    for address, expansion in expand_many(asked, tables, rules).items():
        ends = {split_extension(one, rules.delimiter)[0] for one in expansion.recipients}
        if expansion.error is None and email in ends:
            arriving.append(asked[address])
    return sorted(arriving, key=lambda way: way.address)
