"""The rows: what their keys are called, and where the forwardings lead."""

from __future__ import annotations

import random
from collections.abc import Iterator

DOMAINS = 10_000
MAILBOXES = 1_000_000
TRANSPORTS = 1000
# One domain has a tenth of all mailboxes.
LARGE = "large.test"
CHAIN = 10
HASH = "{SHA512-CRYPT}$6$abcdefghijklmnop$" + "x" * 86
DES = "rl0uE0wO1zY3Y"


def domains(mailboxes: int) -> Iterator[str]:
    """Their names; no more than would have a mailbox, and the large one."""
    for number in range(min(DOMAINS, mailboxes)):
        yield f"d{number:05d}.test"
    yield LARGE


def domain_of(number: int) -> str:
    return LARGE if number % 10 == 0 else f"d{number % DOMAINS:05d}.test"


def mailbox(number: int) -> str:
    return f"user{number:07d}@{domain_of(number)}"


def forwarding(number: int) -> str:
    return f"fwd{number:06d}@{domain_of(number)}"


def users(mailboxes: int) -> Iterator[tuple[str, str]]:
    """(email, password); one of a hundred has an old hash."""
    for number in range(mailboxes):
        yield mailbox(number), DES if number % 100 == 1 else HASH


def forwardings(mailboxes: int) -> Iterator[tuple[str, str]]:
    """Three for ten mailboxes, a tenth to other servers; a chain is `fwd` to the next number."""
    chance = random.Random(7)
    for number in range(mailboxes * 3 // 10):
        step = number % 300
        if step < CHAIN - 1:
            yield forwarding(number), forwarding(number + 1)
        elif chance.random() < 0.1:
            yield forwarding(number), f"out{number}@far.example"
        else:
            many = 3 if chance.random() < 0.1 else 1
            to = (mailbox(chance.randrange(mailboxes)) for _ in range(many))
            yield forwarding(number), ", ".join(to)


def transports() -> Iterator[tuple[str, str]]:
    for number in range(TRANSPORTS):
        yield f"relay{number}.test", "relay:[192.0.2.1]"
