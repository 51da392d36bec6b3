"""Real name servers on loopback: knot with one zone a case, and a validating unbound before it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import dns.message
import dns.name
import dns.query
import dns.rdataclass
import dns.tokenizer
import dns.zonefile

from mailkit.dns.primary import Primary
from mailkit.dns.publish import make_plan, send
from mailkit.dns.results import Record
from tests.servers.dns_config import KNOT, UNBOUND
from tests.servers.processes import (
    ServerError,
    find_program,
    free_port,
    make_directory,
    remove_directory,
    start_process,
    stop_process,
    wait_until,
)

# The zones that are always there; records outside a case's own zones go into one of them.
# 192.0.2.0/24 has few addresses: the cases take theirs from the network for benchmarks too.
ALWAYS = (
    "test.",
    "2.0.192.in-addr.arpa.",
    "18.198.in-addr.arpa.",
    "19.198.in-addr.arpa.",
    "8.b.d.0.1.0.0.2.ip6.arpa.",
)
HEAD = """$ORIGIN {origin}
@ 60 SOA ns.test. hostmaster.test. {serial} 3600 900 604800 60
@ 60 NS ns.test.
serial 60 TXT {serial}
"""


@dataclass
class Zone:
    """Zone-file lines (without SOA and NS; absolute names elsewhere are allowed).

    `signed`: by knot itself, with a trust anchor in unbound. `bogus`: that anchor is another key's.
    `anchor`: whether unbound knows the key; without one only a DS in the parent makes it secure.
    """

    text: str = ""
    signed: bool = False
    bogus: bool = False
    anchor: bool = True


@dataclass
class _Loaded:
    """`serial` of the file as it was written last: a record in the zone tells that it is served."""

    zone: Zone
    lines: list[str] = field(default_factory=list)
    serial: int = 0


class DnsServers:
    """`load` zones, ask `resolver` (unbound's address), change them with `publish`.

    A change shows at once in unbound. Zones stay (`serving`: for a while), and a later one may take
    away what was published in the zones that are always there.
    """

    def __init__(self, *, silent: Iterable[str] = ()) -> None:
        """`silent` are zones whose name server is there and never answers."""
        self.directory = make_directory("ma-dns")
        self._silent = tuple(silent)
        self._black_hole = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._black_hole.bind(("127.0.0.1", free_port()))
        self.knot_port = free_port()
        self.unbound_port = free_port()
        self._zones: dict[str, _Loaded] = {name: _Loaded(Zone()) for name in ALWAYS}
        self._serials = itertools.count(10_000, 10_000)
        self._knot: subprocess.Popen[bytes] | None = None
        self._unbound: subprocess.Popen[bytes] | None = None

    @property
    def resolver(self) -> str:
        """As DNS_SERVERS has it."""
        return f"127.0.0.1@{self.unbound_port}"

    def __enter__(self) -> DnsServers:
        (self.directory / "zones").mkdir()
        self._write_knot()
        self._knot = self._start_knot()
        self._start_unbound()
        return self

    def __exit__(self, *_: object) -> None:
        for process in (self._knot, self._unbound):
            if process is not None:
                stop_process(process)
        self._black_hole.close()
        remove_directory(self.directory)

    def load(self, zones: Mapping[str, Zone | str]) -> None:
        """Serve these zones (names with their last dot) beside the ones that are there."""
        new = {}
        for name, zone in zones.items():
            if name in ALWAYS:
                new[name] = self._zones[name]
                self._add(name, zone if isinstance(zone, str) else zone.text)
                continue
            if name in self._zones:
                raise ValueError(f"{name} is there already: take another name")
            new[name] = self._zones[name] = _Loaded(Zone(zone) if isinstance(zone, str) else zone)
        changed = set(new)
        for name, loaded in new.items():
            changed |= self._add(name, loaded.zone.text)
            changed |= self._delegate(name)
        self._write_knot(changed)
        self._control("reload")
        wait_until(lambda: all(map(self._serves, changed)), f"knot serves {sorted(new)[:3]}...")
        if any(loaded.zone.signed for loaded in new.values()):
            self._start_unbound()
        else:
            self._flush()

    def _add(self, origin: str, text: str) -> set[str]:
        """Put each record into the zone it belongs to; those zones."""
        homes = set()
        for owner, line in _lines(text, origin):
            home = self._home(owner)
            self._zones[home].lines.append(line)
            homes.add(home)
        return homes

    def _delegate(self, name: str) -> set[str]:
        """Where signatures are to prove something the zone above has to know of this one."""
        above = self._home(name.split(".", 1)[1]) if name != "test." else ""
        if not above or not (self._zones[name].zone.signed or self._zones[above].zone.signed):
            return set()
        line = f"{name} 60 IN NS ns.test."
        if line in self._zones[above].lines:
            return set()
        self._zones[above].lines.append(line)
        return {above}

    def sign(self, name: str) -> None:
        """Sign a zone that was not, with unbound knowing its key no more than before; if it knew a
        wrong one, it knows the right one from now on. What was published in it since is gone.
        """
        loaded = self._zones[name]
        if loaded.zone.signed and not loaded.zone.bogus:
            return
        known = loaded.zone.bogus
        loaded.zone = replace(loaded.zone, signed=True, bogus=False, anchor=known)
        changed = {name, *self._delegate(name)}
        self._write_knot(changed)
        self._control("reload")
        wait_until(lambda: all(map(self._serves, changed)), f"knot signs {name}")
        self._start_unbound()

    @contextlib.contextmanager
    def serving(self, zones: Mapping[str, Zone | str]) -> Iterator[None]:
        """`load` for as long as the context lasts: for zones whose names come again and again."""
        before = {name: list(loaded.lines) for name, loaded in self._zones.items()}
        self.load(zones)
        try:
            yield
        finally:
            self._zones = {name: one for name, one in self._zones.items() if name in before}
            changed = {name for name, one in self._zones.items() if one.lines != before[name]}
            for name in changed:
                self._zones[name].lines = before[name]
            self._write_knot(changed)
            self._control("reload")
            self._flush()

    def publish(self, records: Iterable[Record], remove: Iterable[Record] = ()) -> None:
        """Publish as the panel does, in whichever of the zones the records belong to."""
        zones: dict[str, tuple[list[Record], list[Record]]] = {}
        for part, several in enumerate((records, remove)):
            for record in several:
                # A DS stands in the zone above (RFC 4035, 2.4).
                above = record.name.split(".", 1)[1] if record.type == "DS" else record.name
                zones.setdefault(self._home(above), ([], []))[part].append(record)
        asyncio.run(self._send(zones))
        self._flush()

    async def _send(self, zones: dict[str, tuple[list[Record], list[Record]]]) -> None:
        for home, (new, old) in zones.items():
            primary = Primary(home, "127.0.0.1", self.knot_port)
            await send(primary, await make_plan(primary, new, old))

    def ask(self, name: str, kind: str) -> dns.message.Message:
        """The answer of knot itself."""
        query = dns.message.make_query(name, kind)
        return dns.query.tcp(query, "127.0.0.1", port=self.knot_port, timeout=5)

    def _home(self, name: str) -> str:
        labels = name.lower().rstrip(".").split(".")
        for at in range(len(labels)):
            zone = ".".join(labels[at:]) + "."
            if zone in self._zones:
                return zone
        raise ValueError(f"no zone for {name}")

    def _serves(self, zone: str) -> bool:
        """knot has the zone with all its lines, and its keys if it is signed."""
        loaded = self._zones[zone]
        found = self.ask(f"serial.{zone}", "TXT").answer
        if not found or f'"{loaded.serial}"' != found[0][0].to_text():
            return False
        return not loaded.zone.signed or bool(self.ask(zone, "DNSKEY").answer)

    def _write_knot(self, changed: Iterable[str] | None = None) -> None:
        for name in self._zones if changed is None else changed:
            loaded = self._zones[name]
            # knot loads a changed file only under a higher serial, and updates count it up too.
            loaded.serial = next(self._serials)
            head = HEAD.format(origin=name, serial=loaded.serial)
            text = head + "".join(f"{line}\n" for line in loaded.lines)
            (self.directory / "zones" / f"{name}zone").write_text(text)
        zones = "".join(
            f'  - domain: "{name}"\n' + ("    dnssec-signing: on\n" if one.zone.signed else "")
            for name, one in self._zones.items()
        )
        (self.directory / "knot.conf").write_text(
            KNOT.format(directory=self.directory, port=self.knot_port) + zones
        )

    def _start_knot(self) -> subprocess.Popen[bytes]:
        with open(self.directory / "knot.log", "ab") as log:
            process = start_process(
                [find_program("knotd"), "-c", self.directory / "knot.conf"], stdout=log, stderr=log
            )

        def ready() -> bool:
            if process.poll() is not None:
                raise ServerError((self.directory / "knot.log").read_text("utf-8", "replace"))
            try:
                return all(map(self._serves, self._zones))
            except OSError:
                return False

        wait_until(ready, "knot answers")
        return process

    def _control(self, command: str) -> None:
        control = self.directory / "knot.sock"
        done = subprocess.run(
            [find_program("knotc"), "-s", control, "-b", command],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ServerError(f"knotc {command}: {done.stdout}{done.stderr}")

    def _start_unbound(self) -> None:
        """Anew with every signed zone: a trust anchor cannot be added to one that runs."""
        if self._unbound is not None:
            stop_process(self._unbound)
        anchors = "".join(map(self._anchor, self._zones))
        local = "".join(f'  local-zone: "{name}" transparent\n' for name in ALWAYS)
        zones = "".join(
            f'stub-zone:\n  name: "{name}"\n  stub-addr: 127.0.0.1@{self.knot_port}\n'
            # unbound learns a signed zone's name servers, which have no port but 53.
            for name, one in self._zones.items()
            if name in ALWAYS or one.zone.signed
        )
        zones += "".join(
            f'stub-zone:\n  name: "{name}"\n'
            f"  stub-addr: 127.0.0.1@{self._black_hole.getsockname()[1]}\n"
            for name in self._silent
        )
        config = self.directory / "unbound.conf"
        config.write_text(
            UNBOUND.format(directory=self.directory, port=self.unbound_port)
            + local
            + anchors
            + zones
        )
        with open(self.directory / "unbound.log", "ab") as log:
            process = start_process(
                [find_program("unbound"), "-d", "-c", config], stdout=log, stderr=log
            )
        self._unbound = process
        query = dns.message.make_query("test.", "SOA")

        def ready() -> bool:
            if process.poll() is not None:
                raise ServerError((self.directory / "unbound.log").read_text("utf-8", "replace"))
            try:
                reply = dns.query.tcp(query, "127.0.0.1", port=self.unbound_port, timeout=2)
            except (OSError, EOFError):
                return False
            return bool(reply.answer)

        wait_until(ready, "unbound answers")

    def _flush(self) -> None:
        """Even a TTL of 0 lasts until the clock's next second."""
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(str(self.directory / "unbound.sock"))
            control.sendall(b"UBCT1 flush_zone .\n")
            said = control.makefile().read()
        if not said.startswith("ok"):
            raise ServerError(f"unbound: {said}")

    def _anchor(self, name: str) -> str:
        zone = self._zones[name].zone
        if not zone.signed or not zone.anchor:
            return ""
        if zone.bogus:
            return f'  trust-anchor: "{name} DS 12345 13 2 {"AB" * 32}"\n'
        keys = self.ask(name, "DNSKEY").answer[0]
        return "".join(
            f'  trust-anchor: "{name} DNSKEY {key.to_text()}"\n' for key in keys if key.flags & 1
        )


def _lines(text: str, origin: str) -> Iterable[tuple[str, str]]:
    """(owner, absolute line) of each record of a piece of a zone file."""
    manager = dns.zonefile.RRSetsReaderManager(dns.name.root, relativize=False)
    text = f"$ORIGIN {origin}\n" + "\n".join(line.strip() for line in text.splitlines()) + "\n"
    with manager.writer(True) as writer:
        tokens = dns.tokenizer.Tokenizer(text)
        dns.zonefile.Reader(
            tokens, dns.rdataclass.IN, writer, allow_directives={"$ORIGIN"}, default_ttl=60
        ).read()
    return [
        (str(found.name), f"{found.name} {found.ttl} IN {record.rdtype.name} {record}")
        for found in manager.rrsets
        for record in found
    ]
