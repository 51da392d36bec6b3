"""A running Postfix and Dovecot that are asked where mail to many addresses goes.

Beside what becomes of each mail, trivial-rewrite(8) itself is asked over its socket for the
transport and next hop of each final recipient.
"""

from __future__ import annotations

import re
import smtplib
import socket
import sqlite3
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, replace

from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP

from mailkit import tables
from mailkit.postfix.fates import Outcome
from mailkit.postfix.master import Settings, read_settings
from tests.servers.databases import Database
from tests.servers.maillog import Delivery, all_tried, deliveries, is_removed
from tests.servers.mailstack import MailStack
from tests.servers.processes import ServerError, wait_until
from tests.servers.sink import Sink
from tests.stack.route_states import Ports, State

# RESOLVE_FLAG_ERROR, resolve_clnt.h
_FLAG_ERROR = 1 << 2
_QUEUED = re.compile(r"queued as (\w+)")


@dataclass(frozen=True)
class Seen:
    """One final recipient, as the log has it, and what trivial-rewrite says about it."""

    address: str
    transport: str
    nexthop: str
    outcome: Outcome
    log: Delivery


@dataclass(frozen=True)
class Real:
    """What Postfix did with a mail: the reply that refused it (or the last 250), and its ends."""

    reply: str
    seen: tuple[Seen, ...] = ()

    @property
    def outcome(self) -> Outcome:
        if self.reply[0] != "2":
            return Outcome.DEFERRED if self.reply[0] == "4" else Outcome.REJECTED
        outcomes = {one.outcome for one in self.seen}
        return outcomes.pop() if len(outcomes) == 1 else Outcome.MIXED


class _LmtpSink(Sink):
    """The same for LMTP."""

    def __init__(self) -> None:
        super().__init__()
        self._controller = _LmtpController(self, hostname="127.0.0.1", port=self.port)


class _LmtpController(Controller):
    def factory(self) -> LMTP:
        return LMTP(self.handler)


class RoutingStack:
    """Use with `with`; then `ask(state)` as often as wanted."""

    def __init__(self, database: Database, dovecot: str = "2.3", **main: str) -> None:
        self._smtp, self._lmtp = Sink(), _LmtpSink()
        self.ports = Ports(self._smtp.port, self._lmtp.port)
        connection = database.connect()
        tables.create(connection, database.dialect)
        connection.close()
        relay = Sink()
        self._fallback = relay
        settings = {
            "smtpd_hard_error_limit": "100000",
            "smtpd_soft_error_limit": "100000",
            "smtpd_junk_command_limit": "100000",
            "in_flow_delay": "0",
            # A destination without a name server: there is none, so all of it ends here.
            "smtp_fallback_relay": f"[127.0.0.1]:{relay.port}",
            # The sink answers once a mail, where LMTP has an answer for each recipient.
            "lmtp_destination_recipient_limit": "1",
            # Postfix's default, which the trace knows too; `mailconfig` writes an empty one.
            "virtual_alias_domains": "$virtual_alias_maps",
            **main,
        }
        self.stack = MailStack(database, dovecot, main=settings)

    def __enter__(self) -> RoutingStack:
        for sink in (self._smtp, self._lmtp, self._fallback):
            sink.start()
        self.stack.start()
        self._read_to = 0
        self._lines: list[str] = []
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()
        for sink in (self._smtp, self._lmtp, self._fallback):
            sink.stop()

    @property
    def settings(self) -> Settings:
        """Postfix's settings, as it is asked by default: on the port without the access table."""
        return replace(read_settings(self.stack.config), refuses_error_rows=False)

    def ask(self, state: State, port: int | None = None) -> dict[str, Real]:
        """Load the rows, send a mail to each address, and see what becomes of it."""
        self._fill(state)
        # For 30 s trivial-rewrite(8) remembers the row `*`, and qmgr(8) where mail went.
        self.stack.reload()
        self._lines = []
        replies = self._send(state.asked, port or self.stack.smtp_port)
        ids = {address: _QUEUED.search(reply) for address, reply in replies.items()}
        queued = {address: found[1] for address, found in ids.items() if found}
        self._wait(queued.values())
        found = {}
        for address, reply in replies.items():
            tried = deliveries(self._lines, queued[address]) if address in queued else []
            last = {one.to.lower(): one for one in tried}
            found[address] = Real(reply, tuple(self._seen(last[to]) for to in sorted(last)))
        self._clear()
        return found

    def resolve(self, address: str) -> dict[str, str]:
        """trivial-rewrite's answer for an address in its inner form: flags, transport, nexthop."""
        request = b"request\0resolve\0sender\0\0address\0" + address.encode() + b"\0\0"
        with closing(socket.socket(socket.AF_UNIX)) as client:
            client.settimeout(10)
            client.connect(str(self.stack.directory / "queue/private/rewrite"))
            _attributes(client)
            client.sendall(request)
            return _attributes(client)

    def _fill(self, state: State) -> None:
        rows = {
            "domains (domain)": [(one,) for one in state.domain_rows],
            "users (email, password)": [(one, "") for one in sorted(state.users)],
            "forwardings (source, destination)": list(state.rows.items()),
            "transport (domain, transport)": list(state.transport_rows.items()),
        }
        with closing(sqlite3.connect(self.stack.database.name)) as connection, connection:
            for into, values in rows.items():
                connection.execute(f"DELETE FROM {into.partition(' ')[0]}")
                marks = ", ".join("?" * (into.count(",") + 1))
                connection.executemany(f"INSERT INTO {into} VALUES ({marks})", values)

    def _send(self, addresses: Iterable[str], port: int) -> dict[str, str]:
        replies = {}
        with smtplib.SMTP("127.0.0.1", port, local_hostname="client.test", timeout=60) as client:
            client.ehlo()
            for address in addresses:
                client.rset()
                client.command_encoding = "utf-8"
                # Without a sender nothing comes back, which would be mail of its own.
                client.docmd("MAIL", "FROM:<>")
                code, text = client.docmd("RCPT", f"TO:<{address}>")
                if code == 250:
                    code, text = client.data(b"Subject: x\r\n\r\nx\r\n")
                replies[address] = f"{code} {text.decode('utf-8', 'replace')}"
        return replies

    def _wait(self, queue_ids: Iterable[str]) -> None:
        waiting = set(queue_ids)

        def settled() -> bool:
            self._read_log()
            for queue_id in list(waiting):
                if is_removed(self._lines, queue_id) or self._is_put_off(queue_id):
                    waiting.discard(queue_id)
            return not waiting

        try:
            wait_until(settled, "every mail is delivered or put off", 60)
        except ServerError as error:
            lines = [
                line
                for line in self._lines
                if "warning" in line or any(one in line for one in waiting)
            ]
            raise ServerError("\n".join([str(error), *lines])) from error

    def _is_put_off(self, queue_id: str) -> bool:
        deferred = self.stack.directory / "queue/deferred"
        there = (deferred / queue_id[0] / queue_id).exists() or (deferred / queue_id).exists()
        return there and all_tried(self._lines, queue_id)

    def _read_log(self) -> None:
        with open(self.stack.directory / "mail.log", "rb") as log:
            log.seek(self._read_to)
            text = log.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._read_to += len(whole)
        self._lines += whole.decode("utf-8", "replace").splitlines()

    def _clear(self) -> None:
        self.stack.clear_queue()
        self._read_log()

    def _seen(self, delivery: Delivery) -> Seen:
        answer = self.resolve(_inner(delivery.to))
        if int(answer["flags"]) & _FLAG_ERROR or delivery.text == "bad address syntax":
            # qmgr(8) does not listen to the rest then.
            transport, nexthop = "error", "5.1.3 bad address syntax"
        else:
            transport, nexthop = answer["transport"], answer["nexthop"]
        return Seen(delivery.to.lower(), transport, nexthop, _end(delivery), delivery)


def _inner(written: str) -> str:
    """An address of the log without quotes."""
    local, at, domain = written.rpartition("@")
    if local.startswith('"') and local.endswith('"'):
        local = re.sub(r"\\(.)", r"\1", local[1:-1])
    return local + at + domain


def _end(delivery: Delivery) -> Outcome:
    if delivery.status == "bounced":
        return Outcome.BOUNCED
    if delivery.status == "deferred":
        return Outcome.DEFERRED
    if delivery.agent == "discard":
        return Outcome.DISCARDED
    here = delivery.agent == "lmtp" and "dovecot-lmtp" in delivery.relay
    return Outcome.DELIVERED if here else Outcome.RELAYED


def _attributes(client: socket.socket) -> dict[str, str]:
    """One message of Postfix's inner protocol: name NUL value NUL ... NUL."""
    content = b""
    until = time.monotonic() + 10
    while not content.endswith(b"\0\0") or len(content.split(b"\0")) % 2:
        part = client.recv(10000)
        if not part or time.monotonic() > until:
            raise AssertionError(f"trivial-rewrite said {content!r}")
        content += part
    words = content.decode().split("\0")
    return dict(zip(words[::2], words[1::2], strict=False))
