"""A DKIM key record (RFC 6376, 3.6.1; RFC 8463): read it, find its fault, write one for a key.

Keys are compared by what they are, the numbers of an RSA key or the bytes of an Ed25519 key, and
never as text: the same key can be written as SPKI or as PKCS#1, with blanks or without.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from mailkit.dns.records import txt_value
from mailkit.dns.results import Record
from mailkit.dns.subject import SignerKey
from mailkit.dns.tags import TagList, parse_tags

RSA_OID = bytes.fromhex("2a864886f70d010101")
ED25519_OID = bytes.fromhex("2b6570")
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")


@dataclass(frozen=True)
class PublicKey:
    """`rsa` with modulus and exponent, or `ed25519` with its 32 bytes as a number."""

    kind: str
    number: int
    exponent: int = 0

    @property
    def bits(self) -> int:
        return self.number.bit_length() if self.kind == "rsa" else 256


class NotAKey(ValueError):
    """Bytes that are no public key; `truncated` if they end too early."""

    def __init__(self, words: str, *, truncated: bool = False) -> None:
        super().__init__(words)
        self.truncated = truncated


@dataclass(frozen=True)
class KeyRecord:
    """What a TXT record at a selector says. `fault` is a code, or empty."""

    raw: bytes
    tags: TagList
    fault: str = ""
    detail: str = ""
    key: PublicKey | None = None

    @property
    def testing(self) -> bool:
        return "y" in _listed(self.tags.get("t") or "")

    @property
    def value(self) -> str:
        return txt_value(self.raw)


def read_der(der: bytes) -> PublicKey:
    """A key from SPKI, or from the bare PKCS#1 that RFC 6376 names. Raises NotAKey."""
    outer, rest = _der(der, 0x30)
    if rest:
        raise NotAKey("bytes behind the key")
    if outer[:1] == b"\x02":
        return _pkcs1(outer)
    algorithm, bits = _der(outer, 0x30)
    oid, _parameters = _der(algorithm, 0x06)
    content, _rest = _der(bits, 0x03)
    if oid == ED25519_OID and len(content) == 33:
        return PublicKey("ed25519", int.from_bytes(content[1:]))
    if oid != RSA_OID:
        raise NotAKey("a key of another kind")
    numbers, _rest = _der(content[1:], 0x30)
    return _pkcs1(numbers)


def _pkcs1(numbers: bytes) -> PublicKey:
    modulus, rest = _der(numbers, 0x02)
    exponent, _rest = _der(rest, 0x02)
    if not modulus or not exponent:
        raise NotAKey("an empty number")
    return PublicKey("rsa", int.from_bytes(modulus), int.from_bytes(exponent))


def _der(data: bytes, tag: int) -> tuple[bytes, bytes]:
    """The content of the element that `data` begins with, and what follows it (X.690, 8.1)."""
    if not data:
        raise NotAKey("it ends too early", truncated=True)
    if data[0] != tag:
        raise NotAKey("not a public key")
    length, at = (data[1], 2) if len(data) > 1 else (0x80, 1)
    if length & 0x80:
        count = length & 0x7F
        if not 1 <= count <= 4:
            raise NotAKey("not a public key")
        length, at = int.from_bytes(data[2 : 2 + count]), 2 + count
    if len(data) < at + length:
        raise NotAKey("it ends too early", truncated=True)
    return data[at : at + length], data[at + length :]


def read_record(raw: bytes) -> KeyRecord:
    """Read one TXT record at a selector as a verifier does. Never raises."""
    tags = parse_tags(raw)
    if b"\\;" in raw:
        return KeyRecord(raw, tags, "dkim.escaped", "a backslash before a semicolon")
    fault, detail = _tag_fault(tags)
    if fault:
        return KeyRecord(raw, tags, fault, detail)
    text = "".join((tags.get("p") or "").split())
    if not text:
        return KeyRecord(raw, tags, "dkim.revoked", "p is empty")
    try:
        der = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return KeyRecord(raw, tags, *_bad_base64(text))
    try:
        kind = (tags.get("k") or "rsa").lower()
        bare = kind == "ed25519" and len(der) == 32
        key = PublicKey("ed25519", int.from_bytes(der)) if bare else read_der(der)
    except NotAKey as problem:
        fault = "dkim.truncated" if problem.truncated else "dkim.syntax"
        return KeyRecord(raw, tags, fault, str(problem))
    if key.kind != kind:
        return KeyRecord(raw, tags, "dkim.key_type", f"k={kind}, but the key is {key.kind}")
    return KeyRecord(raw, tags, key=key)


def _tag_fault(tags: TagList) -> tuple[str, str]:
    version = tags.get("v")
    if version is not None and (version != "DKIM1" or tags.first != "v"):
        return "dkim.version", "v has to be DKIM1 and to come first"
    if tags.error:
        return "dkim.syntax", tags.error
    if tags.get("p") is None:
        return "dkim.syntax", "p is missing"
    kind = tags.get("k")
    if kind is not None and kind.lower() not in ("rsa", "ed25519"):
        return "dkim.key_type", f"k={kind}"
    hashes = tags.get("h")
    if hashes is not None and "sha256" not in _listed(hashes):
        return "dkim.hash", f"h={hashes}"
    services = tags.get("s")
    if services is not None and not {"*", "email"} & _listed(services):
        return "dkim.service", f"s={services}"
    return "", ""


def _listed(value: str) -> set[str]:
    return {part.strip().lower() for part in value.split(":")}


def _bad_base64(text: str) -> tuple[str, str]:
    """A cut key is bad base64 as well, if it was not cut after a fourth character."""
    whole = text[: len(text) // 4 * 4]
    if _BASE64.fullmatch(text) and whole and "=" not in text:
        try:
            read_der(base64.b64decode(whole))
        except NotAKey as problem:
            if problem.truncated:
                return "dkim.truncated", str(problem)
    return "dkim.base64", "p is not base64"


def corrected(record: KeyRecord) -> str:
    """The same key in a record without what is wrong around it; empty if `p` is at fault."""
    tags = parse_tags(record.raw.replace(b"\\", b""))
    wrong = [tag for tag in ("v", "p") if tags.get(tag) is not None]
    if _tag_fault(tags)[0] == "dkim.hash":
        wrong.append("h")
    if (services := tags.get("s")) is not None and not {"*", "email"} & _listed(services):
        wrong.append("s")
    flags = [flag for flag in (tags.get("t") or "").split(":") if flag.strip() not in ("", "y")]
    head = TagList((("v", "DKIM1"), *((t, v) for t, v in tags.tags if t not in (*wrong, "t"))))
    key = "".join((tags.get("p") or "").split())
    text = head.text(t=":".join(flags), p=key) if flags else head.text(p=key)
    again = read_record(text.encode("ascii", "ignore"))
    return text if again.key else ""


def record_text(key: SignerKey) -> str:
    """The TXT value for a key: RSA as SPKI, Ed25519 as its 32 bytes (RFC 8463, 4)."""
    found = read_der(key.spki)
    der = key.spki if found.kind == "rsa" else found.number.to_bytes(32)
    return f"v=DKIM1; k={found.kind}; p={base64.b64encode(der).decode()}"


def key_record(domain: str, key: SignerKey, ttl: int | None = None) -> Record:
    """The record to publish for a key of `domain` (A-label, without a last dot)."""
    name = f"{key.selector}._domainkey.{key.signs_as or domain}."
    record = Record(name, "TXT", record_text(key))
    return record if ttl is None else Record(name, "TXT", record.value, ttl)
