"""The index for "rows of a domain" is used by just the expression that queries are told to use."""

from __future__ import annotations

import pytest

from mailkit.tables import (
    DOMAIN_COLUMN,
    DOMAIN_EXPRESSION,
    Dialect,
    tables_with_domain_index,
    upgrade,
)
from tests.mailkit.tables.base import HASH_WIDTH, TUTORIAL, query, run
from tests.servers.databases import Database, MariaDBServer

KEYS = {"users": "email", "forwardings": "source"}
# As the first version of the panel made it: it told capitals apart.
FORMER = {
    "sqlite": ("CREATE INDEX mailadmin_{0}_domain ON {0} (substr({1}, instr({1}, '@') + 1), {1})",),
    "postgresql": ("CREATE INDEX mailadmin_{0}_domain ON {0} (split_part({1}, '@', 2), {1})",),
    "mysql": (
        "ALTER TABLE {0} MODIFY {1} varchar(255) COLLATE utf8mb4_bin NOT NULL",
        "ALTER TABLE {0} ADD COLUMN mailadmin_domain varchar(255) COLLATE utf8mb4_bin"
        " AS (SUBSTRING_INDEX({1}, '@', -1)) VIRTUAL INVISIBLE",
        "ALTER TABLE {0} ADD INDEX mailadmin_domain (mailadmin_domain, {1})",
    ),
}


@pytest.fixture
def filled(any_database: Database) -> Database:
    connection, dialect = any_database.connect(), any_database.dialect
    run(connection, TUTORIAL)
    for table in KEYS:
        # A domain of 1,000 mailboxes among 400 of 50.
        names = [f"d{n % 400}" if n % 21 else "big" for n in range(21_000)]
        values = ", ".join(f"('u{n}@{name}.test', 'x')" for n, name in enumerate(names))
        run(connection, [f"INSERT INTO {table} VALUES {values}, ('x@BIG.Test', 'x')"])
    assert tables_with_domain_index(connection, dialect) == frozenset()
    upgrade(connection, dialect, HASH_WIDTH)
    if dialect == "mysql":
        query(connection, "ANALYZE TABLE users, forwardings")
    else:
        run(connection, ["ANALYZE"])
    assert tables_with_domain_index(connection, dialect) == frozenset(KEYS)
    return any_database


def domain_of(dialect: str, table: str, quoted: str) -> str:
    """As the panel's querysets write it."""
    if dialect == "mysql":
        return f"`{table}`.`{DOMAIN_COLUMN}`"
    return DOMAIN_EXPRESSION[dialect].format(column=quoted)


@pytest.mark.parametrize("table", KEYS)
def test_a_page_of_a_domain_uses_it(filled: Database, table: str) -> None:
    connection, dialect = filled.connect(), filled.dialect
    mark = "`" if dialect == "mysql" else '"'
    quoted = f"{mark}{table}{mark}.{mark}{KEYS[table]}{mark}"
    domain = domain_of(dialect, table, quoted)
    sql = (
        f"SELECT * FROM {table} WHERE {domain} = 'big.test' AND {quoted} > 'u2'"
        f" ORDER BY {quoted} LIMIT 51"
    )
    explain = "EXPLAIN QUERY PLAN" if dialect == "sqlite" else "EXPLAIN"
    told = str(query(connection, f"{explain} {sql}"))
    index = DOMAIN_COLUMN if dialect == "mysql" else f"mailadmin_{table}_domain"
    assert index in told, told
    assert "filesort" not in told
    assert "TEMP B-TREE" not in told
    assert "Sort" not in told
    counted = f"SELECT COUNT(*) FROM {table} WHERE {domain} = 'big.test'"
    assert index in str(query(connection, f"{explain} {counted}"))
    assert query(connection, counted) == [(1001,)]


@pytest.mark.parametrize("table", KEYS)
def test_the_expression_gives_the_same_without_the_index(filled: Database, table: str) -> None:
    connection, dialect = filled.connect(), filled.dialect
    expression = DOMAIN_EXPRESSION[dialect].format(column=KEYS[table])
    rows = query(connection, f"SELECT COUNT(*) FROM {table} WHERE {expression} = 'big.test'")
    assert rows == [(1001,)]


def test_an_index_that_tells_capitals_apart_is_made_anew(any_database: Database) -> None:
    connection, dialect = any_database.connect(), any_database.dialect
    run(connection, TUTORIAL)
    for table, key in KEYS.items():
        run(connection, [sql.format(table, key) for sql in FORMER[dialect]])
        run(connection, [f"INSERT INTO {table} VALUES ('z@UP.test', 'x')"])
    assert tables_with_domain_index(connection, dialect) == frozenset()

    steps = [one.sql for one in upgrade(connection, dialect, HASH_WIDTH)]

    for table, key in KEYS.items():
        assert [sql for sql in steps if "DROP" in sql and table in sql], steps
        domain = domain_of(dialect, table, key)
        assert query(connection, f"SELECT COUNT(*) FROM {table} WHERE {domain} = 'up.test'") == [
            (1,)
        ]
    assert tables_with_domain_index(connection, dialect) == frozenset(KEYS)
    assert upgrade(connection, dialect, HASH_WIDTH) == []


@pytest.mark.stack
def test_an_index_of_mariadb_that_is_blind_to_case_stays(mariadb_server: MariaDBServer) -> None:
    database = mariadb_server.create_database()
    connection = database.connect()
    run(connection, TUTORIAL)
    for table, key in KEYS.items():
        run(
            connection,
            [sql.format(table, key).replace("COLLATE utf8mb4_bin", "") for sql in FORMER["mysql"]],
        )
    assert tables_with_domain_index(connection, "mysql") == frozenset(KEYS)
    steps = upgrade(connection, "mysql", HASH_WIDTH)
    assert not [step.sql for step in steps if "mailadmin_domain" in step.sql]
    mariadb_server.drop_database(database)


@pytest.mark.stack
def test_postgresql_finds_the_first_characters_by_an_index(request: pytest.FixtureRequest) -> None:
    server = request.getfixturevalue("postgresql_server")
    database = server.create_database()
    connection = database.connect()
    run(connection, TUTORIAL)
    run(
        connection,
        (
            "INSERT INTO users SELECT 'u' || n || '@d.test', 'x' FROM generate_series(1, 20000) n",
            "ANALYZE users",
        ),
    )
    search = "EXPLAIN SELECT * FROM users WHERE users.email::text LIKE 'u1234%'"
    assert "Seq Scan" in str(query(connection, search))
    upgrade(connection, "postgresql", HASH_WIDTH)
    assert "mailadmin_users_prefix" in str(query(connection, search))
    server.drop_database(database)


@pytest.mark.parametrize("dialect", Dialect)
def test_the_expression_takes_the_column_and_nothing_else(dialect: Dialect) -> None:
    """Bound parameters in it would keep SQLite from its index."""
    text = DOMAIN_EXPRESSION[dialect]
    assert "%" not in text
    assert "?" not in text
    assert "{" not in text.format(column="email")
