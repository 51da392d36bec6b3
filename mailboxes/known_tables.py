"""The four tables for checks of many rows: asked for some hundred keys at a time, each once.

A check of one row asks `routing.DatabaseTables`; for many rows the same check asks these instead,
which somebody has filled before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Protocol

from mailkit.postfix.draft import Draft


class MailTables(Protocol):
    """The rows as Postfix would find them; keys are asked in lower case."""

    def domains(self, names: Sequence[str]) -> Set[str]:
        """Those of the names that have a row in `domains`."""

    def transports(self, keys: Sequence[str]) -> Mapping[str, str]:
        """{key as asked: value} of those that have a row in `transport`."""

    def forwardings(self, keys: Sequence[str]) -> Mapping[str, str]:
        """{source as asked: stored destination} of those that have a row."""

    def mailboxes(self, keys: Sequence[str]) -> Set[str]:
        """Those of the keys that have a row in `users`."""

    def sources_in(self, domain: str, most: int) -> list[str]:
        """Sources of forwardings in this domain, `most` at most."""


class KnownTables:
    """Remembers what the tables below answered. For a few hundred rows, then thrown away."""

    def __init__(self, below: MailTables) -> None:
        self._below = below
        self._domains: dict[str, bool] = {}
        self._users: dict[str, bool] = {}
        self._transports: dict[str, str | None] = {}
        self._forwardings: dict[str, str | None] = {}
        self._added: dict[str, list[str]] = {}

    def domains(self, names: Sequence[str]) -> Set[str]:
        """See MailTables."""
        if new := _new(names, self._domains):
            there = self._below.domains(new)
            self._domains.update((name, name in there) for name in new)
        return {name for name in names if self._domains[name]}

    def mailboxes(self, keys: Sequence[str]) -> Set[str]:
        """See MailTables."""
        if new := _new(keys, self._users):
            there = self._below.mailboxes(new)
            self._users.update((key, key in there) for key in new)
        return {key for key in keys if self._users[key]}

    def transports(self, keys: Sequence[str]) -> Mapping[str, str]:
        """See MailTables."""
        if new := _new(keys, self._transports):
            there = self._below.transports(new)
            self._transports.update((key, there.get(key)) for key in new)
        return _found(keys, self._transports)

    def forwardings(self, keys: Sequence[str]) -> Mapping[str, str]:
        """See MailTables."""
        if new := _new(keys, self._forwardings):
            there = self._below.forwardings(new)
            self._forwardings.update((key, there.get(key)) for key in new)
        return _found(keys, self._forwardings)

    def sources_in(self, domain: str, most: int) -> list[str]:
        """See MailTables."""
        added = self._added.get(domain, [])[:most]
        return list(dict.fromkeys([*added, *self._below.sources_in(domain, most)]))

    def add_forwarding(self, source: str, destination: str) -> None:
        """From now on this row is there."""
        key = source.lower()
        self._forwardings[key] = destination
        self._added.setdefault(key.rpartition("@")[2], []).append(key)


class WithDraft:
    """The tables as they would be with the rows of a draft, which replace those of their keys."""

    def __init__(self, draft: Draft, below: MailTables) -> None:
        self._draft = draft
        self._below = below

    def domains(self, names: Sequence[str]) -> Set[str]:
        """See MailTables."""
        return self._draft.domains(names) | self._below.domains(names)

    def mailboxes(self, keys: Sequence[str]) -> Set[str]:
        """See MailTables."""
        return self._draft.mailboxes(keys) | self._below.mailboxes(keys)

    def transports(self, keys: Sequence[str]) -> Mapping[str, str]:
        """See MailTables."""
        return {**self._below.transports(keys), **self._draft.transports(keys)}

    def forwardings(self, keys: Sequence[str]) -> Mapping[str, str]:
        """See MailTables."""
        return {**self._below.forwardings(keys), **self._draft.forwardings(keys)}

    def sources_in(self, domain: str, most: int) -> list[str]:
        """See MailTables."""
        here = self._draft.sources_in(domain, most)
        return list(dict.fromkeys([*here, *self._below.sources_in(domain, most)]))


def _new(keys: Iterable[str], known: Mapping[str, object]) -> list[str]:
    return [key for key in dict.fromkeys(keys) if key not in known]


def _found(keys: Iterable[str], known: Mapping[str, str | None]) -> dict[str, str]:
    pairs = ((key, known[key]) for key in keys)
    return {key: text for key, text in pairs if text is not None}
