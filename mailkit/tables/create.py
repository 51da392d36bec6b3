"""The best tables for a new mail server, in each database; `create` makes only what is missing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mailkit.tables.expected import (
    DOMAIN_COLUMN,
    DOMAIN_EXPRESSION,
    EXPECTED,
    INDEXED,
    MADE_WIDTH,
    Dialect,
    ExpectedColumn,
    ExpectedTable,
    domain_index,
    prefix_index,
)
from mailkit.tables.facts import Facts
from mailkit.tables.read import read
from mailkit.tables.sql import Connection, execute, fetch


@dataclass(frozen=True)
class Collation:
    """A charset and a collation of MySQL's."""

    charset: str
    name: str


# Blind to case, so that a row `Mixed@example.org` written by SQL still gets its mail; `é` is not
# `e`; trailing blanks count. The first that the server knows: MariaDB since 10.10, MySQL 8.
_WANTED = (
    Collation("utf8mb4", "utf8mb4_uca1400_nopad_as_ci"),
    Collation("utf8mb4", "utf8mb4_0900_as_ci"),
)
_ELSE = Collation("utf8mb4", "utf8mb4_bin")


def create(connection: Connection, dialect: str) -> list[str]:
    """Make those of the four tables that are missing; returns the statements that were run.

    Where the connection is not in autocommit, the caller commits.
    """
    statements = planned_statements(connection, dialect)
    for sql in statements:
        execute(connection, sql)
    return statements


def planned_statements(connection: Connection, dialect: str) -> list[str]:
    """What `create` would run on this database now. Only looks."""
    facts = read(connection, dialect)
    missing = [name for name in EXPECTED if name not in facts.tables]
    if not missing:
        return []
    if dialect == Dialect.MYSQL:
        collation = _siblings(facts) or best_collation(connection)
        return create_statements(
            dialect, missing, collation=collation, invisible_columns=facts.invisible_columns
        )
    return create_statements(
        dialect, missing, prefix_indexes=dialect == Dialect.POSTGRESQL and not _bytewise(connection)
    )


def create_statements(
    dialect: str,
    missing: Iterable[str] = tuple(EXPECTED),
    *,
    collation: Collation = _ELSE,
    invisible_columns: bool = True,
    prefix_indexes: bool = True,
) -> list[str]:
    """The DDL of these tables.

    `collation` and `invisible_columns` are for MySQL; `prefix_indexes` for PostgreSQL, where a
    database that does not sort by bytes needs them for searches by the first characters.
    """
    found: list[str] = []
    for name in missing:
        table = EXPECTED[name]
        match Dialect(dialect):
            case Dialect.MYSQL:
                found.append(_mysql(table, collation, invisible_columns))
            case Dialect.POSTGRESQL:
                found += _postgresql(table, prefix_indexes)
            case Dialect.SQLITE:
                found += _sqlite(table)
    return found


def best_collation(connection: Connection) -> Collation:
    """The best collation for keys that this MySQL server knows."""
    known = {
        str(row[0])
        for row in fetch(
            connection,
            Dialect.MYSQL,
            "SELECT collation_name FROM information_schema.collations"
            " UNION SELECT CONCAT(character_set_name, '_', collation_name)"
            " FROM information_schema.collation_character_set_applicability",
        )
    }
    return next((wanted for wanted in _WANTED if wanted.name in known), _ELSE)


def _siblings(facts: Facts) -> Collation | None:
    """The collation of the mail tables that are there: a table beside them must join with them."""
    for name in ("users", "forwardings", "domains", "transport"):
        table = facts.tables.get(name)
        key = table.key if table else None
        if key and key.charset and key.collation:
            return Collation(key.charset, key.collation)
    return None


def _bytewise(connection: Connection) -> bool:
    rows = fetch(
        connection,
        Dialect.POSTGRESQL,
        "SELECT datcollate IN ('C', 'POSIX') AND COALESCE(to_jsonb(d) ->> 'datlocprovider', 'c')"
        " = 'c' FROM pg_catalog.pg_database d WHERE datname = current_database()",
    )
    return bool(rows[0][0])


def _column(column: ExpectedColumn) -> str:
    type_ = "text" if column.text else f"varchar({MADE_WIDTH})"
    return f"{column.name} {type_} NOT NULL" + (" DEFAULT ''" if column.filled else "")


def _columns(table: ExpectedTable) -> list[str]:
    lines = [_column(column) for column in table.columns]
    # The tutorials' transport has no primary key; a unique key serves Postfix as well.
    return [*lines, f"PRIMARY KEY ({table.key.name})"]


def _mysql(table: ExpectedTable, collation: Collation, invisible_columns: bool) -> str:
    lines = _columns(table)
    if table.name in INDEXED and invisible_columns:
        expression = DOMAIN_EXPRESSION[Dialect.MYSQL].format(column=table.key.name)
        lines += [
            f"{DOMAIN_COLUMN} varchar({MADE_WIDTH})"
            f" GENERATED ALWAYS AS ({expression}) VIRTUAL INVISIBLE",
            f"INDEX {DOMAIN_COLUMN} ({DOMAIN_COLUMN}, {table.key.name})",
        ]
    return (
        f"CREATE TABLE {table.name} ({', '.join(lines)}) ENGINE=InnoDB ROW_FORMAT=DYNAMIC"
        f" DEFAULT CHARSET={collation.charset} COLLATE={collation.name}"
    )


def _postgresql(table: ExpectedTable, prefix_indexes: bool) -> list[str]:
    found = [f"CREATE TABLE {table.name} ({', '.join(_columns(table))})"]
    if table.name in INDEXED:
        found.append(_expression_index(Dialect.POSTGRESQL, table))
        if prefix_indexes:
            name = prefix_index(table.name)
            key = table.key.name
            found.append(f"CREATE INDEX {name} ON {table.name} ({key} varchar_pattern_ops)")
    return found


def _sqlite(table: ExpectedTable) -> list[str]:
    found = [f"CREATE TABLE {table.name} ({', '.join(_columns(table))})"]
    if table.name in INDEXED:
        found.append(_expression_index(Dialect.SQLITE, table))
    return found


def _expression_index(dialect: Dialect, table: ExpectedTable) -> str:
    expression = DOMAIN_EXPRESSION[dialect].format(column=table.key.name)
    name = domain_index(dialect, table.name)
    return f"CREATE INDEX {name} ON {table.name} ({expression}, {table.key.name})"
