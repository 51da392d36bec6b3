"""The rows: what their keys are called, and where the forwardings lead."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

MAILBOXES = 1_000_000
TRANSPORTS = 1000
# One domain has a tenth of all mailboxes.
LARGE = "large.test"
CHAIN = 10
HASH = "{SHA512-CRYPT}$6$abcdefghijklmnop$" + "x" * 86
DES = "rl0uE0wO1zY3Y"


@dataclass(frozen=True)
class Rows:
    """A data set of so many mailboxes; a domain has a hundred, as with 1,000,000 in 10,000."""

    mailboxes: int = MAILBOXES

    @property
    def domain_count(self) -> int:
        return max(1, self.mailboxes // 100)

    @property
    def forwarding_count(self) -> int:
        return self.mailboxes * 3 // 10

    def domain_of(self, number: int) -> str:
        return LARGE if number % 10 == 0 else f"d{number % self.domain_count:05d}.test"

    def mailbox(self, number: int) -> str:
        return f"user{number:07d}@{self.domain_of(number)}"

    def forwarding(self, number: int) -> str:
        return f"fwd{number:06d}@{self.domain_of(number)}"

    def domains(self) -> Iterator[str]:
        for number in range(self.domain_count):
            yield f"d{number:05d}.test"
        yield LARGE

    def users(self) -> Iterator[tuple[str, str]]:
        """(email, password); one of a hundred has an old hash."""
        for number in range(self.mailboxes):
            yield self.mailbox(number), DES if number % 100 == 1 else HASH

    def forwardings(self) -> Iterator[tuple[str, str]]:
        """A tenth to other servers; a chain is `fwd` to the next number."""
        chance = random.Random(7)
        for number in range(self.forwarding_count):
            step = number % 300
            if step < CHAIN - 1:
                yield self.forwarding(number), self.forwarding(number + 1)
            elif chance.random() < 0.1:
                yield self.forwarding(number), f"out{number}@far.example"
            else:
                many = 3 if chance.random() < 0.1 else 1
                to = (self.mailbox(chance.randrange(self.mailboxes)) for _ in range(many))
                yield self.forwarding(number), ", ".join(to)

    def transports(self) -> Iterator[tuple[str, str]]:
        for number in range(TRANSPORTS):
            yield f"relay{number}.test", "relay:[192.0.2.1]"
