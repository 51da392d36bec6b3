"""The steps that mend an SQLite file: a unique index, a missing column, the domain index."""

from __future__ import annotations

from mailkit.tables.expected import (
    DOMAIN_EXPRESSION,
    EXPECTED,
    MADE_WIDTH,
    Dialect,
    domain_index,
    key_index,
)
from mailkit.tables.facts import Facts, Table
from mailkit.tables.findings import Code, Finding
from mailkit.tables.sql import quote
from mailkit.tables.step import Lock, Mend, Step, Work


def steps(facts: Facts, table: Table, findings: list[Finding]) -> list[Step]:
    """The steps for one table, in their order."""
    if table.is_view:
        return []
    # In WAL mode readers go on; with a rollback journal they wait for the writer's end.
    lock = Lock.WRITERS if facts.journal_mode == "wal" else Lock.ALL
    found: list[Step] = []
    for finding in findings:
        key = table.columns.get((finding.column or "").lower())
        if finding.code is Code.COLUMN_MISSING:
            found += _add_column(table, finding)
            continue
        if key is None or not key.collation_known:
            continue
        name = _q(key.name)
        if finding.code is Code.KEY_MISSING:
            index = key_index(Dialect.SQLITE, table.name)
            sql = f"CREATE UNIQUE INDEX {_q(index)} ON {_q(table.name)} ({name})"
        elif finding.code is Code.INDEX_DOMAIN:
            index = domain_index(Dialect.SQLITE, table.name)
            expression = DOMAIN_EXPRESSION[Dialect.SQLITE].format(column=name)
            found += [
                Step(table.name, f"DROP INDEX {_q(one)}", (Mend.of(finding),), lock, Work.NONE, 0)
                for one in table.broken_indexes
            ]
            sql = f"CREATE INDEX {_q(index)} ON {_q(table.name)} ({expression}, {name})"
        else:
            continue
        mends = (Mend.of(finding),)
        found.append(Step(table.name, sql, mends, lock, Work.INDEX, table.rows or 0))
    return found


def _add_column(table: Table, finding: Finding) -> list[Step]:
    wanted = EXPECTED[table.name].value
    if wanted is None or finding.column != wanted.name:
        return []
    type_ = "text" if wanted.text else f"varchar({MADE_WIDTH})"
    rest = " NOT NULL DEFAULT ''" if wanted.filled else ""
    sql = f"ALTER TABLE {_q(table.name)} ADD COLUMN {_q(wanted.name)} {type_}{rest}"
    return [Step(table.name, sql, (Mend.of(finding),), Lock.MOMENT, Work.NONE, table.rows or 0)]


def _q(name: str) -> str:
    return quote(Dialect.SQLITE, name)
