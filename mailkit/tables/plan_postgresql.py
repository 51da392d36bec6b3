"""The steps that mend PostgreSQL's tables.

Widening a varchar touches no row there. Indexes are built CONCURRENTLY where the connection is
in autocommit; one that was interrupted leaves an invalid index, which is dropped first.
"""

from __future__ import annotations

from mailkit.tables.expected import (
    DOMAIN_EXPRESSION,
    EXPECTED,
    MADE_WIDTH,
    Dialect,
    domain_index,
    key_index,
    prefix_index,
)
from mailkit.tables.facts import Column, Kind, Table
from mailkit.tables.findings import Code, Finding
from mailkit.tables.sql import quote
from mailkit.tables.step import Lock, Mend, Step, Work


def steps(table: Table, findings: list[Finding], *, concurrently: bool) -> list[Step]:
    """The steps for one table, in their order."""
    if table.is_view:
        return []
    return _alter(table, findings) + _indexes(
        table, findings, concurrently=concurrently and not table.partitioned
    )


def _alter(table: Table, findings: list[Finding]) -> list[Step]:
    clauses: list[str] = []
    mends: list[Mend] = []
    # An index on an expression of the column is built anew.
    work, lock = (Work.INDEX, Lock.ALL) if table.domain_index else (Work.NONE, Lock.MOMENT)
    for finding in findings:
        if finding.code in (Code.COLUMN_NARROW, Code.COLUMN_TYPE):
            clause = _alter_type(table.columns[finding.column or ""], finding)
            if clause and table.columns[finding.column or ""].kind is Kind.PADDED:
                work, lock = Work.COPY, Lock.ALL
        elif finding.code is Code.COLUMN_MISSING:
            clause = _add_column(table.name, finding)
        else:
            continue
        if clause:
            clauses.append(clause)
            mends.append(Mend.of(finding))
    if not clauses:
        return []
    sql = f"ALTER TABLE {_place(table)} {', '.join(clauses)}"
    return [Step(table.name, sql, tuple(mends), lock, work, table.rows or 0)]


def _alter_type(column: Column, finding: Finding) -> str:
    if column.views or column.kind in (Kind.OTHER, Kind.BYTES):
        return ""  # PostgreSQL refuses for a view; what bytes or numbers mean, it cannot know.
    if not column.type.startswith("character"):
        return ""  # A domain, with checks of its own, is its maker's to widen.
    text = finding.params.get("wanted") == "text"
    width = max(MADE_WIDTH, column.width or 0, int(finding.params.get("needed", 0)))
    type_ = "text" if text else f"varchar({width})"
    # Without COLLATE the column would get its type's own.
    collate = f" COLLATE {column.collate}" if column.collate else ""
    return f"ALTER COLUMN {_q(column.name)} TYPE {type_}{collate}"


def _add_column(table: str, finding: Finding) -> str:
    wanted = EXPECTED[table].value
    if wanted is None or finding.column != wanted.name:
        return ""
    type_ = "text" if wanted.text else f"varchar({MADE_WIDTH})"
    return f"ADD COLUMN {_q(wanted.name)} {type_}" + (" NOT NULL DEFAULT ''" * wanted.filled)


def _indexes(table: Table, findings: list[Finding], *, concurrently: bool) -> list[Step]:
    found: list[Step] = []
    how = " CONCURRENTLY" if concurrently else ""
    lock = Lock.ONLINE if concurrently else Lock.WRITERS
    for finding in findings:
        key = table.columns.get(finding.column or "")
        if key is None or key.kind in (Kind.OTHER, Kind.BYTES):
            continue
        quoted, unique = _q(key.name), ""
        match finding.code:
            case Code.KEY_MISSING:
                name, what = key_index(Dialect.POSTGRESQL, table.name), quoted
                unique = " UNIQUE"
            case Code.INDEX_DOMAIN:
                name = domain_index(Dialect.POSTGRESQL, table.name)
                expression = DOMAIN_EXPRESSION[Dialect.POSTGRESQL].format(column=quoted)
                what = f"{expression}, {quoted}"
            case Code.INDEX_PREFIX:
                name = prefix_index(table.name)
                operators = "text_pattern_ops" if key.kind is Kind.TEXT else "varchar_pattern_ops"
                what = f"{quoted} {operators}"
            case _:
                continue
        if name in table.broken_indexes:
            sql = f"DROP INDEX{how} {_q(table.schema or '')}.{_q(name)}"
            found.append(Step(table.name, sql, (Mend.of(finding),), Lock.MOMENT, Work.NONE, 0))
        sql = f"CREATE{unique} INDEX{how} {_q(name)} ON {_place(table)} ({what})"
        mends = (Mend.of(finding),)
        found.append(Step(table.name, sql, mends, lock, Work.INDEX, table.rows or 0))
    return found


def _place(table: Table) -> str:
    return f"{_q(table.schema or '')}.{_q(table.name)}"


def _q(name: str) -> str:
    return quote(Dialect.POSTGRESQL, name)
