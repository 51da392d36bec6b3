"""Read the four tables of a database; and the few cheap questions that every write asks."""

from __future__ import annotations

from mailkit.tables import read_mysql, read_postgresql, read_sqlite
from mailkit.tables.expected import EXPECTED, INDEXED, Dialect
from mailkit.tables.facts import Facts
from mailkit.tables.sql import Connection, fetch


def read(connection: Connection, dialect: str) -> Facts:
    """Everything that `judge` and `plan` need. Only looks.

    A quick look at the catalogue, but for SQLite's exact row counts, and a table without a unique
    key, which is searched for duplicates. Raises the driver's errors.
    """
    match Dialect(dialect):
        case Dialect.MYSQL:
            return read_mysql.read(connection)
        case Dialect.POSTGRESQL:
            return read_postgresql.read(connection)
        case Dialect.SQLITE:
            return read_sqlite.read(connection)


def column_widths(connection: Connection, dialect: str) -> dict[tuple[str, str], int | None]:
    """What each column of the four tables holds, in characters; None where there is no limit.

    One quick query. MySQL's text has a limit, of bytes: 65,535. In SQLite nothing has one.
    """
    match Dialect(dialect):
        case Dialect.MYSQL:
            return read_mysql.widths(connection)
        case Dialect.POSTGRESQL:
            return read_postgresql.widths(connection)
        case Dialect.SQLITE:
            return read_sqlite.widths(connection)


def tables_with_domain_index(connection: Connection, dialect: str) -> frozenset[str]:
    """Those of users and forwardings that answer "rows of a domain" by an index. Quick.

    On MySQL the query must then name DOMAIN_COLUMN, elsewhere DOMAIN_EXPRESSION.
    """
    match Dialect(dialect):
        case Dialect.MYSQL:
            return read_mysql.with_domain_index(connection)
        case Dialect.POSTGRESQL:
            has_index = read_postgresql.has_domain_index
        case Dialect.SQLITE:
            has_index = read_sqlite.has_domain_index
    return frozenset(name for name in INDEXED if has_index(connection, name))


def case_blind_tables(connection: Connection, dialect: str) -> frozenset[str]:
    """Those of the four whose key finds `A` when asked for `a`. A few quick queries.

    In the others a row with capitals is never found by Postfix, which asks in lower case.
    """
    match Dialect(dialect):
        case Dialect.MYSQL:
            return read_mysql.case_blind(connection)
        case Dialect.POSTGRESQL:
            is_blind = read_postgresql.is_case_blind
        case Dialect.SQLITE:
            is_blind = read_sqlite.is_case_blind
    there = column_widths(connection, dialect)
    return frozenset(
        name
        for name, table in EXPECTED.items()
        if (name, table.key.name) in there and is_blind(connection, name, table.key.name)
    )


def tables_sorted_by_bytes(connection: Connection, dialect: str) -> frozenset[str]:
    """Of `users` and `forwardings`, those whose key is sorted byte by byte. Quick.

    Only told of PostgreSQL, where "begins with" as a range is the quicker way.
    """
    if dialect != Dialect.POSTGRESQL:
        return frozenset()
    return frozenset(
        name
        for name in INDEXED
        if read_postgresql.sorted_by_bytes(connection, name, EXPECTED[name].key.name)
    )


def unguarded_tables(connection: Connection, dialect: str) -> frozenset[str]:
    """Those of the four in which the database does not keep two writers apart. Quick.

    There is no unique key, so both may write one and the same key; or the engine (MyISAM) locks no
    row, so the second one overwrites what the first has just written. Views are among them.
    """
    match Dialect(dialect):
        case Dialect.MYSQL:
            return read_mysql.unguarded(connection)
        case Dialect.POSTGRESQL:
            is_unique = read_postgresql.is_unique
        case Dialect.SQLITE:
            is_unique = read_sqlite.is_unique
    there = {table for table, _ in column_widths(connection, dialect)}
    return frozenset(
        name
        for name, table in EXPECTED.items()
        if name in there and not is_unique(connection, name, table.key.name)
    )


def missing_tables(connection: Connection, dialect: str) -> list[str]:
    """The names of those of the four tables that are not there, neither as table nor as view."""
    present = {table for table, _ in column_widths(connection, dialect)}
    return [name for name in EXPECTED if name not in present]


def key_collations(connection: Connection, dialect: str) -> dict[str, str]:
    """The collations of `users.email` and `forwardings.source` by table, where MySQL's differ.

    Empty where every text that `senders_query` compares has the same one. One quick query.
    """
    if dialect != Dialect.MYSQL:
        return {}
    rows = fetch(
        connection,
        dialect,
        "SELECT table_name, column_name, collation_name FROM information_schema.columns"
        " WHERE table_schema = DATABASE() AND table_name IN (%s, %s) AND collation_name IS NOT NULL"
        " AND column_name IN (%s, %s, %s)",
        ("users", "forwardings", "email", "source", "destination"),
    )
    if len({collation for _table, _column, collation in rows}) < 2:
        return {}
    return {table: collation for table, column, collation in rows if column != "destination"}


def schema_of_tables(connection: Connection, dialect: str) -> str:
    """PostgreSQL's schema that `users` lies in; "" elsewhere, and where it is not there."""
    if dialect != Dialect.POSTGRESQL:
        return ""
    rows = fetch(
        connection,
        dialect,
        "SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.oid = to_regclass(%s)",
        ("users",),
    )
    return str(rows[0][0]) if rows else ""
