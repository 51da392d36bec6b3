"""A throw-away Postfix and Dovecot over a database: mail in by SMTP, out by IMAP, POP3, sink."""

from __future__ import annotations

import itertools
import os
import signal
import socket
import subprocess
import uuid
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

from tests.servers import mailclients
from tests.servers.database import Database
from tests.servers.debian_root import MailHost, UnavailableError, mail_host
from tests.servers.mailclients import Reply, Sent, TemporaryFailureError
from tests.servers.mailconfig import (
    data_source,
    new_ports,
    plan_of,
    write_dovecot,
    write_postfix,
    write_product,
    write_stock_dovecot,
)
from tests.servers.maillog import Delivery, all_tried, deliveries, is_removed
from tests.servers.processes import (
    ServerError,
    make_directory,
    remove_directory,
    start_process,
    stop_process,
    wait_until,
)
from tests.servers.sink import Sink, SinkMessage

__all__ = [
    "Delivery",
    "MailStack",
    "Reply",
    "Sent",
    "SinkMessage",
    "TemporaryFailureError",
    "UnavailableError",
]

QUEUE_DIRECTORIES = ("maildrop", "incoming", "active", "deferred")


class MailStack:
    """Start it over a database that has the four tables; needs root, as Postfix and Dovecot do.

    `main` are settings that go over those of main.cf, for this stack. `configure` writes what
    `mailconfig` writes into a directory. `stock_dovecot`: around Debian's own conf.d. An address is
    looked up anew for every mail (smtpd with max_use=1), where a production smtpd(8) remembers the
    last 100.
    """

    def __init__(
        self,
        database: Database,
        dovecot: str = "2.3",
        *,
        main: dict[str, str] | None = None,
        configure: Callable[[Path, MailHost], None] | None = None,
        stock_dovecot: bool = False,
    ) -> None:
        if os.geteuid() != 0:
            raise ServerError("only root can start Postfix and Dovecot: run the tests as root")
        self.database = database
        self.host = mail_host(dovecot)
        self.directory = make_directory("ma-mail")
        self.sink = Sink()
        self.ports = new_ports(self.sink.port)
        self._main = main or {}
        self._configure = configure or self._write_product
        self._stock_dovecot = stock_dovecot
        self._senders = itertools.count(1)
        self._postfix: subprocess.Popen[bytes] | None = None
        self._dovecot: subprocess.Popen[bytes] | None = None

    @property
    def smtp_port(self) -> int:
        return self.ports.smtp

    @property
    def access_port(self) -> int:
        """SMTP, with recipients that have an `error:` transport refused at RCPT."""
        return self.ports.access

    @property
    def submission_port(self) -> int:
        return self.ports.submission

    @property
    def imap_port(self) -> int:
        return self.ports.imap

    @property
    def pop3_port(self) -> int:
        return self.ports.pop3

    # Running

    def start(self) -> MailStack:
        try:
            self._configure(self.directory / "conf", self.host)
            write_postfix(self.directory, self.ports, self.host, self._main)
            write = write_stock_dovecot if self._stock_dovecot else write_dovecot
            write(self.directory, self.ports, self.host)
            self.sink.start()
            self.start_dovecot()
            self.start_postfix()
        except BaseException as error:
            logs = self.mail_log() + self.dovecot_log()
            self.close()
            if isinstance(error, ServerError):
                raise ServerError(f"{error}\n{logs[-6000:]}") from error
            raise
        return self

    def _write_product(self, _directory: Path, host: MailHost) -> None:
        write_product(plan_of(self.directory, data_source(self.database), host.dovecot))

    def start_postfix(self) -> None:
        # Not `postfix start`: its shell script takes 2 s, and forgets master(8) when killed.
        self._postfix = self._start(["/usr/lib/postfix/sbin/master", "-c", self.config, "-d"])
        for port in (self.smtp_port, self.access_port, self.submission_port):
            self._wait_for_banner(port, b"220 ", self._postfix)

    def start_dovecot(self) -> None:
        self._dovecot = self._start(["/usr/sbin/dovecot", "-F", "-c", self.dovecot_config])
        self._wait_for_banner(self.imap_port, b"* OK", self._dovecot)
        self._wait_for_banner(self.pop3_port, b"+OK", self._dovecot)

    def stop_dovecot(self) -> None:
        if self._dovecot is not None:
            # Asked nicely it takes a second.
            stop_process(self._dovecot, signal.SIGKILL)
            self._dovecot = None

    def stop_postfix(self) -> None:
        if self._postfix is not None:
            stop_process(self._postfix, signal.SIGTERM)
            self._postfix = None

    def stop(self) -> None:
        """Stop the servers; configuration, queue and mail stay."""
        self.stop_postfix()
        self.stop_dovecot()

    def close(self) -> None:
        """Stop and remove everything."""
        self.stop()
        self.sink.stop()
        remove_directory(self.directory)

    def reload(self) -> None:
        """Make Postfix start its processes anew.

        After one failed query Postfix leaves that database server alone for 60 s: so do this after
        a restart of the database.
        """
        assert self._postfix is not None
        self._postfix.send_signal(signal.SIGHUP)

    def __enter__(self) -> MailStack:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    # Mail

    def send(
        self,
        to: str | list[str],
        subject: str = "",
        *,
        sender: str = "",
        port: int | None = None,
        tls: bool = False,
    ) -> Sent:
        """Hand in a mail as a stranger's server does, over plain SMTP.

        Each has a sender of its own: qmgr(8) remembers for 30 s where the last mail of a sender to
        an address went, and would not see a transport that changed.
        """
        sender = sender or f"sender-{next(self._senders)}@far.test"
        recipients = [to] if isinstance(to, str) else to
        text = _text(sender, subject)
        return mailclients.send(port or self.smtp_port, recipients, text, sender=sender, tls=tls)

    def submit(
        self, user: str, password: str, to: str | list[str], subject: str = "", *, sender: str = ""
    ) -> Sent:
        """Hand in a mail as a mailbox owner does: submission over STARTTLS, signed in."""
        recipients = [to] if isinstance(to, str) else to
        return mailclients.send(
            self.submission_port,
            recipients,
            _text(sender or user, subject),
            sender=sender or user,
            credentials=(user, password),
        )

    def imap_login(self, user: str, password: str) -> bool:
        return mailclients.imap_login(self.imap_port, user, password)

    def fetch_imap(self, user: str, password: str, folder: str = "INBOX") -> list[EmailMessage]:
        return mailclients.fetch_imap(self.imap_port, user, password, folder)

    def fetch_pop3(self, user: str, password: str) -> list[EmailMessage]:
        return mailclients.fetch_pop3(self.pop3_port, user, password)

    def maildir(self, email: str) -> list[str]:
        """The texts of the mails that lie in a mailbox, without signing in."""
        local, _, domain = email.rpartition("@")
        folder = self.directory / "vmail" / domain / local / "Maildir"
        files = [*folder.glob("new/*"), *folder.glob("cur/*")]
        return [file.read_text("utf-8", "replace") for file in files]

    # Queue and log

    def wait_until_queue_empty(self, seconds: float = 20) -> None:
        wait_until(lambda: not self.queued(), "the queue is empty", seconds)

    def queued(self) -> list[str]:
        """The queue ids of the mails that have not left, deferred ones included."""
        queue = self.directory / "queue"
        return [
            path.name
            for name in QUEUE_DIRECTORIES
            for path in (queue / name).rglob("*")
            if path.is_file()
        ]

    def outcome(self, sent: Sent, seconds: float = 20) -> list[Delivery]:
        """The last attempt for each final recipient, sorted by address.

        Waits until the mail has left the queue or lies in the deferred queue.
        """
        assert sent.accepted, f"not accepted: {sent}"
        queue_id = sent.queue_id

        def settled() -> bool:
            lines = self._log_lines()
            # postlogd(8) writes a moment after the file has moved.
            waits = self._is_deferred(queue_id) and all_tried(lines, queue_id)
            return waits or is_removed(lines, queue_id)

        wait_until(settled, f"{queue_id} is done with", seconds)
        last = {found.to: found for found in deliveries(self._log_lines(), queue_id)}
        return [last[to] for to in sorted(last)]

    def wait_until_gone(self, sent: Sent, seconds: float = 20) -> None:
        """Wait until this mail has left the queue for good."""
        gone = f"{sent.queue_id} leaves the queue"
        wait_until(lambda: is_removed(self._log_lines(), sent.queue_id), gone, seconds)

    def flush(self) -> None:
        """Try deferred mail again now."""
        self.run(["/usr/sbin/postqueue", "-c", self.config, "-f"])

    def clear_queue(self) -> None:
        """Throw away every mail that waits."""
        self.run(["/usr/sbin/postsuper", "-c", self.config, "-d", "ALL"])

    def postmap(self, lookup: str, key: str) -> str | None:
        """What Postfix gets for `key` from a lookup table (`forwardings`, ...); None for no row."""
        kind = {"mysql": "mysql", "postgresql": "pgsql", "sqlite": "sqlite"}[self.database.dialect]
        table = f"{kind}:{self.directory}/conf/postfix/{lookup}.cf"
        done = self.run(["/usr/sbin/postmap", "-c", self.config, "-q", key, table], check=False)
        if done.stderr:
            raise ServerError(done.stderr)
        return done.stdout.rstrip("\n") if done.returncode == 0 else None

    def run(
        self, command: list[str | Path], *, check: bool = True, stdin: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run one of Postfix's or Dovecot's commands where the servers run."""
        done = subprocess.run(
            self.host.command(command, self._directories),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        if check and done.returncode:
            raise ServerError(f"{command[0]} ended with {done.returncode}: {done.stderr}")
        return done

    @property
    def config(self) -> Path:
        """Postfix's configuration directory."""
        return self.directory / "etc"

    @property
    def dovecot_config(self) -> Path:
        return self.directory / "dovecot.conf"

    def mail_log(self) -> str:
        return _read(self.directory / "mail.log")

    def dovecot_log(self) -> str:
        return _read(self.directory / "dovecot.log")

    @property
    def _directories(self) -> list[Path]:
        if self.database.dialect == "sqlite":
            return [self.directory, Path(self.database.name).parent]
        if self.database.host.startswith("/"):
            return [self.directory, Path(self.database.host).parent]
        return [self.directory]

    def _log_lines(self) -> list[str]:
        return self.mail_log().splitlines()

    def _is_deferred(self, queue_id: str) -> bool:
        deferred = self.directory / "queue" / "deferred"
        return any(path.name == queue_id for path in deferred.rglob("*"))

    def _start(self, command: list[str | Path]) -> subprocess.Popen[bytes]:
        words: list[str | Path] = [*self.host.command(command, self._directories)]
        with open(self.directory / "output.log", "ab") as log:
            return start_process(words, stdout=log, stderr=log)

    def _wait_for_banner(self, port: int, banner: bytes, process: subprocess.Popen[bytes]) -> None:
        def answers() -> bool:
            if process.poll() is not None:
                output = _read(self.directory / "output.log")
                raise ServerError(f"ended with {process.returncode}: {output}")
            return _banner(port).startswith(banner)

        wait_until(answers, f"port {port} answers", 30)


def _banner(port: int) -> bytes:
    try:
        with socket.create_connection(("127.0.0.1", port), 10) as client:
            return client.recv(100)
    except OSError:
        return b""


def _text(sender: str, subject: str) -> str:
    # `To` is left out: what counts is the envelope.
    return (
        f"From: <{sender}>\r\nSubject: {subject}\r\nMessage-ID: <{uuid.uuid4()}@client.test>\r\n"
        "Date: Mon, 06 Jan 2025 12:00:00 +0000\r\n\r\nHello.\r\n"
    )


def _read(path: Path) -> str:
    return path.read_text("utf-8", "replace") if path.exists() else ""
