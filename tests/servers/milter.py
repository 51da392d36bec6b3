"""A mail given to a milter as Postfix gives it: what header fields the milter adds to it."""

from __future__ import annotations

import re
import socket
import struct
from pathlib import Path

# Of libmilter's protocol, version 6 (Sendmail's include/libmilter/mfdef.h).
VERSION = 6
ADD_HEADERS = 0x01
INSERT_HEADER, ADD_HEADER = b"i", b"h"
# The last word about a command: accept, continue, discard, reject, tempfail, with its own text.
LAST_WORDS = b"acdrty"
PROGRESS = b"p"


class MilterRefused(RuntimeError):
    """The milter took the mail for one to refuse or to try again later."""


class _Enough(Exception):
    """The milter takes the mail as it is, and wants to hear no more of it."""


def pass_through(socket_path: Path, mail: str, *, client: str = "127.0.0.1") -> list[str]:
    """The header fields, `Name: value`, that the milter adds to a mail with LF for line ends."""
    try:
        return _pass_through(socket_path, mail, client)
    except _Enough:
        return []


def _pass_through(socket_path: Path, mail: str, client: str) -> list[str]:
    head, _blank, body = mail.partition("\n\n")
    # A folded field is one, with its line ends in it.
    fields = [line.split(": ", 1) for line in re.split(r"\n(?![ \t])", head)]
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(20)
        connection.connect(str(socket_path))
        _send(connection, b"O", struct.pack("!III", VERSION, 0x1FF, 0))
        _kind, answer = _receive(connection)
        # What it does not want to be sent at all.
        unwanted = struct.unpack("!III", answer[:12])[2]
        if not unwanted & 0x01:
            about = b"[" + client.encode() + b"]\0" + b"4" + struct.pack("!H", 2525)
            _ask(connection, b"C", about + client.encode() + b"\0", quiet=unwanted & 0x1000)
        if not unwanted & 0x02:
            _ask(connection, b"H", b"client.test\0", quiet=unwanted & 0x2000)
        if not unwanted & 0x04:
            _send(connection, b"D", b"Mi\0MAILID1\0")
            _ask(connection, b"M", b"<sender@client.test>\0", quiet=unwanted & 0x4000)
        if not unwanted & 0x08:
            _ask(connection, b"R", b"<somebody@far.test>\0", quiet=unwanted & 0x8000)
        for name, value in fields:
            lead = b" " if unwanted & 0x100000 else b""
            field = name.encode() + b"\0" + lead + value.encode() + b"\0"
            _ask(connection, b"L", field, quiet=unwanted & 0x80)
        if not unwanted & 0x40:
            _ask(connection, b"N", b"", quiet=unwanted & 0x40000)
        if not unwanted & 0x10:
            _ask(connection, b"B", body.replace("\n", "\r\n").encode(), quiet=unwanted & 0x80000)
        _send(connection, b"E", b"")
        added = []
        while True:
            kind, answer = _receive(connection)
            if kind == INSERT_HEADER:
                answer = answer[4:]
            if kind in (INSERT_HEADER, ADD_HEADER):
                name, value = answer.rstrip(b"\0").split(b"\0", 1)
                added.append(f"{name.decode()}: {value.decode().strip()}")
            elif kind in LAST_WORDS:
                break
        _send(connection, b"Q", b"")
    if kind not in b"ac":
        raise MilterRefused(f"{kind!r} {answer!r}")
    return added


def _ask(connection: socket.socket, command: bytes, data: bytes, *, quiet: int) -> None:
    _send(connection, command, data)
    if quiet:
        return
    kind, answer = _receive(connection)
    if kind == b"a":
        raise _Enough
    if kind != b"c":
        raise MilterRefused(f"{command!r}: {kind!r} {answer!r}")


def _send(connection: socket.socket, command: bytes, data: bytes) -> None:
    connection.sendall(struct.pack("!I", len(data) + 1) + command + data)


def _receive(connection: socket.socket) -> tuple[bytes, bytes]:
    while True:
        (length,) = struct.unpack("!I", _exactly(connection, 4))
        answer = _exactly(connection, length)
        if answer[:1] != PROGRESS:
            return answer[:1], answer[1:]


def _exactly(connection: socket.socket, length: int) -> bytes:
    found = b""
    while len(found) < length:
        more = connection.recv(length - len(found))
        if not more:
            raise MilterRefused("the milter closed the connection")
        found += more
    return found
