"""The four tables in a real database: what is wrong with them, and how to mend it.

Postfix and Dovecot read `domains`, `forwardings`, `users` and `transport` by the queries of the
well-known tutorials (mysql_table(5), pgsql_table(5), sqlite_table(5)). Those made the tables too
narrow for a modern hash (`password varchar(20)`) and left traps that differ by database: in
MariaDB's usual collations `é` equals `e` and trailing blanks do not count; in PostgreSQL and
SQLite a row with a capital letter is never found, since Postfix asks in lower case.

`read` asks the database, `judge` says what is wrong in stable codes (docs/tables.md), `find_rows`
looks at single rows, `plan` lists the statements that mend, `upgrade` carries them out, `create`
makes missing tables. Nothing but `create` and `upgrade` changes anything. All take a DB-API
connection (MySQLdb, psycopg, sqlite3) and its dialect: "mysql", "postgresql" or "sqlite".
"""

from __future__ import annotations

from mailkit.tables.create import create, create_statements, planned_statements
from mailkit.tables.expected import (
    DOMAIN_COLUMN,
    DOMAIN_EXPRESSION,
    EXPECTED,
    TABLES,
    Dialect,
    ExpectedColumn,
    ExpectedTable,
)
from mailkit.tables.facts import Column, Comparison, Facts, Kind, Table
from mailkit.tables.findings import LEVELS, Code, Finding, Level
from mailkit.tables.judge import judge
from mailkit.tables.read import (
    case_blind_tables,
    column_widths,
    key_collations,
    missing_tables,
    read,
    schema_of_tables,
    tables_sorted_by_bytes,
    tables_with_domain_index,
    unguarded_tables,
)
from mailkit.tables.rows import find_rows
from mailkit.tables.step import Lock, Mend, Step, Work
from mailkit.tables.upgrade import plan, upgrade

__all__ = [
    "DOMAIN_COLUMN",
    "DOMAIN_EXPRESSION",
    "EXPECTED",
    "LEVELS",
    "TABLES",
    "Code",
    "Column",
    "Comparison",
    "Dialect",
    "ExpectedColumn",
    "ExpectedTable",
    "Facts",
    "Finding",
    "Kind",
    "Level",
    "Lock",
    "Mend",
    "Step",
    "Table",
    "Work",
    "case_blind_tables",
    "column_widths",
    "create",
    "create_statements",
    "find_rows",
    "judge",
    "key_collations",
    "missing_tables",
    "plan",
    "planned_statements",
    "read",
    "schema_of_tables",
    "tables_sorted_by_bytes",
    "tables_with_domain_index",
    "unguarded_tables",
    "upgrade",
]
