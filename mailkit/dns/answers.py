"""The answer to one lookup, as a value: what came, or why nothing could be told."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Outcome(StrEnum):
    """How a lookup ended. Only the first three say something about the record."""

    OK = "ok"
    NODATA = "nodata"
    NXDOMAIN = "nxdomain"
    TIMEOUT = "timeout"
    SERVFAIL = "servfail"
    BOGUS = "bogus"
    REFUSED = "refused"
    MALFORMED = "malformed"
    NETWORK = "network"
    BAD_NAME = "bad_name"
    LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a lookup of `name` (absolute, lower case, with its last dot) and `type` gave.

    `values` are the records in presentation form, names absolute and in lower case; a TXT record
    is in `texts` instead, as the tuple of its strings' bytes. `cnames` are the targets of the
    chain of aliases in its order, so that the last is the canonical name. `secure` is the AD bit
    of a resolver that may be believed, `reason` words for a person.
    """

    name: str
    type: str
    outcome: Outcome
    values: tuple[str, ...] = ()
    texts: tuple[tuple[bytes, ...], ...] = ()
    cnames: tuple[str, ...] = ()
    secure: bool = False
    ttl: int | None = None
    reason: str = ""

    @property
    def known(self) -> bool:
        """Somebody who knows has said what there is, or that there is nothing."""
        return self.outcome in (Outcome.OK, Outcome.NODATA, Outcome.NXDOMAIN)

    @property
    def absent(self) -> bool:
        """There is no such record, for certain."""
        return self.outcome in (Outcome.NODATA, Outcome.NXDOMAIN)

    @property
    def joined(self) -> tuple[bytes, ...]:
        """Each TXT record as one string, its parts joined without a blank (RFC 7208, 3.3)."""
        return tuple(b"".join(parts) for parts in self.texts)


class Asks(Protocol):
    """What the families look records up with: `Lookups`, or zone data in a test. Never raises."""

    async def ask(self, name: str, type: str) -> Answer: ...
