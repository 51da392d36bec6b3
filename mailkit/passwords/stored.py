"""The parts of a stored value, `{SCHEME.ENCODING}body`, read as Dovecot reads them.

The rules and the table follow Dovecot's src/auth/password-scheme.c (2.3 and 2.4).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

# What the tutorials' dovecot-sql.conf sets as default_pass_scheme.
_DEFAULT_SCHEME = "CRYPT"


class Encoding(Enum):
    """How the body writes bytes."""

    NONE = "none"
    BASE64 = "base64"
    HEX = "hex"


_ENCODINGS = {"B64": Encoding.BASE64, "BASE64": Encoding.BASE64, "HEX": Encoding.HEX}


@dataclass(frozen=True)
class Known:
    """What Dovecot knows of a scheme's name."""

    encoding: Encoding = Encoding.NONE
    size: int = 0  # bytes of the decoded body where all are of one length, else 0
    refused_24: bool = False  # "Weak password scheme ... used and refused"


_BASE64, _HEX = Encoding.BASE64, Encoding.HEX

# `doveadm pw -l` of 2.3.19 and 2.4.1.
KNOWN: Mapping[str, Known] = MappingProxyType(
    {
        "CRYPT": Known(),
        "SHA512-CRYPT": Known(),
        "SHA256-CRYPT": Known(),
        "BLF-CRYPT": Known(),
        "DES-CRYPT": Known(refused_24=True),
        "MD5-CRYPT": Known(refused_24=True),
        "MD5": Known(refused_24=True),
        "ARGON2ID": Known(),
        "ARGON2I": Known(),
        "ARGON2": Known(),
        "PBKDF2": Known(),
        "SSHA": Known(_BASE64),
        "SSHA256": Known(_BASE64),
        "SSHA512": Known(_BASE64),
        "SMD5": Known(_BASE64, refused_24=True),
        "SHA": Known(_BASE64, 20),
        "SHA1": Known(_BASE64, 20),
        "SHA256": Known(_BASE64, 32),
        "SHA512": Known(_BASE64, 64),
        "LDAP-MD5": Known(_BASE64, 16, refused_24=True),
        "PLAIN-MD5": Known(_HEX, 16, refused_24=True),
        "PLAIN-MD4": Known(_HEX, 16, refused_24=True),
        "HMAC-MD5": Known(_HEX, 32, refused_24=True),
        "CRAM-MD5": Known(_HEX, 32),
        "DIGEST-MD5": Known(_HEX, 16),
        "SCRAM-SHA-1": Known(),
        "SCRAM-SHA-256": Known(),
        "OTP": Known(),
        "PLAIN": Known(),
        "CLEAR": Known(),
        "CLEARTEXT": Known(),
        "PLAIN-TRUNC": Known(),
    }
)


@dataclass(frozen=True)
class Stored:
    """A stored value taken apart.

    `scheme` is Dovecot's name in capitals, the default scheme's for a bare value, and None for a
    name Dovecot does not know (what stands between the braces may be part of a secret, so
    it is not kept). `encoding` is None where the name has no `.HEX` or `.B64` behind it.
    """

    scheme: str | None
    bare: bool
    encoding: Encoding | None
    body: str = field(repr=False)


def parse(stored: str) -> Stored:
    """Take a stored value apart. Names are not case-sensitive; never raises."""
    name, brace, body = stored[1:].partition("}")
    if not stored.startswith("{") or not brace:
        return Stored(_DEFAULT_SCHEME, True, None, stored)
    scheme, dot, suffix = name.upper().partition(".")
    encoding = _ENCODINGS.get(suffix) if dot else None
    if scheme not in KNOWN or (dot and encoding is None):
        return Stored(None, False, None, body)
    return Stored(scheme, False, encoding, body)


def decode(stored: Stored) -> bytes | None:
    """The bytes that the body stands for; None when it is not in the scheme's encoding."""
    if stored.scheme is None:
        return None
    return decode_as(stored.scheme, stored.encoding, stored.body)


def decode_as(scheme: str, encoding: Encoding | None, body: str) -> bytes | None:
    """As `decode`, for a body alone."""
    known = KNOWN[scheme]
    used = encoding or known.encoding
    if used is Encoding.NONE:
        # A database driver may hand out lone surrogates; they match no password.
        return body.encode(errors="surrogatepass")
    if encoding is None and known.size:
        # Base64 and hex are told apart by their length.
        used = Encoding.HEX if len(body) == known.size * 2 else Encoding.BASE64
    raw = _from_hex(body) if used is Encoding.HEX else None
    if raw is None and (used is Encoding.BASE64 or encoding is None):
        raw = _from_base64(body)
    if raw is None or (known.size and len(raw) != known.size):
        return None
    return raw


def _from_hex(text: str) -> bytes | None:
    try:
        return binascii.unhexlify(text)
    except ValueError:
        return None


def _from_base64(text: str) -> bytes | None:
    # Dovecot steps over blanks and wants the padding whole.
    try:
        return base64.b64decode(re.sub(r"[ \t\r\n]", "", text), validate=True)
    except ValueError:
        return None
