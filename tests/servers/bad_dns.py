"""A resolver that misbehaves, each name in its own way, on a loopback port in this process."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rrset

from mailkit.dns.wire import Server, server
from tests.servers.processes import free_port


class BadDns:
    """What becomes of a question is said by its first label, a word of `_udp`.

    `timeout.a.test` gets no answer, `servfail.a.test` SERVFAIL and so on; any other name answers
    with `address`. `silent` switches everything off, the canary too. `questions` counts them.
    """

    def __init__(self, address: str = "192.0.2.1") -> None:
        self.address = address
        self.silent = False
        self.questions: list[tuple[str, bool]] = []
        self._udp_socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.port = free_port()
        self._udp_socket.bind(("127.0.0.1", self.port))
        self._tcp_socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._tcp_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._tcp_socket.bind(("127.0.0.1", self.port))
        self._tcp_socket.listen(64)
        self._threads = [
            threading.Thread(target=target, daemon=True)
            for target in (self._serve_udp, self._serve_tcp)
        ]

    @property
    def server(self) -> Server:
        return server(f"127.0.0.1@{self.port}")

    def __enter__(self) -> BadDns:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for sock in (self._udp_socket, self._tcp_socket):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        for thread in self._threads:
            thread.join(2)

    def _serve_udp(self) -> None:
        while True:
            try:
                data, peer = self._udp_socket.recvfrom(4096)
            except OSError:
                return
            if not data:  # the socket was shut down
                return
            for packet in self._answers(data, self._udp):
                self._udp_socket.sendto(packet, peer)

    def _serve_tcp(self) -> None:
        while True:
            try:
                connection, _ = self._tcp_socket.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError, struct.error):
                connection.settimeout(1)
                (length,) = struct.unpack("!H", connection.recv(2))
                for packet in self._answers(connection.recv(length), self._tcp):
                    connection.sendall(struct.pack("!H", len(packet)) + packet)

    def _answers(
        self, data: bytes, how: Callable[[str, dns.message.Message], list[bytes]]
    ) -> list[bytes]:
        query = dns.message.from_wire(data)
        name = query.question[0].name
        self.questions.append((str(name), bool(query.flags & dns.flags.CD)))
        if self.silent:
            return []
        return how(str(name).split(".", 1)[0], query)

    def _udp(self, how: str, query: dns.message.Message) -> list[bytes]:
        good = self._good(query).to_wire()
        checked = not query.flags & dns.flags.CD
        if how == "timeout":
            return []
        if how in ("servfail", "refused", "formerr", "notimp"):
            return [_rcode(query, how.upper())]
        if how == "bogus":
            return [_rcode(query, "SERVFAIL", 6)]
        if how == "bogus-by-cd":
            return [_rcode(query, "SERVFAIL") if checked else good]
        if how == "no-authority":
            return [_rcode(query, "SERVFAIL", 22)]
        if how == "garbage":
            return [b"\x00\x01garbage", good[:2] + b"\xff" * 40]
        if how == "short-address":
            # The last record says four bytes and has three.
            return [good[:2] + good[2:-4] + b"\x01\x02\x03"]
        if how == "wrong-id":
            return [bytes([good[0] ^ 1]) + good[1:]]
        if how == "wrong-id-first":
            return [bytes([good[0] ^ 1]) + good[1:], good]
        if how == "wrong-question":
            other = dns.message.make_query("other.test.", "A", id=query.id)
            return [self._good(other).to_wire()]
        if how == "query-back":
            return [query.to_wire()]
        if how in ("truncated", "truncated-tcp", "dead-tcp", "garbage-tcp"):
            return [_cut(query)]
        if how == "alias-loop":
            return [self._alias(query).to_wire()]
        return [_NOTHING[how](query).to_wire()] if how in _NOTHING else [good]

    def _tcp(self, how: str, query: dns.message.Message) -> list[bytes]:
        if how == "dead-tcp":
            return []
        if how == "garbage-tcp":
            return [b"garbage"]
        if how == "truncated-tcp":
            return [_cut(query)]
        return [self._good(query).to_wire()]

    def _good(self, query: dns.message.Message) -> dns.message.Message:
        reply = dns.message.make_response(query)
        name = query.question[0].name
        reply.answer.append(dns.rrset.from_text(name, 60, "IN", "A", self.address))
        reply.use_edns(False)
        return reply

    def _alias(self, query: dns.message.Message) -> dns.message.Message:
        reply = dns.message.make_response(query)
        name = query.question[0].name
        reply.answer.append(dns.rrset.from_text(name, 60, "IN", "CNAME", str(name)))
        return reply


def _rcode(query: dns.message.Message, rcode: str, extended: int | None = None) -> bytes:
    reply = dns.message.make_response(query)
    reply.set_rcode(dns.rcode.from_text(rcode))
    if extended is not None:
        reply.use_edns(0, options=[dns.edns.EDEOption(dns.edns.EDECode(extended), "because")])
    return reply.to_wire()


def _cut(query: dns.message.Message) -> bytes:
    reply = dns.message.make_response(query)
    reply.flags |= dns.flags.TC
    return reply.to_wire()


def _without_records(
    *, answer: str = "", authority: str = "", resolver: bool = True
) -> Callable[[dns.message.Message], dns.message.Message]:
    """NOERROR with nothing of what was asked for; records as `owner TYPE value`, `@` the name."""

    def make(query: dns.message.Message) -> dns.message.Message:
        reply = dns.message.make_response(query, recursion_available=resolver)
        for section, text in ((reply.answer, answer), (reply.authority, authority)):
            if text:
                owner, kind, value = text.replace("@", str(query.question[0].name)).split(" ", 2)
                section.append(dns.rrset.from_text(owner, 60, "IN", kind, value))
        return reply

    return make


_SOA = "a.test. SOA ns.test. hostmaster.test. 1 2 3 4 60"
_NOTHING = {
    "nodata": _without_records(authority=_SOA),
    "nodata-bare": _without_records(),
    "nodata-by-owner": _without_records(authority=_SOA, resolver=False),
    "alias-to-nothing": _without_records(answer="@ CNAME b.a.test.", authority=_SOA),
    "referral": _without_records(authority="a.test. NS ns.test.", resolver=False),
    "referral-by-resolver": _without_records(authority="a.test. NS ns.test."),
    "empty": _without_records(resolver=False),
    "other-owner": _without_records(answer="other.test. A 192.0.2.1"),
    "other-type": _without_records(answer="@ TXT x", authority=_SOA),
    "open-alias": _without_records(answer="@ CNAME b.test."),
}
