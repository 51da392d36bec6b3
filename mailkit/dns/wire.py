"""One question to one resolver over UDP, and over TCP where the answer did not fit."""

from __future__ import annotations

import asyncio
import socket
import struct
from dataclasses import dataclass
from ipaddress import ip_address

import dns.exception
import dns.flags
import dns.message

from mailkit.dns.subject import IPAddress


@dataclass(frozen=True)
class Server:
    """A resolver: where it listens."""

    ip: IPAddress
    port: int = 53


def server(text: str) -> Server:
    """`192.0.2.1` or `192.0.2.1@5353`; ValueError for anything else."""
    address, _, port = text.strip().partition("@")
    number = int(port) if port else 53
    if not 0 < number < 65536:
        raise ValueError(f"no port: {port}")
    return Server(ip_address(address), number)


class Malformed(Exception):
    """An answer to our question that cannot be read, or cannot be one."""


async def exchange(
    query: dns.message.QueryMessage, where: Server, seconds: float
) -> dns.message.Message:
    """The answer; TimeoutError, OSError, Malformed. `seconds` for UDP and again for TCP.

    The socket is connected: only packets of this resolver arrive, and a closed port is told at
    once (ConnectionRefusedError). A packet with another id or question is somebody else's answer.
    """
    wire = query.to_wire()
    async with asyncio.timeout(seconds):
        reply = await _over_udp(query, wire, where)
    if not reply.flags & dns.flags.TC:
        return reply
    try:
        async with asyncio.timeout(seconds):
            return await _over_tcp(query, wire, where)
    except TimeoutError:
        raise TimeoutError("over TCP") from None


async def _over_udp(
    query: dns.message.QueryMessage, wire: bytes, where: Server
) -> dns.message.Message:
    loop = asyncio.get_running_loop()
    with socket.socket(_family(where), socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.connect((str(where.ip), where.port))
        sock.send(wire)
        while True:
            data = await loop.sock_recv(sock, 65535)
            if data[:2] != wire[:2]:
                continue
            reply = read(data)
            if query.is_response(reply):
                return reply


async def _over_tcp(
    query: dns.message.QueryMessage, wire: bytes, where: Server
) -> dns.message.Message:
    reader, writer = await asyncio.open_connection(str(where.ip), where.port)
    try:
        writer.write(struct.pack("!H", len(wire)) + wire)
        (length,) = struct.unpack("!H", await reader.readexactly(2))
        reply = read(await reader.readexactly(length))
    except asyncio.IncompleteReadError:
        raise ConnectionResetError("TCP connection closed before the answer") from None
    finally:
        writer.close()
    if not query.is_response(reply):
        raise Malformed("an answer to another question over TCP")
    return reply


def read(data: bytes) -> dns.message.Message:
    """A message from its bytes; Malformed, whatever the bytes are.

    A cut message (TC) may end anywhere.
    """
    try:
        return dns.message.from_wire(data, ignore_trailing=True, raise_on_truncation=False)
    except (dns.exception.DNSException, ValueError, struct.error, IndexError) as error:
        if len(data) >= 12 and data[2] & 0x02:
            return _cut(data)
        raise Malformed(f"{type(error).__name__}: {error}".rstrip(": ")) from None


def _cut(data: bytes) -> dns.message.Message:
    try:
        return dns.message.from_wire(data, question_only=True, ignore_trailing=True)
    except (dns.exception.DNSException, ValueError, struct.error, IndexError) as error:
        raise Malformed(f"{type(error).__name__}: {error}".rstrip(": ")) from None


def _family(where: Server) -> socket.AddressFamily:
    return socket.AF_INET if where.ip.version == 4 else socket.AF_INET6
