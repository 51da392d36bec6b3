"""Which key signs the mail of which domain, as a signer's own files say; and what is in the way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from mailkit.dns.dkim_keys import KeyPair, ReadKeys
from mailkit.dns.dkim_record import NotAKey, read_der
from mailkit.dns.subject import SignerKey

RSA, ED25519 = "rsa", "ed25519"


class Obstacle(StrEnum):
    """Why a signer cannot be given a key, or one be taken from it."""

    NOT_READ = "dkim.not_read"
    NOT_WRITTEN = "dkim.not_written"
    NOT_FILES = "dkim.not_files"
    NOT_INCLUDED = "dkim.not_included"
    ONE_ALGORITHM = "dkim.one_algorithm"
    SAFE_KEYS = "dkim.safe_keys"
    NAME_TAKEN = "dkim.name_taken"
    STILL_SIGNS = "dkim.still_signs"
    NO_EFFECT = "dkim.no_effect"


class SignerFault(Exception):
    """What the signer's files do not allow. `what` is a path or a setting, never a file's text."""

    def __init__(self, obstacle: Obstacle, what: str) -> None:
        super().__init__(f"{obstacle}: {what}")
        self.obstacle = obstacle
        self.what = what


@dataclass(frozen=True)
class Signing:
    """The mail of `domain` is signed with this key, as `signs_as` (d=).

    `path` None: the key stands in the table itself. `spki` None: it could not be read, `problem`
    says why.
    """

    domain: str
    selector: str
    signs_as: str
    path: Path | None = None
    spki: bytes | None = None
    problem: str = ""

    @property
    def kind(self) -> str:
        """`rsa`, `ed25519`, or "" where the key could not be read."""
        return kind_of(self.spki) if self.spki else ""


@dataclass(frozen=True)
class Signings:
    """The keys of some domains. `unreadable`: not even the tables could be read."""

    rows: tuple[Signing, ...] = ()
    problems: tuple[str, ...] = ()
    unreadable: bool = False

    def of(self, domain: str) -> tuple[Signing, ...]:
        """Those of one domain, in the order in which the signer takes them."""
        return tuple(row for row in self.rows if row.domain == domain)

    def read_keys(self) -> ReadKeys:
        """The same for the checks, which compare the public halves."""
        keys: dict[str, list[SignerKey]] = {}
        unread: dict[str, list[str]] = {}
        for row in self.rows:
            if row.spki is None:
                unread.setdefault(row.domain, []).append(row.selector)
                continue
            signs_as = "" if row.signs_as == row.domain else row.signs_as
            keys.setdefault(row.domain, []).append(
                SignerKey(row.selector, row.spki, signs_as=signs_as)
            )
        return ReadKeys(
            {domain: tuple(dict.fromkeys(some)) for domain, some in keys.items()},
            tuple(dict.fromkeys((*self.problems, *(r.problem for r in self.rows if r.problem)))),
            {domain: tuple(some) for domain, some in unread.items()},
            self.unreadable,
        )


class Signer(Protocol):
    """A program that signs, as its configuration has it. Methods raise SignerFault."""

    @property
    def name(self) -> str:
        """As people call it."""

    @property
    def reload_command(self) -> str:
        """What makes it read its tables again."""

    def read(self, domains: Iterable[str]) -> Signings:
        """Which keys sign these domains (A-labels). Never raises."""

    def check(self, domain: str, kind: str) -> None:
        """Could a key of this kind be made and given to it?"""

    def write_key(self, path: Path, pair: KeyPair) -> None:
        """Write the private half where only the signer and the panel read it.

        Raises FileExistsError rather than write over a key.
        """

    def switch(self, domain: str, selector: str, path: Path, replaces: str) -> None:
        """Sign the domain with this key, instead of the one of selector `replaces` ("": none)."""

    def drop(self, domain: str, selector: str) -> None:
        """Forget a key that signs no more; nothing happens where it is not known."""


def file_name(domain: str, selector: str) -> str:
    """A key's file in the key directory, as rspamd's own `path` names it; OpenDKIM takes any name.

    Not in a directory for each domain: who is not of the signer's group cannot make one for it.
    """
    return f"{domain}.{selector}.key"


def kind_of(spki: bytes) -> str:
    """`rsa` or `ed25519`; "" for what is no key."""
    try:
        return read_der(spki).kind
    except NotAKey:
        return ""
