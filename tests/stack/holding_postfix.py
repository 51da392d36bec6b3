"""A small real Postfix that keeps every mail in the hold queue, so that its recipients can be read.

Only what turns an address into final recipients is there: smtpd, trivial-rewrite, cleanup; the
tables are an SQLite file, through the queries of the tutorial.
"""

from __future__ import annotations

import os
import re
import signal
import smtplib
import socket
import sqlite3
import subprocess
from collections.abc import Collection, Mapping
from contextlib import closing
from pathlib import Path

from tests.servers.debian_root import mail_host
from tests.servers.mailconfig import make_old
from tests.servers.processes import (
    free_port,
    make_directory,
    remove_directory,
    start_process,
    stop_process,
    wait_until,
)

QUEUE_DIRECTORIES = (
    *("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming"),
    *("maildrop", "pid", "private", "public", "saved", "trace"),
)
QUERIES = {
    "domains": "SELECT domain AS virtual FROM domains WHERE domain='%s'",
    "forwardings": "SELECT destination FROM forwardings WHERE source='%s'",
    "email2email": "SELECT email FROM users WHERE email='%s'",
    "transports": "SELECT transport FROM transport WHERE domain='%s'",
}
TABLES = {
    "domains": "domain TEXT PRIMARY KEY, note TEXT",
    "forwardings": "source TEXT PRIMARY KEY, destination TEXT",
    "users": "email TEXT PRIMARY KEY, password TEXT",
    "transport": "domain TEXT PRIMARY KEY, transport TEXT",
}
MAIN_CF = """
compatibility_level = 3.6
queue_directory = {directory}/queue
data_directory = {directory}/data
maillog_file = {directory}/mail.log
maillog_file_prefixes = {directory}
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
myhostname = mail.host.test
mydomain = host.test
myorigin = origin.test
mydestination = local.test
mynetworks = 127.0.0.0/8
smtpd_peername_lookup = no
smtpd_reject_unlisted_recipient = no
smtpd_reject_unlisted_sender = no
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions = check_client_access static:HOLD, permit_mynetworks, reject
smtpd_error_sleep_time = 0
smtpd_hard_error_limit = 100000
smtpd_soft_error_limit = 100000
smtp_dns_support_level = disabled
alias_maps =
local_recipient_maps =
virtual_mailbox_domains = {maps}/domains.cf
virtual_alias_maps = {maps}/forwardings.cf, {maps}/email2email.cf
transport_maps = {maps}/transports.cf
virtual_transport = lmtp:unix:private/none
recipient_delimiter = {delimiter}
"""
MASTER_CF = """
127.0.0.1:{port} inet n - n - 1 smtpd -o max_use=10000
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - 1 trivial-rewrite
proxymap unix - - n - 1 proxymap
defer unix - - n - 0 bounce
bounce unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
showq unix n - n - - showq
postlog unix-dgram n - n - 1 postlogd
"""


class HoldingPostfix:
    """Start with `with`; then set the rows with `fill` and ask with `recipients`.

    `dovecot` names the Debian release whose Postfix it is, as for MailStack: "2.3" has Postfix
    3.7, "2.4" has 3.10.
    """

    def __init__(self, delimiter: str = "+", dovecot: str = "2.3") -> None:
        self.host = mail_host(dovecot)
        self.directory = make_directory("ma-hold")
        self.delimiter = delimiter
        self.port = free_port()
        self.database = self.directory / "mail.db"

    def __enter__(self) -> HoldingPostfix:
        self._make_tables()
        self._make_queue()
        self._configure()
        master = ["/usr/lib/postfix/sbin/master", "-c", self.directory / "etc", "-d"]
        self._process = start_process(self.host.command(master, [self.directory]))
        wait_until(self._answers, "Postfix answers")
        return self

    def __exit__(self, *_: object) -> None:
        stop_process(self._process, signal.SIGTERM)
        remove_directory(self.directory)

    def fill(
        self,
        forwardings: Mapping[str, str] | None = None,
        mailboxes: Collection[str] = (),
        transports: Mapping[str, str] | None = None,
        domains: Collection[str] | None = None,
    ) -> None:
        """Replace the rows; `domains` stay if not given (smtpd remembers what is ours)."""
        rows = {
            "forwardings": list((forwardings or {}).items()),
            "users": [(mailbox, "") for mailbox in mailboxes],
            "transport": list((transports or {}).items()),
        }
        if domains is not None:
            rows["domains"] = [(domain, "") for domain in domains]
        with closing(sqlite3.connect(self.database)) as connection, connection:
            for table, values in rows.items():
                connection.execute(f"DELETE FROM {table}")
                connection.executemany(f"INSERT INTO {table} VALUES (?, ?)", values)

    def recipients(self, *addresses: str) -> list[str] | str:
        """The final recipients of a mail to these, in Postfix's order; else its 4xx or 5xx."""
        with smtplib.SMTP("127.0.0.1", self.port, timeout=60) as client:
            client.ehlo("client.test")
            client.mail("sender@far.test")
            for address in addresses:
                code, text = client.docmd("RCPT", f"TO:<{address}>")
                if code != 250:
                    return f"{code} {text.decode()}"
            code, text = client.data(b"Subject: x\r\n\r\nx\r\n")
        answer = f"{code} {text.decode()}"
        found = re.search(r"queued as (\w+)", answer)
        if found is None:
            return answer
        mail = self.directory / "queue/hold" / found[1]
        listed = subprocess.run(
            ["postcat", "-c", self.directory / "etc", "-e", mail],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        mail.unlink()
        return re.findall(r"^recipient: (.*)$", listed, re.MULTILINE)

    def log_size(self) -> int:
        return self._log.stat().st_size if self._log.exists() else 0

    def log_since(self, size: int) -> str:
        if not self._log.exists():
            return ""
        with self._log.open() as log:
            log.seek(size)
            return log.read()

    @property
    def _log(self) -> Path:
        return self.directory / "mail.log"

    def _make_tables(self) -> None:
        with closing(sqlite3.connect(self.database)) as connection:
            for table, columns in TABLES.items():
                connection.execute(f"CREATE TABLE {table} ({columns})")

    def _make_queue(self) -> None:
        user, group = self.host.id_of("postfix"), self.host.id_of("postdrop", group=True)
        for name in ("etc", "data", *(f"queue/{name}" for name in QUEUE_DIRECTORIES)):
            (self.directory / name).mkdir(parents=True)
            os.chown(self.directory / name, user, -1)
        for name in ("maildrop", "public"):
            os.chown(self.directory / "queue" / name, user, group)
        for name in ("queue", "queue/pid", "etc"):
            os.chown(self.directory / name, 0, 0)

    def _configure(self) -> None:
        etc = self.directory / "etc"
        (etc / "main.cf").write_text(
            MAIN_CF.format(directory=self.directory, maps=f"sqlite:{etc}", delimiter=self.delimiter)
        )
        (etc / "master.cf").write_text(MASTER_CF.format(port=self.port))
        (etc / "dynamicmaps.cf").touch()
        for name, query in QUERIES.items():
            (etc / f"{name}.cf").write_text(f"dbpath = {self.database}\nquery = {query}\n")
        make_old(etc)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
                return connection.recv(100).startswith(b"220 ")
        except OSError:
            return False
