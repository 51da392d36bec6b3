"""Looks for single rows that cannot work, or not as it seems: capitals, blanks, cut hashes ...

Each is a notice: what to do about somebody's row is for a person to decide.
"""

# ruff: noqa: S608 - names are quoted, values are parameters
from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mailkit.addresses import split_destination
from mailkit.passwords import judge as judge_password
from mailkit.tables.batches import place, read_rows
from mailkit.tables.expected import DOMAIN_EXPRESSION, EXPECTED, INDEXED, Dialect
from mailkit.tables.facts import Column, Facts, Kind, Table
from mailkit.tables.findings import Code, Finding
from mailkit.tables.sql import Connection, as_text, fetch, quote

LIMIT = 20
# Most rows at a glance.
_USUAL_KEY = re.compile(r"[a-z0-9._+-]+@[a-z0-9.-]+")


class _Collector:
    """Keeps the first `limit` keys of each code and table, and counts the rest."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.keys: dict[tuple[Code, str, str], list[str | None]] = {}
        self.counts: dict[tuple[Code, str, str], int] = {}

    def add(self, code: Code, table: str, column: str, key: str | None) -> None:
        place = (code, table, column)
        self.counts[place] = self.counts.get(place, 0) + 1
        kept = self.keys.setdefault(place, [])
        if len(kept) < self.limit:
            kept.append(key)

    def add_counted(
        self, code: Code, table: str, column: str, keys: list[str | None], count: int
    ) -> None:
        if count:
            self.keys[code, table, column] = keys
            self.counts[code, table, column] = count

    def has(self, code: Code, table: str) -> bool:
        return any(place[:2] == (code, table) for place in self.counts)

    def findings(self) -> list[Finding]:
        return [
            Finding(code, table, column, key=key, count=self.counts[code, table, column])
            for (code, table, column), keys in self.keys.items()
            for key in keys
        ]


def find_rows(
    connection: Connection, dialect: str, facts: Facts, limit: int = LIMIT
) -> list[Finding]:
    """Findings about single rows, at most `limit` (1 or more) of each code in each table.

    `count` of each says how many there are in all. Reads every row, a few thousand at a time:
    some seconds at a million rows. Raises the driver's errors.
    """
    found = _Collector(limit)
    for name in EXPECTED:
        table = facts.tables.get(name)
        key = _readable_key(dialect, table)
        if table is None or key is None:
            continue
        _look_at_each(connection, dialect, table, key, found)
        search = _Search(connection, dialect, table, key, found)
        if table.duplicates:
            search.duplicates()
        if found.has(Code.ROW_CAPITALS_DEAD, name):
            search.case_twins()
        domains = facts.tables.get("domains")
        domain = _readable_key(dialect, domains)
        if name in INDEXED and domains is not None and domain is not None:
            search.without_domain_row(domains, domain)
    return found.findings()


def _readable_key(dialect: str, table: Table | None) -> Column | None:
    key = None if table is None else table.key
    if key is None or key.kind is Kind.OTHER or not key.collation_known:
        return None
    # PostgreSQL has no functions for text in bytes.
    return None if key.kind is Kind.BYTES and dialect == Dialect.POSTGRESQL else key


def _look_at_each(
    connection: Connection, dialect: str, table: Table, key: Column, found: _Collector
) -> None:
    expected = EXPECTED[table.name].value
    value = table.columns.get(expected.name) if expected and table.name in INDEXED else None
    rows = read_rows(connection, dialect, table, key, value.name if value else None)
    for address, text in rows:
        for code in _key_codes(table, key, address):
            found.add(code, table.name, key.name, address)
        if value is not None:
            for code in _value_codes(table.name, text):
                found.add(code, table.name, value.name, address)


def _key_codes(table: Table, column: Column, key: str | None) -> Iterator[Code]:
    if not key:
        yield Code.ROW_EMPTY_KEY
        return
    if _USUAL_KEY.fullmatch(key):
        return
    if key != key.lower():
        # Postfix and Dovecot ask in lower case.
        blind = column.comparison.case_sensitive is False
        yield Code.ROW_CAPITALS_ALIVE if blind else Code.ROW_CAPITALS_DEAD
    if any(character.isspace() for character in key):
        yield Code.ROW_BLANKS
    if not key.isascii():
        yield Code.ROW_NON_ASCII
    if table.name == "users":
        local, at, domain = key.rpartition("@")
        if not at or not domain:
            yield Code.ROW_NO_DOMAIN_PART
        elif not local:
            yield Code.ROW_NO_LOCAL_PART


def _value_codes(table: str, text: str | None) -> Iterator[Code]:
    if table == "users":
        if judge_password(text).truncated:
            yield Code.ROW_TRUNCATED_HASH
        return
    destinations = split_destination(text or "")
    # One of blanks is no empty answer: mail for it waits, see `forwarding.endless` of the lint.
    if not text:
        yield Code.ROW_NO_DESTINATION
    if any("@" not in one or one.endswith("@") for one in destinations):
        yield Code.ROW_DESTINATION_NO_DOMAIN


@dataclass(frozen=True)
class _Search:
    """What only the database can find: rows that stand in relation to others."""

    connection: Connection
    dialect: str
    table: Table
    key: Column
    found: _Collector

    def duplicates(self) -> None:
        """Keys there more than once, by the column's own comparison."""
        key = quote(self.dialect, self.key.name)
        self._collect(
            Code.ROW_DUPLICATE,
            f"SELECT {key} AS k FROM {place(self.dialect, self.table)} WHERE {key} IS NOT NULL"
            f" GROUP BY {key} HAVING COUNT(*) > 1",
        )

    def case_twins(self) -> None:
        """Keys that differ by nothing but capitals."""
        key = quote(self.dialect, self.key.name)
        self._collect(
            Code.ROW_CASE_TWINS,
            f"SELECT LOWER({key}) AS k FROM {place(self.dialect, self.table)}"
            f" WHERE {key} IS NOT NULL GROUP BY LOWER({key}) HAVING COUNT(DISTINCT {key}) > 1",
        )

    def without_domain_row(self, domains: Table, domain: Column) -> None:
        """Addresses whose domain has no row, compared as Postfix's own lookup compares."""
        key = f"u.{quote(self.dialect, self.key.name)}"
        if not self.key.deterministic:
            key = f'{key} COLLATE "C"'
        part = DOMAIN_EXPRESSION[self.dialect].format(column=key)
        self._collect(
            Code.ROW_DOMAIN_MISSING,
            f"SELECT {key} AS k FROM {place(self.dialect, self.table)} u"
            f" WHERE {key} LIKE '%@_%' AND NOT EXISTS"
            f" (SELECT 1 FROM {place(self.dialect, domains)} d"
            f" WHERE d.{quote(self.dialect, domain.name)} = {_as_in(self.dialect, domain, part)})",
        )

    def _collect(self, code: Code, select: str) -> None:
        counted = f"SELECT COUNT(*) FROM ({select}) AS counted"
        count = int(fetch(self.connection, self.dialect, counted)[0][0])
        if not count:
            return
        # The driver refuses to read text of a file that is not UTF-8.
        key = "CAST(k AS BLOB)" if self.dialect == Dialect.SQLITE else "k"
        listed = f"SELECT {key} FROM ({select}) AS listed ORDER BY k LIMIT {self.found.limit}"
        rows = fetch(self.connection, self.dialect, listed)
        keys = [as_text(row[0]) for row in rows]
        self.found.add_counted(code, self.table.name, self.key.name, keys, count)


def _as_in(dialect: str, column: Column, expression: str) -> str:
    """The expression, to be compared as the column compares.

    Without this, two tables of different collations do not compare at all (MySQL's error 1267).
    """
    if dialect == Dialect.MYSQL and column.charset and column.collation:
        return f"CONVERT({expression} USING {column.charset}) COLLATE {column.collation}"
    if dialect == Dialect.POSTGRESQL:
        if column.kind is Kind.TEXT:  # citext compares in its own way
            expression = f"CAST({expression} AS {column.type})"
        collate = column.collate or 'pg_catalog."default"'
        return f"{expression} COLLATE {collate}"
    return expression
