"""A small real Postfix that keeps every mail in the hold queue, so that its recipients can be read.

Only what turns an address into final recipients is there: smtpd, trivial-rewrite, cleanup; the
tables are an SQLite file, through the queries of the tutorial.
"""

from __future__ import annotations

import grp
import os
import pwd
import re
import signal
import smtplib
import socket
import sqlite3
import subprocess
import time
from collections.abc import Collection, Mapping

from tests.servers.processes import (
    find_program,
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
MAIN_CF = """
compatibility_level = 3.6
queue_directory = {directory}/q
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
    """Start with `with`; then set the rows with `fill` and ask with `recipients`."""

    def __init__(self, delimiter: str = "+") -> None:
        self.directory = make_directory("ma-hold")
        self.delimiter = delimiter
        self.port = free_port()
        self.database = self.directory / "mail.db"

    def __enter__(self) -> HoldingPostfix:
        self._make_tables()
        self._configure()
        program = find_program("master", "/usr/lib/postfix/sbin")
        self._process = start_process([program, "-c", self.directory / "etc", "-d"])
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
        with sqlite3.connect(self.database) as connection:
            for table in ("forwardings", "users", "transport"):
                connection.execute(f"DELETE FROM {table}")
            connection.executemany(
                "INSERT INTO forwardings VALUES (?, ?)", list((forwardings or {}).items())
            )
            connection.executemany("INSERT INTO users VALUES (?, '')", [(m,) for m in mailboxes])
            connection.executemany(
                "INSERT INTO transport VALUES (?, ?)", list((transports or {}).items())
            )
            if domains is not None:
                connection.execute("DELETE FROM domains")
                connection.executemany("INSERT INTO domains VALUES (?)", [(d,) for d in domains])
        connection.close()

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
        if code != 250:
            return answer
        found = re.search(r"queued as (\w+)", answer)
        assert found, answer
        name = self.directory / "q/hold" / found[1]
        text = subprocess.run(
            ["postcat", "-c", self.directory / "etc", "-e", name],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        name.unlink()
        return re.findall(r"^recipient: (.*)$", text, re.MULTILINE)

    @property
    def log(self) -> str:
        return (self.directory / "mail.log").read_text()

    def _make_tables(self) -> None:
        with sqlite3.connect(self.database) as connection:
            connection.executescript(
                """
                CREATE TABLE domains (domain TEXT PRIMARY KEY);
                CREATE TABLE forwardings (source TEXT PRIMARY KEY, destination TEXT);
                CREATE TABLE users (email TEXT PRIMARY KEY, password TEXT);
                CREATE TABLE transport (domain TEXT PRIMARY KEY, transport TEXT);
                """
            )
        connection.close()

    def _configure(self) -> None:
        directory = self.directory
        queue, etc, data = directory / "q", directory / "etc", directory / "data"
        etc.mkdir()
        data.mkdir()
        queue.mkdir()
        for name in QUEUE_DIRECTORIES:
            (queue / name).mkdir()
            _give(queue / name, "postfix", "postdrop" if name in ("maildrop", "public") else None)
        _give(data, "postfix", None)
        (queue / "pid").chmod(0o755)
        maps = f"sqlite:{etc}"
        (etc / "main.cf").write_text(
            MAIN_CF.format(directory=directory, maps=maps, delimiter=self.delimiter)
        )
        (etc / "master.cf").write_text(MASTER_CF.format(port=self.port))
        for name, query in QUERIES.items():
            (etc / f"{name}.cf").write_text(f"dbpath = {self.database}\nquery = {query}\n")
        # Postfix waits until its files are 2 s old.
        past = time.time() - 60
        for path in etc.iterdir():
            os.utime(path, (past, past))

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
                return connection.recv(100).startswith(b"220 ")
        except OSError:
            return False


def _give(path: os.PathLike[str], user: str, group: str | None) -> None:
    gid = grp.getgrnam(group).gr_gid if group else pwd.getpwnam(user).pw_gid
    os.chown(path, pwd.getpwnam(user).pw_uid, gid)
    os.chmod(path, 0o710 if group == "postdrop" else 0o700)
