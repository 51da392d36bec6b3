"""The answer of a trace: steps, final recipients, warnings, outcome."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from mailkit.postfix.fates import Fate, Outcome


class Kind(StrEnum):
    """What a step is about."""

    # Is the domain ours? answer: the row, or "".
    DOMAIN = "domain"
    # What Postfix says to the stranger's RCPT TO and DATA; no table is asked.
    RCPT = "rcpt"
    DATA = "data"
    # The row that replaces an address.
    ALIAS = "alias"
    # The row that says where a final recipient goes.
    TRANSPORT = "transport"
    # Whether Dovecot has the mailbox.
    MAILBOX = "mailbox"
    # What becomes of a final recipient.
    DELIVERY = "delivery"


class Warn(StrEnum):
    """What somebody should know who looks at a trace."""

    LOOP = "loop"
    ENDLESS = "endless"
    DEAD_TARGET = "dead_target"
    MAIL_TAKEN_AWAY = "mail_taken_away"
    EMPTY_DESTINATION = "empty_destination"
    UNKNOWN_SERVICE = "unknown_service"
    BAD_NEXTHOP = "bad_nexthop"
    TRANSPORT_STAR = "transport_star"
    TRANSPORT_WITHOUT_DOMAIN = "transport_without_domain"
    LOCAL_DOMAIN = "local_domain"
    ALIAS_DOMAIN = "alias_domain"
    NO_ORIGIN = "no_origin"


@dataclass(frozen=True)
class Step:
    """One question and its answer.

    `question` is the key that was asked (with a row: the one it was found by), `table` the SQL
    table ("" where none is asked), `answer` what the row says ("" for no row), `note` a code.
    `address` is the address that the step is about, `becomes` what an alias makes of it.
    """

    kind: Kind
    question: str
    table: str
    answer: str
    note: str
    address: str = ""
    becomes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Delivery:
    """A final recipient, in lower case and as the log writes it, and where it is sent.

    `inner` is the address without quotes, as steps have it; `fate` None where it is not told.
    """

    address: str
    inner: str
    transport: str
    nexthop: str
    fate: Fate | None


@dataclass(frozen=True)
class Trace:
    """The answer; `reply` is Postfix's where it refuses the mail, else ""."""

    address: str
    outcome: Outcome
    deliveries: tuple[Delivery, ...]
    warnings: tuple[Warn, ...]
    steps: tuple[Step, ...]
    reply: str = ""

    @cached_property
    def refused(self) -> bool:
        """Whether Postfix did not take the mail at all."""
        return bool(self.reply)

    def as_data(self) -> dict[str, Any]:
        """For JSON, the same in the command and the API."""
        shown = ("kind", "question", "table", "answer", "note")
        return {
            "address": self.address,
            "outcome": self.outcome.value,
            "deliveries": [
                {"address": one.address, "transport": one.transport, "nexthop": one.nexthop}
                for one in self.deliveries
            ],
            "warnings": [one.value for one in self.warnings],
            "steps": [
                {name: str(value) for name, value in asdict(step).items() if name in shown}
                for step in self.steps
            ],
        }
