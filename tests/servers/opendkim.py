"""OpenDKIM from Debian's packages: one that signs by given tables, one that verifies."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
from pathlib import Path

from tests.servers.milter import pass_through
from tests.servers.processes import (
    ServerError,
    find_program,
    make_directory,
    remove_directory,
    start_process,
    stop_process,
    wait_until,
)

MAIL = """From: {sender}
To: somebody@far.test
Subject: a mail to sign
Message-ID: <1@client.test>
Date: Tue, 24 Nov 2026 10:00:00 +0000

Signed, and then read.
"""
# /tmp is everybody's, so that no key below it is safe in its eyes.
COMMON = """Background no
Syslog no
RequireSafeKeys no
Canonicalization relaxed/simple
Socket local:{directory}/socket
UMask 007
"""


class OpenDkimServer:
    """Runs with `config` behind what each has; `with` starts and stops it."""

    def __init__(self, config: str) -> None:
        self.directory = make_directory("ma-dkim")
        self.config = self.directory / "opendkim.conf"
        self.config.write_text(COMMON.format(directory=self.directory) + config)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> Path:
        return self.directory / "socket"

    def __enter__(self) -> OpenDkimServer:
        with (self.directory / "log").open("ab") as log:
            command = [find_program("opendkim"), "-f", "-x", self.config]
            self._process = start_process(command, stdout=log, stderr=log)

        def ready() -> bool:
            assert self._process is not None
            if self._process.poll() is not None:
                raise ServerError((self.directory / "log").read_text("utf-8", "replace"))
            with socket.socket(socket.AF_UNIX) as probe:
                return probe.connect_ex(str(self.socket)) == 0

        wait_until(ready, "opendkim answers")
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            # It waits for its threads for seconds otherwise.
            stop_process(self._process, signal.SIGKILL)
        remove_directory(self.directory)

    def reload(self, sender: str, selector: str) -> None:
        """As `systemctl reload opendkim` does; until the sender's mail is signed with this key."""
        assert self._process is not None
        self._process.send_signal(signal.SIGUSR1)
        wait_until(lambda: f"s={selector};" in signed(self, sender), f"it signs with {selector}")

    def fields(self, mail: str, *, client: str = "127.0.0.1") -> list[str]:
        """The header fields that it adds."""
        return pass_through(self.socket, mail, client=client)


def signed(server: OpenDkimServer, sender: str) -> str:
    """A mail of this sender as it leaves the server."""
    mail = MAIL.format(sender=sender)
    return "".join(f"{field}\n" for field in server.fields(mail)) + mail


RESOLVER = """server:
  do-not-query-localhost: no
  local-zone: "test." transparent
  module-config: "iterator"
  cache-max-ttl: 0
  cache-max-negative-ttl: 0
forward-zone:
  name: "."
  forward-addr: {resolver}
"""


def verifier(directory: Path, resolver: str) -> OpenDkimServer:
    """One that verifies, with this resolver (`address@port`)."""
    config = directory / "verifier-resolver.conf"
    config.write_text(RESOLVER.format(resolver=resolver))
    return OpenDkimServer(f"Mode v\nAlwaysAddARHeader yes\nResolverConfiguration {config}\n")


def result_of(server: OpenDkimServer, mail: str) -> str:
    """What a receiver with this server says of the mail: `pass s1`, `fail s1 ...`, `none`."""
    (field,) = server.fields(mail, client="192.0.2.99")
    said = re.search(r"dkim=(\w+)", field)
    selector = re.search(r"header\.s=(\S+)", field)
    reason = re.search(r'reason="([^"]*)"', field)
    parts = [found.group(1) for found in (said, selector, reason) if found]
    return " ".join(parts)
