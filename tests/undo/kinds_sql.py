"""Changes past the panel: by SQL, with odd keys, odd hashes and further columns."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection

from domains.models import Domain, Transport
from mailboxes.models import Forwarding, Mailbox
from mailkit.tables import content
from tests.undo.random_changes import DOMAINS, FAR, NAMES, WEAK, BySql, RandomChanges

# As SQL may have made them.
ODD_NAMES = ("MiXed", "O'Brien", 'quo"te', "back\\slash", "%s", "ünïcode", "é", "a b", "Anna")
ODD_DOMAINS = ("UPPER.test", "ünï.test", "it's.test", "x" * 40 + ".test")
HASHES = (
    "{SHA512-CRYPT}$6$abc$def",
    "ab01FAX.bQRSU",
    "",
    "{CRYPT}$!$x",
    "plain ünï 'x' \\",
    WEAK,
)
# Further columns: (table, column, values).
FURTHER = (
    ("users", "department", ("post room", "Vorstand & Co. «ü»", "", None, "it's 100%")),
    ("users", "quota", (0, 2**40, -1, None)),
    ("users", "photo", (b"\x00\xff\x27\x5c\n", b"", None)),
    ("users", "seen", ("2024-02-29 23:59:59.000001", None)),
    ("users", "score", (0.1, 16777216.0, 1e-20, None)),
    ("forwardings", "note", ("näh, \"quoted\" 'x'\n☃", "", None)),
    ("transport", "weight", (0.30000000000000004, 1.0, None)),
    ("domains", "info", (b"\xc3\x28", None)),
)


def _execute(sql: str, *params: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def _odd(world: RandomChanges) -> str:
    domain = world.random.choice([*DOMAINS, *ODD_DOMAINS])
    return f"{world.random.choice([*ODD_NAMES, *NAMES])}@{domain}"


def _insert(table: str, row: dict[str, str], key: str) -> Callable[[], None]:
    names, marks = ", ".join(row), ", ".join(["%s"] * len(row))
    _execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", *row.values())
    columns = content.content(connection.connection, connection.vendor, table)
    return lambda: content.delete(connection.connection, columns, [row[key]])


def _sql_domain(world: RandomChanges) -> Callable[[], None]:
    name = world.random.choice(ODD_DOMAINS)
    return _insert("domains", {"domain": name}, "domain")


def _sql_mailbox(world: RandomChanges) -> Callable[[], None]:
    row = {"email": _odd(world), "password": world.random.choice(HASHES)}
    return _insert("users", row, "email")


def _sql_forwarding(world: RandomChanges) -> Callable[[], None]:
    row = {"source": _odd(world), "destination": world.random.choice([*FAR, "", "a@b, c@d  e@f\n"])}
    return _insert("forwardings", row, "source")


def _sql_transport(world: RandomChanges) -> Callable[[], None]:
    row = {"domain": world.random.choice(["", _odd(world), ".UP.test"]), "transport": "smtp:"}
    return _insert("transport", row, "domain")


def _sql_further(world: RandomChanges) -> Callable[[], None]:
    table, column, values = world.random.choice(FURTHER)
    key = world.some({m._meta.db_table: m for m in MODELS}[table])
    columns = content.content(connection.connection, connection.vendor, table)
    (before,) = content.read(connection.connection, columns, [key])
    name = columns.key.name
    # Past the further columns' own code: as somebody's program would.
    _execute(
        f"UPDATE {table} SET {column} = %s WHERE {name} = %s", world.random.choice(values), key
    )
    return lambda: content.update(connection.connection, columns, key, {column: before[column]})


def _sql_delete(world: RandomChanges) -> Callable[[], None]:
    model = world.random.choice(MODELS)
    key = world.some(model)
    columns = content.content(connection.connection, connection.vendor, model._meta.db_table)
    found = content.read(connection.connection, columns, [key])
    content.delete(connection.connection, columns, [key])
    return lambda: content.insert(connection.connection, columns, found)


def _sql_hash(world: RandomChanges) -> Callable[[], None]:
    key = world.some(Mailbox)
    columns = content.content(connection.connection, connection.vendor, "users")
    (before,) = content.read(connection.connection, columns, [key])
    world.passwords.pop(key, None)
    _execute("UPDATE users SET password = %s WHERE email = %s", world.random.choice(HASHES), key)
    return lambda: content.update(
        connection.connection, columns, key, {"password": before["password"]}
    )


MODELS = (Domain, Mailbox, Forwarding, Transport)
KINDS: dict[str, BySql] = {
    "sql_domain": _sql_domain,
    "sql_mailbox": _sql_mailbox,
    "sql_forwarding": _sql_forwarding,
    "sql_transport": _sql_transport,
    "sql_further": _sql_further,
    "sql_delete": _sql_delete,
    "sql_hash": _sql_hash,
}
