"""Plan the statements that mend the tables, and carry them out; a second run finds nothing to do.

Each statement stands for itself: MariaDB commits it at once, so an upgrade that was interrupted
is simply run again and goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from mailkit.tables import plan_mysql, plan_postgresql, plan_sqlite
from mailkit.tables.expected import Dialect
from mailkit.tables.facts import Facts
from mailkit.tables.findings import Finding
from mailkit.tables.judge import judge
from mailkit.tables.read import read
from mailkit.tables.sql import Connection, execute, fetch
from mailkit.tables.step import Step

# Seconds to wait for a table that another client holds. While an ALTER waits, every later query
# on the table waits behind it, mail lookups too; the server's own limit is a day.
_LOCK_WAIT = 10
# Strict, so that no value is cut on its way, and InnoDB or nothing. Without NO_ZERO_DATE, since
# rows with such dates in columns of others must come through as they are.
_SQL_MODE = "STRICT_ALL_TABLES,STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION"


def plan(facts: Facts, hash_width: int, *, concurrently: bool = True) -> list[Step]:
    """The statements that mend what `judge` finds, table by table. Only looks.

    Findings that no step mends are for a person to decide; docs/tables.md says how.
    `concurrently`: PostgreSQL may build indexes outside a transaction.
    """
    by_table: dict[str, list[Finding]] = {}
    for finding in judge(facts, hash_width):
        if finding.table in facts.tables:
            by_table.setdefault(finding.table or "", []).append(finding)
    steps: list[Step] = []
    for name, findings in by_table.items():
        table = facts.tables[name]
        match Dialect(facts.dialect):
            case Dialect.MYSQL:
                steps += plan_mysql.steps(facts, table, findings)
            case Dialect.POSTGRESQL:
                steps += plan_postgresql.steps(table, findings, concurrently=concurrently)
            case Dialect.SQLITE:
                steps += plan_sqlite.steps(facts, table, findings)
    return steps


def upgrade(
    connection: Connection,
    dialect: str,
    hash_width: int,
    *,
    before_step: Callable[[Step], Any] = lambda step: None,
) -> list[Step]:
    """Read, plan, carry out; returns the steps that were done.

    Raises the driver's error of the statement that failed; those before it stay done. Where the
    connection is not in autocommit, the caller commits.
    """
    facts = read(connection, dialect)
    steps = plan(facts, hash_width, concurrently=in_autocommit(connection, dialect))
    with _careful_session(connection, dialect):
        for step in steps:
            before_step(step)
            execute(connection, step.sql)
    return steps


def in_autocommit(connection: Connection, dialect: str) -> bool:
    """Whether each statement is a transaction of its own (only PostgreSQL's indexes ask)."""
    return dialect == Dialect.POSTGRESQL and bool(getattr(connection, "autocommit", False))


@contextmanager
def _careful_session(connection: Connection, dialect: str) -> Iterator[None]:
    if dialect == Dialect.MYSQL:
        ask = "SELECT @@SESSION.sql_mode, @@SESSION.lock_wait_timeout"
        sql_mode, wait = fetch(connection, dialect, ask)[0]
        execute(connection, f"SET SESSION sql_mode='{_SQL_MODE}', lock_wait_timeout={_LOCK_WAIT}")
        try:
            yield
        finally:
            restore = f"SET SESSION sql_mode='{sql_mode}', lock_wait_timeout={int(wait)}"
            # A connection that broke has no session to restore, and its error is the one to tell.
            with suppress(Exception):
                execute(connection, restore)
        return
    if dialect != Dialect.POSTGRESQL:
        yield
        return
    before = fetch(connection, dialect, "SELECT current_setting('lock_timeout')")[0][0]
    _set_lock_timeout(connection, f"{_LOCK_WAIT}s")
    try:
        yield
    finally:
        # After an error inside a transaction nothing can be set; its rollback does it.
        if in_autocommit(connection, dialect):
            with suppress(Exception):
                _set_lock_timeout(connection, str(before))


def _set_lock_timeout(connection: Connection, value: str) -> None:
    local = not in_autocommit(connection, Dialect.POSTGRESQL)
    ask = "SELECT set_config('lock_timeout', %s, %s)"
    fetch(connection, Dialect.POSTGRESQL, ask, (value, local))
