"""The steps that mend MariaDB's or MySQL's tables: one ALTER a table, then the domain index.

What MODIFY does not repeat is lost, so each column's DEFAULT, COMMENT and CHECK are taken over
literally from SHOW CREATE TABLE, and its charset and collation stay what they are.
"""

from __future__ import annotations

from mailkit.tables.expected import (
    DOMAIN_COLUMN,
    DOMAIN_EXPRESSION,
    EXPECTED,
    MADE_WIDTH,
    Dialect,
    key_index,
)
from mailkit.tables.facts import Column, Facts, Kind, Table
from mailkit.tables.findings import Code, Finding
from mailkit.tables.step import Lock, Mend, Step, Work

# InnoDB's limit for one index with ROW_FORMAT=DYNAMIC, in bytes.
_INDEX_BYTES = 3072
# A varchar of more bytes has two bytes of length before it instead of one.
_ONE_LENGTH_BYTE = 255
# Wider is a blob, which no varchar can take the place of.
_LONGEST_VARBINARY = 1000
_LOCKS = {
    Work.NONE: Lock.MOMENT,
    Work.INDEX: Lock.ONLINE,
    Work.REBUILD: Lock.ONLINE,
    Work.COPY: Lock.WRITERS,
}
_ORDER = list(Work)


class _Alter:
    """Collects the clauses of one ALTER TABLE; the whole takes as much work as its worst part."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.clauses: list[str] = []
        self.mends: list[Mend] = []
        self.work = Work.NONE

    def add(self, clause: str, finding: Finding, work: Work) -> None:
        self.clauses.append(clause)
        self.mends.append(Mend.of(finding))
        self.work = max(self.work, work, key=_ORDER.index)

    def step(self) -> Step:
        return Step(
            table=self.table.name,
            sql=f"ALTER TABLE `{self.table.name}` {', '.join(self.clauses)}",
            mends=tuple(self.mends),
            lock=_LOCKS[self.work],
            work=self.work,
            rows=self.table.rows or 0,
        )


def steps(facts: Facts, table: Table, findings: list[Finding]) -> list[Step]:
    """The steps for one table, in their order."""
    if table.is_view:
        return []
    alter = _Alter(table)
    widths = {name: column.width for name, column in table.columns.items()}
    domain_index: list[Step] = []
    for finding in findings:
        match finding.code:
            case Code.COLUMN_NARROW | Code.COLUMN_TYPE:
                _modify(facts, alter, finding, widths)
            case Code.COLUMN_MISSING:
                _add_column(alter, finding)
            case Code.KEY_MISSING:
                _add_key(alter, finding)
            case Code.TABLE_ENGINE:
                alter.add("ENGINE=InnoDB, ROW_FORMAT=DYNAMIC", finding, Work.COPY)
            case Code.TABLE_ROW_FORMAT:
                alter.add("ROW_FORMAT=DYNAMIC", finding, Work.REBUILD)
            case Code.INDEX_DOMAIN:
                domain_index = _domain_index(facts, table, finding, widths)
    return ([alter.step()] if alter.clauses else []) + domain_index


def _modify(facts: Facts, alter: _Alter, finding: Finding, widths: dict[str, int | None]) -> None:
    column = alter.table.columns[(finding.column or "").lower()]
    if column.kind is Kind.OTHER or column.attributes is None:
        return
    is_bytes = column.kind is Kind.BYTES
    charset = f" CHARACTER SET utf8mb4 COLLATE {_bytewise(facts)}" if is_bytes else ""
    if finding.params.get("wanted") == "text":
        type_, work = "text", Work.COPY
    elif is_bytes and (column.width or 0) > _LONGEST_VARBINARY:
        if column is alter.table.key:
            return  # It has an index on a beginning of it, which needs a choice.
        type_, work = "text", Work.COPY
    else:
        width = max(MADE_WIDTH, column.width or 0, int(finding.params.get("needed", 0)))
        type_, work = f"varchar({width})", _widening(facts, column, width)
        widths[column.name.lower()] = width
    clause = f"MODIFY `{_escaped(column.name)}` {type_}{charset} {column.attributes}"
    alter.add(clause.strip(), finding, work)


def _bytewise(facts: Facts) -> str:
    """A collation that compares byte by byte, trailing blanks too, as bytes were compared."""
    return "utf8mb4_nopad_bin" if facts.mariadb else "utf8mb4_0900_bin"


def _widening(facts: Facts, column: Column, width: int) -> Work:
    if column.kind is not Kind.STRING or not column.type.lower().startswith("varchar"):
        return Work.COPY
    if facts.instant_widening:
        return Work.NONE
    longest = 4 if column.unicode else 1
    crosses = (column.width or 0) * longest <= _ONE_LENGTH_BYTE < width * longest
    return Work.COPY if crosses else Work.NONE


def _add_column(alter: _Alter, finding: Finding) -> None:
    expected = EXPECTED[alter.table.name]
    wanted = expected.value
    if wanted is None or finding.column != wanted.name:
        return  # Without its key a table is not one of ours; rows cannot be given one.
    type_ = "text" if wanted.text else f"varchar({MADE_WIDTH})"
    rest = " NOT NULL DEFAULT ''" if wanted.filled else " NULL"
    alter.add(f"ADD COLUMN `{wanted.name}` {type_}{rest}", finding, Work.NONE)


def _add_key(alter: _Alter, finding: Finding) -> None:
    column = alter.table.columns[(finding.column or "").lower()]
    if column.kind not in (Kind.STRING, Kind.BYTES):
        return  # MySQL wants a prefix's length for text, and a prefix must not be unique.
    name = _escaped(column.name)
    if column.nullable or alter.table.has_primary_key:
        # A primary key would refuse NULL, or without strict mode turn it into ''.
        clause = f"ADD UNIQUE KEY `{key_index(Dialect.MYSQL, alter.table.name)}` (`{name}`)"
        alter.add(clause, finding, Work.INDEX)
    else:
        alter.add(f"ADD PRIMARY KEY (`{name}`)", finding, Work.REBUILD)


def _domain_index(
    facts: Facts, table: Table, finding: Finding, widths: dict[str, int | None]
) -> list[Step]:
    """Two statements: the virtual column takes a moment, the index is built while mail flows."""
    key = table.columns[(finding.column or "").lower()]
    width = widths[(finding.column or "").lower()]
    if not facts.invisible_columns or key.kind not in (Kind.STRING, Kind.BYTES) or not width:
        return []
    if width * 2 * (4 if key.unicode else 1) > _INDEX_BYTES:
        return []
    name = _escaped(key.name)
    charset, collation = key.charset or "utf8mb4", key.collation or _bytewise(facts)
    expression = DOMAIN_EXPRESSION[Dialect.MYSQL].format(column=f"`{name}`")
    column = Step(
        table=table.name,
        sql=f"ALTER TABLE `{table.name}` ADD COLUMN `{DOMAIN_COLUMN}` varchar({width})"
        f" CHARACTER SET {charset} COLLATE {collation}"
        f" GENERATED ALWAYS AS ({expression}) VIRTUAL INVISIBLE",
        mends=(Mend.of(finding),),
        lock=Lock.MOMENT,
        work=Work.NONE,
        rows=table.rows or 0,
    )
    index = Step(
        table=table.name,
        sql=f"ALTER TABLE `{table.name}` ADD INDEX `{DOMAIN_COLUMN}` (`{DOMAIN_COLUMN}`, `{name}`)",
        mends=(Mend.of(finding),),
        lock=Lock.ONLINE,
        work=Work.INDEX,
        rows=table.rows or 0,
    )
    if table.outdated_domain_column:
        return [_drop_outdated(table, finding), column, index]
    return [index] if table.domain_column else [column, index]


def _drop_outdated(table: Table, finding: Finding) -> Step:
    drops = [f"DROP INDEX `{name}`" for name in table.broken_indexes]
    return Step(
        table=table.name,
        sql=f"ALTER TABLE `{table.name}` {', '.join([*drops, f'DROP COLUMN `{DOMAIN_COLUMN}`'])}",
        mends=(Mend.of(finding),),
        lock=Lock.MOMENT,
        work=Work.NONE,
        rows=table.rows or 0,
    )


def _escaped(name: str) -> str:
    return name.replace("`", "``")
