"""The database user of the mail servers, which reads the four tables and nothing else, as SQL."""

from __future__ import annotations

from mailkit.serverfiles import DataSource
from mailkit.tables import TABLES, Dialect

_NAMES = tuple(table.name for table in TABLES)
# From where the mail servers reach a MySQL server on their own machine: by socket, and by TCP
# where the server looks up no names.
LOCAL = ("localhost", "127.0.0.1", "::1")
ANYWHERE = ("%",)


def reader_grants(source: DataSource, clients: tuple[str, ...] = (), schema: str = "public") -> str:
    """The statements that make the user of `source`, or set its password, and let it read.

    For MySQL's and PostgreSQL's own command line; "" for SQLite, which has no users. May be run
    again. `clients`, MySQL's: the machines it comes from; by default this one where the database
    is here, else any. `schema`, PostgreSQL's: where the four tables lie.
    """
    if source.dialect is Dialect.SQLITE:
        return ""
    if source.dialect is Dialect.MYSQL:
        return _mysql(source, clients or (LOCAL if is_local(source) else ANYWHERE))
    return _postgresql(source, schema)


def is_local(source: DataSource) -> bool:
    """Whether every database server is on the mail servers' own machine."""
    return all(one.host in ("", *LOCAL) or one.host.startswith("/") for one in source.hosts)


def _mysql(source: DataSource, clients: tuple[str, ...]) -> str:
    database = source.name.replace("`", "``")
    lines = ["SET SESSION sql_mode = 'STRICT_TRANS_TABLES';"]
    for client in clients:
        account = f"{_mysql_text(source.user)}@{_mysql_text(client)}"
        password = _mysql_text(source.password)
        lines += [
            f"CREATE USER IF NOT EXISTS {account} IDENTIFIED BY {password};",
            # For one that is there already.
            f"ALTER USER {account} IDENTIFIED BY {password};",
            *(f"GRANT SELECT ON `{database}`.`{name}` TO {account};" for name in _NAMES),
        ]
    return "\n".join(lines) + "\n"


def _mysql_text(text: str) -> str:
    # As sql_mode without NO_BACKSLASH_ESCAPES reads it.
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def _postgresql(source: DataSource, schema: str) -> str:
    role, database = _name(source.user), _name(source.name)
    lines = [
        "SET standard_conforming_strings = on;",
        # CREATE ROLE knows no IF NOT EXISTS.
        f"DO $mailconfig$ BEGIN CREATE ROLE {role}; "
        "EXCEPTION WHEN duplicate_object THEN NULL; END $mailconfig$;",
        f"ALTER ROLE {role} LOGIN PASSWORD {_postgresql_text(source.password)};",
        f"GRANT CONNECT ON DATABASE {database} TO {role};",
        f"GRANT USAGE ON SCHEMA {_name(schema)} TO {role};",
        *(f"GRANT SELECT ON {_name(schema)}.{name} TO {role};" for name in _NAMES),
    ]
    if schema != "public":
        # The servers' queries name no schema.
        lines.append(f"ALTER ROLE {role} IN DATABASE {database} SET search_path = {_name(schema)};")
    return "\n".join(lines) + "\n"


def _name(text: str) -> str:
    escaped = text.replace('"', '""')
    return f'"{escaped}"'


def _postgresql_text(text: str) -> str:
    escaped = text.replace("'", "''")
    return f"'{escaped}'"
