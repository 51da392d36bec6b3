"""A record written out: as a line of a zone file, and as the fields of a provider's form.

The value of a TXT record is one string here, its parts joined and without quotes. A byte outside
printable ASCII is written `\\DDD` and a backslash `\\\\`, as in a zone file (RFC 1035, 5.1): every
TXT record can be shown, stored and written back byte by byte.
"""

from __future__ import annotations

import re

from mailkit.dns.results import Record

# The length of one string stands in one byte (RFC 1035, 3.3).
MOST_BYTES = 255
TEXT_TYPES = ("TXT", "SPF")

_ESCAPE = re.compile(r"\\(\d{3}|.)|\\$", re.DOTALL)


def txt_value(raw: bytes) -> str:
    """The value of a TXT record whose joined bytes are `raw`."""
    return "".join(
        "\\\\" if byte == 0x5C else chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03d}"
        for byte in raw
    )


def txt_bytes(value: str) -> bytes:
    """The bytes that a TXT record's value stands for; the way back from `txt_value`.

    Characters outside ASCII, which only people type, become UTF-8; a number above 255 and a
    backslash at the end stand for themselves.
    """
    out = bytearray()
    at = 0
    for match in _ESCAPE.finditer(value):
        out += value[at : match.start()].encode("utf-8", "replace")
        escaped = match.group(1)
        if escaped is None:
            out += b"\\"
        elif len(escaped) == 1:
            out += escaped.encode("utf-8", "replace")
        elif int(escaped) <= 0xFF:
            out.append(int(escaped))
        else:
            out += match.group(0).encode("ascii", "replace")
        at = match.end()
    return bytes(out + value[at:].encode("utf-8", "replace"))


def txt_strings(value: str) -> tuple[bytes, ...]:
    """The strings of a TXT record, each of at most 255 bytes; one empty string if it is empty."""
    raw = txt_bytes(value)
    return tuple(raw[at : at + MOST_BYTES] for at in range(0, len(raw), MOST_BYTES)) or (b"",)


def quoted(raw: bytes) -> str:
    """One string as a zone file has it: in double quotes, with `"` and `\\` escaped."""
    return '"' + txt_value(raw).replace('"', '\\"') + '"'


def rdata(record: Record) -> str:
    """What stands behind the type in a zone file."""
    if record.type not in TEXT_TYPES:
        return record.value
    return " ".join(quoted(part) for part in txt_strings(record.value))


def zone_line(record: Record) -> str:
    """The record as one line that every name server's zone file takes."""
    return f"{record.name} {record.ttl} IN {record.type} {rdata(record)}"


def bind_line(record: Record) -> str:
    """The record as BIND's tools write it: a long TXT in brackets, a string a line."""
    strings = txt_strings(record.value) if record.type in TEXT_TYPES else ()
    if len(strings) < 2:
        return f"{record.name}\t{record.ttl}\tIN\t{record.type}\t{rdata(record)}"
    lines = "\n\t".join(quoted(part) for part in strings)
    return f"{record.name}\t{record.ttl}\tIN\t{record.type}\t( {lines} )"


def relative_host(name: str, zone: str) -> str:
    """The name as a provider's form wants it: without the zone, `@` for the zone itself.

    A name outside the zone (a PTR record, another domain's) stays absolute.
    """
    name, zone = name.lower().rstrip("."), zone.lower().rstrip(".")
    if name == zone:
        return "@"
    if zone and name.endswith("." + zone):
        return name[: -len(zone) - 1]
    return name + "."
