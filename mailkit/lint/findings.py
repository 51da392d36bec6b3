"""Every finding of the lint as a code with its level, and what gathers them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from mailkit.tables.findings import Level

LIMIT = 20


class Code(StrEnum):
    """Stable names; docs/lint.md has a line on each."""

    LOOP = "forwarding.loop"
    TOO_MANY = "forwarding.too_many"
    ENDLESS = "forwarding.endless"
    DEAD_END = "forwarding.dead_end"
    DEAD_TARGET = "forwarding.dead_target"
    MAIL_TAKEN_AWAY = "forwarding.mail_taken_away"
    CATCH_ALL = "forwarding.catch_all"
    DOMAIN_ALIAS = "forwarding.domain_alias"
    OFF_SITE = "forwarding.off_site"
    CHAIN = "forwarding.chain"
    TO_ITSELF = "forwarding.to_itself"
    TWICE = "forwarding.twice"
    TRANSPORT_VALUE = "transport.value"
    TRANSPORT_KEY = "transport.key"
    TRANSPORT_STAR = "transport.star"
    TRANSPORT_OWN = "transport.own"
    TRANSPORT_HELD = "transport.held"
    TRANSPORT_EMPTY = "transport.empty"
    DOMAIN_LOCAL = "domain.local"
    MAILBOX_ADDRESS = "mailbox.address"
    HASH_OPEN = "password.open"
    HASH_EMPTY = "password.empty"
    HASH_UNKNOWN = "password.unknown_scheme"
    HASH_NEEDS_PREFIX = "password.needs_prefix"
    HASH_MALFORMED = "password.malformed"
    HASH_HEAVY = "password.heavy"
    HASH_REFUSED_24 = "password.refused_24"
    HASH_WEAK = "password.weak"


# Mail is refused, returned or waits for ever; or anybody may sign in.
_FAULTS = {
    Code.LOOP,
    Code.TOO_MANY,
    Code.ENDLESS,
    Code.DEAD_END,
    Code.TRANSPORT_VALUE,
    Code.DOMAIN_LOCAL,
    Code.HASH_OPEN,
}
# It works otherwise than somebody may think, or will not for long.
_WARNINGS = {
    Code.DEAD_TARGET,
    Code.MAIL_TAKEN_AWAY,
    Code.TRANSPORT_KEY,
    Code.TRANSPORT_STAR,
    Code.MAILBOX_ADDRESS,
    Code.HASH_UNKNOWN,
    Code.HASH_NEEDS_PREFIX,
    Code.HASH_MALFORMED,
    Code.HASH_HEAVY,
    Code.HASH_REFUSED_24,
    Code.HASH_WEAK,
}
LEVELS: Mapping[Code, Level] = MappingProxyType(
    {
        code: Level.FAULT
        if code in _FAULTS
        else Level.WARNING
        if code in _WARNINGS
        else Level.NOTICE
        for code in Code
    }
)


@dataclass(frozen=True)
class Finding:
    """One thing about the row `key` of `table`.

    `detail`: what belongs to it: the loop's addresses, the dead targets, the scheme, the value.
    `problem`: for an address or transport that is no good the code of mailkit.addresses or
    mailkit.postfix.transports, with the `params` that its words need.
    """

    code: Code
    table: str
    key: str
    detail: tuple[str, ...] = ()
    problem: str = ""
    params: Mapping[str, object] = field(default_factory=dict)

    @property
    def level(self) -> Level:
        """How bad it is; the code alone decides."""
        return LEVELS[self.code]


@dataclass(frozen=True)
class Found:
    """A code: how many rows have it, and the first of them."""

    code: Code
    table: str
    count: int
    examples: tuple[Finding, ...]

    @property
    def level(self) -> Level:
        """How bad it is."""
        return LEVELS[self.code]


@dataclass
class SchemeCount:
    """How many passwords are stored in one scheme, and how they fare. Locked ones count too."""

    scheme: str
    count: int = 0
    weak: int = 0
    refused_24: int = 0


@dataclass
class Collected:
    """What was found in all: at most `limit` examples of each code, however many rows there are.

    `rows`: how many rows of each table were read.
    """

    limit: int = LIMIT
    rows: dict[str, int] = field(default_factory=dict)
    schemes: dict[str, SchemeCount] = field(default_factory=dict)
    _counts: dict[tuple[Code, str], int] = field(default_factory=dict)
    _examples: dict[tuple[Code, str], list[Finding]] = field(default_factory=dict)

    def add(self, findings: Iterable[Finding]) -> None:
        """Count these, and keep the first ones of each code."""
        for finding in findings:
            place = (finding.code, finding.table)
            self._counts[place] = self._counts.get(place, 0) + 1
            kept = self._examples.setdefault(place, [])
            if len(kept) < self.limit:
                kept.append(finding)

    def found(self) -> list[Found]:
        """Each code that was met, the worst first."""
        order = list(Code)
        places = sorted(self._counts, key=lambda place: order.index(place[0]))
        levels = list(Level)
        places.sort(key=lambda place: levels.index(LEVELS[place[0]]))
        return [
            Found(code, table, self._counts[code, table], tuple(self._examples[code, table]))
            for code, table in places
        ]

    def count_scheme(self, scheme: str, *, weak: bool, refused_24: bool) -> None:
        """One more password of this scheme."""
        found = self.schemes.setdefault(scheme, SchemeCount(scheme))
        found.count += 1
        found.weak += weak
        found.refused_24 += refused_24
