"""A primary name server that takes updates with TSIG: knot with a key, ACLs, and small zones."""

from __future__ import annotations

import asyncio
import base64
import subprocess
from dataclasses import replace

import dns.message
import dns.query
import dns.rcode
import dns.tsigkeyring
import dns.update

from mailkit.dns.primary import Primary, TsigKey
from tests.servers.processes import (
    find_program,
    free_port,
    make_directory,
    remove_directory,
    start_process,
    stop_process,
    wait_until,
)

SECRET = base64.b64encode(b"a secret of thirty-two bytes, ok").decode()
ZONE = """$TTL 300
@ SOA ns.{zone} hostmaster.{zone} 1 3600 600 86400 60
@ NS ns.{zone}
{lines}
"""
CONFIG = """
server:
    rundir: "{directory}"
    listen: 127.0.0.1@{port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: warning
database:
    storage: "{directory}"
    journal-db-max-size: 16M
    kasp-db-max-size: 16M
    timer-db-max-size: 16M
key:
  - id: panel
    algorithm: hmac-sha256
    secret: {secret}
  - id: mx-only
    algorithm: hmac-sha256
    secret: {secret}
acl:
  - id: panel
    key: panel
    action: [update, transfer]
  - id: mx-only
    key: mx-only
    action: update
    update-type: [MX]
zone:
"""


class PrimaryServer:
    """knot with `zones` (name without its last dot: lines); those in `locked` take no updates.

    The key `panel` may change everything, `mx-only` MX records only.
    """

    def __init__(self, zones: dict[str, str], locked: tuple[str, ...] = ()) -> None:
        self.directory = make_directory("ma-primary")
        self.port = free_port()
        config = CONFIG.format(directory=self.directory, port=self.port, secret=SECRET)
        for zone, lines in zones.items():
            path = self.directory / f"{zone}.zone"
            path.write_text(ZONE.format(zone=f"{zone}.", lines=lines))
            config += f'  - domain: "{zone}"\n    file: "{path}"\n    semantic-checks: off\n'
            config += "" if zone in locked else "    acl: [panel, mx-only]\n"
        (self.directory / "knot.conf").write_text(config)
        self.zones = zones
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> PrimaryServer:
        with open(self.directory / "knot.log", "ab") as log:
            self.process = start_process(
                [find_program("knotd"), "-c", self.directory / "knot.conf"], stdout=log, stderr=log
            )
        wait_until(self._ready, "knot takes updates")
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            stop_process(self.process)
        remove_directory(self.directory)

    def _ready(self) -> bool:
        try:
            return all(self.values(f"{zone}.", "SOA") for zone in self.zones)
        except OSError:
            return False

    def primary(self, zone: str, **changes: object) -> Primary:
        """How the panel reaches the zone."""
        key = TsigKey("panel", SECRET)
        return replace(Primary(zone, "127.0.0.1", self.port, key, timeout=3), **changes)

    def values(self, name: str, kind: str) -> list[str]:
        """What knot answers for a name."""
        query = dns.message.make_query(name, kind, use_edns=0)
        reply = dns.query.tcp(query, "127.0.0.1", port=self.port, timeout=3)
        return sorted(one.to_text() for rrset in reply.answer for one in rrset)

    def change(self, zone: str, name: str, kind: str, *values: str) -> None:
        """What somebody else does meanwhile: set the records of a name."""
        ring = dns.tsigkeyring.from_text({"panel": ("hmac-sha256", SECRET)})
        update = dns.update.UpdateMessage(zone, keyring=ring)
        update.delete(name, kind)
        for value in values:
            update.add(name, 300, kind, value)
        reply = dns.query.tcp(update, "127.0.0.1", port=self.port, timeout=3)
        assert reply.rcode() == dns.rcode.NOERROR


class SilentServer:
    """Reads what it is sent and does not answer, or closes, or says something else."""

    def __init__(self, answer: bytes | None = None, *, closes: bool = False) -> None:
        self.answer = answer
        self.closes = closes
        self.port = 0

    async def __aenter__(self) -> SilentServer:
        self.server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.server.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        query = await reader.read(65535)
        if self.answer is not None:
            body = query[2:4] + self.answer
            writer.write(len(body).to_bytes(2) + body)
        if self.closes or self.answer is not None:
            writer.close()
        else:
            await reader.read(1)
            writer.close()
