"""Random changes of every kind: by services, in bulk, and by SQL past the panel.

Each change by a service gives the id of one of its entries; each one by SQL the way back.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from audit.actions import one_action
from audit.actor import Actor, ActorKind
from audit.models import Entry
from domains.models import Domain, Transport
from domains.services import change_transport, create_domain, create_transport, delete_transport
from mailboxes.models import Forwarding, Mailbox
from mailboxes.services import forwardings as forwarding_services
from mailboxes.services import mailboxes as mailbox_services
from mailboxes.services.domains import delete_domain
from mailkit.tables import content

DOMAINS = ("a.test", "b.test", "c.test", "sub.a.test")
NAMES = ("anna", "bert", "carl", "dora", "emil", "info")
# As SQL may have made them.
ODD_NAMES = ("MiXed", "O'Brien", 'quo"te', "back\\slash", "%s", "ünïcode", "é", "a b", "Anna")
ODD_DOMAINS = ("UPPER.test", "ünï.test", "it's.test", "x" * 40 + ".test")
FAR = ("x@far.example", "Y@far.example", "z@elsewhere.example")
TRANSPORTS = ("smtp:[192.0.2.1]:25", "relay:", "discard:quietly", "error:5.1.1 gone", ":")
HASHES = ("{SHA512-CRYPT}$6$abc$def", "ab01FAX.bQRSU", "", "{CRYPT}$!$x", "plain ünï 'x' \\")
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


@dataclass(frozen=True)
class Change:
    """What was done. `entry_id`: of a service; `take_back`: of SQL."""

    kind: str
    entry_id: int | None = None
    entries: int = 0
    take_back: Callable[[], None] | None = None


class Impossible(Exception):
    """There is nothing to do this with right now."""


class RandomChanges:
    """Makes changes, one at a time."""

    def __init__(self, random_: random.Random, actor: Actor, counts: dict[str, int]) -> None:
        self.random = random_
        self.actor = actor
        self.counts = counts
        self.passwords: dict[str, str] = {}

    def change(self) -> Change:
        """One change of some kind; rarer kinds come first every other time."""
        for _attempt in range(200):
            kinds = [*SERVICES, *SQL]
            if self.random.random() < 0.5:
                kinds = sorted(kinds, key=lambda kind: self.counts.get(kind, 0))[:4]
            kind = self.random.choice(kinds)
            try:
                with transaction.atomic():
                    done = self._by_service(kind) if kind in SERVICES else self._by_sql(kind)
            except (Impossible, ValidationError, IntegrityError):
                continue
            self.counts[kind] = self.counts.get(kind, 0) + 1
            return done
        raise AssertionError("nothing can be changed")

    def _by_service(self, kind: str) -> Change:
        last = Entry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        SERVICES[kind](self)
        made = list(Entry.objects.filter(pk__gt=last).values_list("pk", "group"))
        if not made:
            raise Impossible
        assert len({group for _pk, group in made}) == 1, "one action, one group"
        return Change(kind, self.random.choice(made)[0], len(made))

    def _by_sql(self, kind: str) -> Change:
        return Change(kind, take_back=SQL[kind](self))

    # ---- what there is ----
    def some(self, model) -> str:
        keys = sorted(model.objects.values_list("pk", flat=True))
        if not keys:
            raise Impossible
        return self.random.choice(keys)

    def address(self) -> str:
        return f"{self.random.choice(NAMES)}@{self.random.choice(DOMAINS)}"

    def targets(self) -> str:
        there = sorted(Mailbox.objects.values_list("pk", flat=True))
        pool = [*FAR, *(one for one in there if one.isascii() and " " not in one)]
        chosen = self.random.sample(pool, min(len(pool), self.random.randint(1, 3)))
        return "\n".join(chosen)

    def password(self, email: str) -> str:
        self.passwords[email] = f"long enough {self.random.random()}"
        return self.passwords[email]

    def source(self) -> str:
        domain = self.random.choice(DOMAINS)
        return self.random.choice([f"@{domain}", self.address(), self.address()])

    def transport_key(self) -> str:
        domain = self.random.choice(DOMAINS)
        return self.random.choice(["*", f".{domain}", domain, self.address(), "far.example"])


def _create_domain(world: RandomChanges) -> None:
    create_domain(actor=world.actor, domain=world.random.choice(DOMAINS), force=True)


def _delete_domain(world: RandomChanges) -> None:
    delete_domain(actor=world.actor, domain=world.some(Domain))


def _delete_domain_keep(world: RandomChanges) -> None:
    delete_domain(actor=world.actor, domain=world.some(Domain), dependents="keep")


def _create_mailbox(world: RandomChanges) -> None:
    email = world.address()
    mailbox_services.create_mailbox(
        actor=world.actor, email=email, password=world.password(email), force=True
    )


def _set_password(world: RandomChanges) -> None:
    email = world.some(Mailbox)
    mailbox_services.set_mailbox_password(
        actor=world.actor, email=email, password=world.password(email), force=True
    )


def _change_own_password(world: RandomChanges) -> None:
    email = world.some(Mailbox)
    if email not in world.passwords:
        raise Impossible
    mailbox_services.change_own_password(
        actor=Actor(ActorKind.MAILBOX_OWNER, email),
        old_password=world.passwords[email],
        new_password=world.password(email),
        force=True,
    )


def _suspend(world: RandomChanges) -> None:
    mailbox_services.suspend_mailbox(actor=world.actor, email=world.some(Mailbox))


def _resume(world: RandomChanges) -> None:
    mailbox_services.resume_mailbox(actor=world.actor, email=world.some(Mailbox))


def _delete_mailbox(world: RandomChanges) -> None:
    mailbox_services.delete_mailbox(actor=world.actor, email=world.some(Mailbox))


def _delete_mailbox_keep(world: RandomChanges) -> None:
    mailbox_services.delete_mailbox(actor=world.actor, email=world.some(Mailbox), dependents="keep")


def _create_forwarding(world: RandomChanges) -> None:
    forwarding_services.create_forwarding(
        actor=world.actor, source=world.source(), destination=world.targets(), force=True
    )


def _change_forwarding(world: RandomChanges) -> None:
    forwarding_services.change_forwarding(
        actor=world.actor, key=world.some(Forwarding), destination=world.targets(), force=True
    )


def _rename_forwarding(world: RandomChanges) -> None:
    forwarding_services.change_forwarding(
        actor=world.actor,
        key=world.some(Forwarding),
        source=world.source(),
        destination=world.targets(),
        force=True,
    )


def _delete_forwarding(world: RandomChanges) -> None:
    forwarding_services.delete_forwarding(actor=world.actor, key=world.some(Forwarding))


def _create_transport(world: RandomChanges) -> None:
    create_transport(
        actor=world.actor,
        domain=world.transport_key(),
        transport=world.random.choice(TRANSPORTS),
        force=True,
    )


def _change_transport(world: RandomChanges) -> None:
    change_transport(
        actor=world.actor,
        key=world.some(Transport),
        transport=world.random.choice(TRANSPORTS),
        force=True,
    )


def _rename_transport(world: RandomChanges) -> None:
    change_transport(
        actor=world.actor,
        key=world.some(Transport),
        domain=world.transport_key(),
        transport=world.random.choice(TRANSPORTS),
        force=True,
    )


def _delete_transport(world: RandomChanges) -> None:
    delete_transport(actor=world.actor, key=world.some(Transport))


def _bulk_delete(world: RandomChanges) -> None:
    """Several mailboxes and a forwarding in one go, as a bulk edit does."""
    keys = sorted(Mailbox.objects.values_list("pk", flat=True))
    if len(keys) < 2:
        raise Impossible
    with one_action():
        for email in world.random.sample(keys, min(len(keys), 4)):
            mailbox_services.delete_mailbox(actor=world.actor, email=email)


def _bulk_mixed(world: RandomChanges) -> None:
    """The same rows several times within one action."""
    email = world.address()
    with one_action():
        mailbox_services.create_mailbox(
            actor=world.actor, email=email, password=world.password(email), force=True
        )
        mailbox_services.suspend_mailbox(actor=world.actor, email=email)
        source = f"bulk-{world.random.random()}@a.test"
        forwarding_services.create_forwarding(
            actor=world.actor, source=source, destination=email, force=True
        )
        forwarding_services.change_forwarding(
            actor=world.actor,
            key=source,
            source="renamed-" + source,
            destination=email + "\n" + FAR[0],
            force=True,
        )


SERVICES: dict[str, Callable[[RandomChanges], None]] = {
    "create_domain": _create_domain,
    "delete_domain": _delete_domain,
    "delete_domain_keep": _delete_domain_keep,
    "create_mailbox": _create_mailbox,
    "set_password": _set_password,
    "change_own_password": _change_own_password,
    "suspend": _suspend,
    "resume": _resume,
    "delete_mailbox": _delete_mailbox,
    "delete_mailbox_keep": _delete_mailbox_keep,
    "create_forwarding": _create_forwarding,
    "change_forwarding": _change_forwarding,
    "rename_forwarding": _rename_forwarding,
    "delete_forwarding": _delete_forwarding,
    "create_transport": _create_transport,
    "change_transport": _change_transport,
    "rename_transport": _rename_transport,
    "delete_transport": _delete_transport,
    "bulk_delete": _bulk_delete,
    "bulk_mixed": _bulk_mixed,
}


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
SQL: dict[str, Callable[[RandomChanges], Callable[[], None]]] = {
    "sql_domain": _sql_domain,
    "sql_mailbox": _sql_mailbox,
    "sql_forwarding": _sql_forwarding,
    "sql_transport": _sql_transport,
    "sql_further": _sql_further,
    "sql_delete": _sql_delete,
    "sql_hash": _sql_hash,
}
