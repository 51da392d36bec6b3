"""Rows of the four tables, and what Postfix and Dovecot make of a mail to each address."""

from __future__ import annotations

from dataclasses import dataclass

from mailkit import tables
from tests.servers.databases import Database

PASSWORD = "a long enough secret 7"

ROWS: dict[str, list[tuple[str, ...]]] = {
    "domains": [
        ("a.test",),
        ("b.test",),  # with a catch-all
        ("c.test",),  # a domain alias of a.test
        ("d.test",),  # with a transport
        ("e.test",),  # with an error: transport
        ("sub.e.test",),
        ("r.test",),  # with a retry: transport
        ("wild.test",),
        ("sub.wild.test",),  # under the transport of .wild.test
    ],
    "users": [
        (address, f"{{PLAIN}}{PASSWORD}")
        for address in (
            *("u1@a.test", "u2@a.test", "u1@b.test", "u1@c.test", "u1@d.test", "u1@e.test"),
            *("u1@sub.e.test", "u1@r.test", "u1@wild.test", "u1@sub.wild.test"),
            *("there@a.test", "disabled@a.test", "nocode@a.test", "gone@a.test", "held@a.test"),
            *("mute@a.test", "null@a.test", "noservice@a.test", "self@a.test"),
        )
    ],
    "forwardings": [
        ("f1@a.test", "u1@a.test"),
        ("ch1@a.test", "ch2@a.test"),
        ("ch2@a.test", "ch3@a.test"),
        ("ch3@a.test", "u2@a.test"),
        ("list@a.test", "u1@a.test, u2@a.test,ext@far.test"),
        ("lines@a.test", "u1@a.test\nu2@a.test"),
        ("blanks@a.test", "u1@a.test u2@a.test"),
        ("twice@a.test", "u1@a.test, f1@a.test, u1@a.test"),
        ("u2@a.test", "u2@a.test, copy@far.test"),
        ("out@a.test", "someone@far.test"),
        ("loop1@a.test", "loop2@a.test"),
        ("loop2@a.test", "loop1@a.test"),
        ("dead@a.test", "nobody@a.test"),
        ("half@a.test", "u1@a.test, nobody@a.test"),
        ("empty@a.test", ""),
        ("bare@a.test", "root"),
        ("pipe@a.test", "|/bin/true"),
        ("todisabled@a.test", "disabled@a.test"),
        ("nonsense@a.test", "u1@a.test, @wild.test"),
        ("@b.test", "u1@a.test"),
        ("@c.test", "@a.test"),
        # A forwarding to the address itself with an extension, with and without a mailbox.
        ("self@a.test", "self+x@a.test"),
        ("nobox@a.test", "nobox+x@a.test"),
    ],
    "transport": [
        ("d.test", "smtp:[127.0.0.1]:{port}"),
        ("there@a.test", "smtp:[127.0.0.1]:{port}"),
        ("disabled@a.test", "error:5.2.1 mailbox disabled"),
        ("nocode@a.test", "error:mailbox off"),
        ("gone@a.test", "discard:silently gone"),
        ("held@a.test", "retry:4.2.1 mailbox temporarily unavailable"),
        ("mute@a.test", "retry:4.2.1"),
        ("null@a.test", ":"),
        ("noservice@a.test", "nosuchtransport:"),
        ("e.test", "error:5.1.2 this domain is closed"),
        ("r.test", "retry:4.3.2 this domain is being moved"),
        (".wild.test", "discard:"),
        ("relayed.test", "smtp:[127.0.0.1]:{port}"),
    ],
}


@dataclass(frozen=True)
class Fate:
    """What becomes of one final recipient; `text` stands in the log's last words."""

    address: str
    agent: str
    status: str
    text: str = ""


def saved(address: str) -> Fate:
    """Delivered to Dovecot."""
    return Fate(address, "lmtp", "sent")


def relayed(address: str) -> Fate:
    """Handed to the relay host: the address is not ours."""
    return Fate(address, "smtp", "sent")


@dataclass(frozen=True)
class Case:
    """`rcpt` and `data`: how the replies begin; with `data` "" the mail is refused at RCPT."""

    name: str
    to: str
    fates: tuple[Fate, ...] = ()
    rcpt: str = "250"
    data: str = "250"


def refused(name: str, to: str, rcpt: str) -> Case:
    return Case(name, to, rcpt=rcpt, data="")


UNKNOWN = "550 5.1.1"
CASES = (
    Case("a mailbox", "u1@a.test", (saved("u1@a.test"),)),
    Case("capitals", "U1@A.TEST", (saved("u1@a.test"),)),
    refused("an unknown address", "nobody@a.test", UNKNOWN),
    refused("a domain that is not ours", "u1@far.test", "554 5.7.1"),
    Case("a forwarding", "f1@a.test", (saved("u1@a.test"),)),
    Case("a chain of three", "ch1@a.test", (saved("u2@a.test"), relayed("copy@far.test"))),
    Case(
        "a list, where one keeps a copy",
        "list@a.test",
        (
            *(saved("u1@a.test"), saved("u2@a.test")),
            *(relayed("copy@far.test"), relayed("ext@far.test")),
        ),
    ),
    Case(
        "a list, one a line",
        "lines@a.test",
        (saved("u1@a.test"), saved("u2@a.test"), relayed("copy@far.test")),
    ),
    Case(
        "a list with blanks between",
        "blanks@a.test",
        (saved("u1@a.test"), saved("u2@a.test"), relayed("copy@far.test")),
    ),
    Case("the same target by three ways", "twice@a.test", (saved("u1@a.test"),)),
    Case(
        "a mailbox that keeps a copy", "u2@a.test", (saved("u2@a.test"), relayed("copy@far.test"))
    ),
    Case("a forwarding out", "out@a.test", (relayed("someone@far.test"),)),
    Case("a loop of two", "loop1@a.test", data="451 4.6.0"),
    Case(
        "a dead target", "dead@a.test", (Fate("nobody@a.test", "lmtp", "bounced", "User doesn't"),)
    ),
    Case(
        "a list with a dead target",
        "half@a.test",
        (Fate("nobody@a.test", "lmtp", "bounced"), saved("u1@a.test")),
    ),
    refused("an empty destination", "empty@a.test", UNKNOWN),
    Case("a target without a domain", "bare@a.test", (relayed("root@mail.stack.test"),)),
    Case("a command as target", "pipe@a.test", (relayed("|/bin/true@mail.stack.test"),)),
    Case("a catch-all", "any@b.test", (saved("u1@a.test"),)),
    Case("a mailbox under a catch-all", "u1@b.test", (saved("u1@b.test"),)),
    Case("a domain alias", "u2@c.test", (saved("u2@a.test"), relayed("copy@far.test"))),
    Case("a domain alias, a forwarding", "f1@c.test", (saved("u1@a.test"),)),
    Case("a domain alias, a tag", "there+x@c.test", (relayed("there+x@a.test"),)),
    Case("a mailbox under a domain alias", "u1@c.test", (saved("u1@c.test"),)),
    Case(
        "a domain alias, an unknown address",
        "nobody@c.test",
        (Fate("nobody@a.test", "lmtp", "bounced"),),
    ),
    Case(
        "a domain alias, a disabled mailbox",
        "disabled@c.test",
        (Fate("disabled@a.test", "error", "bounced", "mailbox disabled"),),
    ),
    Case("a tag", "u1+tag@a.test", (saved("u1+tag@a.test"),)),
    Case("a tag on a forwarding", "f1+tag@a.test", (saved("u1+tag@a.test"),)),
    Case("a tag on a forwarding out", "out+tag@a.test", (relayed("someone+tag@far.test"),)),
    Case("a domain with a transport", "u1@d.test", (relayed("u1@d.test"),)),
    refused("a domain with a transport, unknown", "nobody@d.test", UNKNOWN),
    Case("an address with a transport", "there@a.test", (relayed("there@a.test"),)),
    Case("an address with a transport, a tag", "there+x@a.test", (relayed("there+x@a.test"),)),
    Case(
        "error: with a code",
        "disabled@a.test",
        (Fate("disabled@a.test", "error", "bounced", "mailbox disabled"),),
    ),
    Case(
        "error:, a tag",
        "disabled+x@a.test",
        (Fate("disabled+x@a.test", "error", "bounced", "mailbox disabled"),),
    ),
    Case(
        "a forwarding to error:",
        "todisabled@a.test",
        (Fate("disabled@a.test", "error", "bounced", "mailbox disabled"),),
    ),
    Case(
        "error: without a code",
        "nocode@a.test",
        (Fate("nocode@a.test", "error", "bounced", "mailbox off"),),
    ),
    Case(
        "a domain with error:",
        "u1@e.test",
        (Fate("u1@e.test", "error", "bounced", "this domain is closed"),),
    ),
    refused("a domain with error:, unknown", "nobody@e.test", "550 5.1.2"),
    Case("a subdomain of one with error:", "u1@sub.e.test", (saved("u1@sub.e.test"),)),
    Case("discard:", "gone@a.test", (Fate("gone@a.test", "discard", "sent", "silently gone"),)),
    Case(
        "retry:",
        "held@a.test",
        (Fate("held@a.test", "error", "deferred", "mailbox temporarily unavailable"),),
    ),
    Case("retry: with a code alone", "mute@a.test", (Fate("mute@a.test", "error", "deferred"),)),
    Case(
        "a domain with retry:",
        "u1@r.test",
        (Fate("u1@r.test", "error", "deferred", "this domain is being moved"),),
    ),
    refused("a domain with retry:, unknown", "nobody@r.test", "450 4.3.2"),
    Case("the null transport", "null@a.test", (saved("null@a.test"),)),
    Case(
        "a service that master.cf lacks",
        "noservice@a.test",
        (Fate("noservice@a.test", "error", "deferred", "mail transport unavailable"),),
    ),
    Case("a domain above a .parent", "u1@wild.test", (saved("u1@wild.test"),)),
    Case(
        "a domain under a .parent",
        "u1@sub.wild.test",
        (Fate("u1@sub.wild.test", "discard", "sent"),),
    ),
    refused("only a transport, no domain", "u1@relayed.test", "554 5.7.1"),
    Case(
        "@domain inside a list",
        "nonsense@a.test",
        (Fate('""@wild.test', "lmtp", "bounced"), saved("u1@a.test")),
    ),
    Case("a mailbox forwarded to itself with a tag", "self@a.test", data="451 4.6.0"),
    Case("no mailbox, forwarded to itself with a tag", "nobox@a.test", data="451 4.6.0"),
)


def make_tables(database: Database, port: int) -> None:
    """The four tables with ROWS; `port` is what the transports name."""
    connection = database.connect()
    tables.create(connection, database.dialect)
    connection.close()
    for table, rows in ROWS.items():
        for row in rows:
            values = [value.replace("{port}", str(port)) for value in row]
            marks = ", ".join(["%s"] * len(values))
            columns = ", ".join(COLUMNS[table])
            database.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", values)


COLUMNS = {
    "domains": ("domain",),
    "users": ("email", "password"),
    "forwardings": ("source", "destination"),
    "transport": ("domain", "transport"),
}
