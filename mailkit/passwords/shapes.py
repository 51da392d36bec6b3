"""What a stored value is by its looks: the scheme that verifies it, its cost, whether it is whole.

Dovecot verifies the bodies of {CRYPT}, {SHA512-CRYPT}, {SHA256-CRYPT} and {DES-CRYPT} all by
crypt(3), which goes by the `$id$` in the body alone, so the name before it may be another.
`$1$` is md5-crypt everywhere but behind {PBKDF2}: the prefix decides, never the looks alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from mailkit.passwords.stored import KNOWN, Encoding, Stored, decode, decode_as

PLAIN_SCHEMES = frozenset({"PLAIN", "CLEAR", "CLEARTEXT", "PLAIN-TRUNC"})
CRYPT_SCHEMES = frozenset({"CRYPT", "SHA512-CRYPT", "SHA256-CRYPT", "DES-CRYPT"})
ARGON2_SCHEMES = frozenset({"ARGON2ID", "ARGON2I", "ARGON2"})
# Scheme -> hashlib's name.
DIGESTS = {
    "SHA": "sha1",
    "SHA1": "sha1",
    "SHA256": "sha256",
    "SHA512": "sha512",
    "PLAIN-MD5": "md5",
    "LDAP-MD5": "md5",
}
# Scheme -> hashlib's name and the digest's length in bytes; the salt follows it.
SALTED_DIGESTS = {
    "SSHA": ("sha1", 20),
    "SSHA256": ("sha256", 32),
    "SSHA512": ("sha512", 64),
    "SMD5": ("md5", 16),
}


class State(Enum):
    """Whether the body is what its scheme writes."""

    GOOD = "good"
    TRUNCATED = "truncated"  # the beginning of something good
    MALFORMED = "malformed"  # something else


@dataclass(frozen=True)
class Shape:
    """A recognised value.

    `scheme` is the one that verifies the body: for `{CRYPT}$6$...` SHA512-CRYPT; None if the
    prefix names no scheme of Dovecot's. `memory_kib` is set for Argon2 only.
    """

    scheme: str | None
    state: State
    cost: int | None = None
    memory_kib: int | None = None


# Characters that libxcrypt takes in a salt (it refuses the others, crypt(5)), and its base 64.
_SALT = rb"[^$!*:;\\\x00-\x20\x7f-\xff]"
_B64 = rb"[./0-9A-Za-z]"
_ROUNDS = rb"(?:rounds=([1-9][0-9]{3,8})\$)?"


@dataclass(frozen=True)
class _Format:
    """A method of crypt(3): the whole hash (group 1 is the cost), and the beginning of one."""

    scheme: str
    whole: re.Pattern[bytes]
    cut: re.Pattern[bytes]


def _format(scheme: str, whole: bytes, cut: bytes) -> _Format:
    return _Format(scheme, re.compile(whole), re.compile(cut))


# The parameters of yescrypt that crypt_gensalt(3) makes, for its costs 1 to 11.
_YESCRYPT_COSTS = (b"75", b"85", b"7T", b"8T", b"9T", b"AT", b"BT", b"CT", b"DT", b"ET", b"FT")
_YESCRYPT = b"|".join(_YESCRYPT_COSTS)

_SHA512 = _format(
    "SHA512-CRYPT",
    rb"\$6\$" + _ROUNDS + _SALT + rb"{0,16}\$" + _B64 + rb"{86}",
    rb"\$6(?:\$" + _ROUNDS + _SALT + rb"{0,16}(?:\$" + _B64 + rb"{0,85})?)?",
)
_SHA256 = _format(
    "SHA256-CRYPT",
    rb"\$5\$" + _ROUNDS + _SALT + rb"{0,16}\$" + _B64 + rb"{43}",
    rb"\$5(?:\$" + _ROUNDS + _SALT + rb"{0,16}(?:\$" + _B64 + rb"{0,42})?)?",
)
_BLF = _format(
    "BLF-CRYPT",
    rb"\$2[abxy]\$(0[4-9]|[12][0-9]|3[01])\$" + _B64 + rb"{53}",
    rb"\$2(?:[abxy](?:\$(?:[0-3]|[0-3][0-9](?:\$" + _B64 + rb"{0,52})?)?)?)?",
)
_MD5 = _format(
    "MD5-CRYPT",
    rb"\$1\$" + _SALT + rb"{0,8}\$" + _B64 + rb"{22}",
    rb"\$1(?:\$" + _SALT + rb"{0,8}(?:\$" + _B64 + rb"{0,21})?)?",
)
_YES = _format(
    "YESCRYPT",
    rb"\$y\$j(" + _YESCRYPT + rb")\$" + _B64 + rb"{0,86}\$" + _B64 + rb"{43}",
    rb"\$y(?:\$(?:j[0-9A-F]?[5T]?(?:\$" + _B64 + rb"{0,86}(?:\$" + _B64 + rb"{0,42})?)?)?)?",
)
_DES = _format("DES-CRYPT", _B64 + rb"{13}", _B64 + rb"{1,12}")
_CRYPT_FORMATS = (_SHA512, _SHA256, _BLF, _MD5, _YES)
# Other methods of libxcrypt, which no mail server's tutorial ever used.
_OTHER_CRYPT = re.compile(rb"\$(?:7|y|gy|sm3|sm3_yescrypt|sha1|md5[^$]*|3)\$.+|_" + _B64 + rb"{19}")

_ARGON2 = re.compile(
    rb"\$argon2(id|i)\$v=19\$m=([1-9][0-9]{0,9}),t=([1-9][0-9]{0,9}),p=[1-9][0-9]{0,7}"
    rb"\$[A-Za-z0-9+/]{11,}\$([A-Za-z0-9+/]{22,})"
)
_ARGON2_HEADS = (b"$argon2id$v=19$m=", b"$argon2i$v=19$m=")
_ARGON2_CUT = re.compile(
    rb"\$argon2id?\$v=19\$m=[0-9]*(?:,t=[0-9]*)?(?:,p=[0-9]*)?(?:,|,t|,p)?"
    rb"(?:\$[A-Za-z0-9+/]*){0,2}"
)
# Characters of digests of 16, 32, 48 and 64 bytes; everybody writes 32, some once wrote 16. A
# shortened one fits no password: its length goes into the hash (RFC 9106, section 3.2).
_ARGON2_DIGESTS = frozenset({22, 43, 64, 86})

_PBKDF2 = re.compile(rb"\$1\$[^$]*\$0*([1-9][0-9]{0,9})\$[0-9a-fA-F]{40}")
_PBKDF2_CUT = re.compile(rb"\$(?:1(?:\$[^$]*(?:\$[0-9]*(?:\$[0-9a-fA-F]{0,39})?)?)?)?")

_BASE64_CUT = re.compile(r"[A-Za-z0-9+/]*={0,2}")
_HEX_CUT = re.compile(r"[0-9A-Fa-f]*")


def recognise(stored: Stored) -> Shape:
    """What a parsed value is. Looks only, computes nothing, never raises."""
    scheme = stored.scheme
    if scheme is None:
        return Shape(None, State.MALFORMED)
    if scheme in DIGESTS or scheme in SALTED_DIGESTS or KNOWN[scheme].size:
        return _digest(scheme, stored)
    body = decode(stored)
    if body is None:
        return Shape(scheme, State.MALFORMED)
    if scheme in PLAIN_SCHEMES:
        return Shape(scheme, State.GOOD if body else State.MALFORMED)
    if scheme in CRYPT_SCHEMES:
        return _crypt(scheme, body, bare=stored.bare)
    if scheme == "BLF-CRYPT":
        return _by_format(_BLF, body)
    if scheme == "MD5-CRYPT":
        return _by_format(_MD5, body)
    if scheme == "MD5":
        return _md5(body)
    if scheme in ARGON2_SCHEMES:
        return _argon2(scheme, body)
    if scheme == "PBKDF2":
        return _pbkdf2(body)
    return _fields(scheme, body)


def looks_like_argon2(body: str) -> bool:
    """Whether the body is an Argon2 hash, wherever it stands."""
    return body.startswith(("$argon2id$", "$argon2i$"))


def _crypt(scheme: str, body: bytes, *, bare: bool) -> Shape:
    for known in _CRYPT_FORMATS:
        shape = _by_format(known, body)
        if shape.state is not State.MALFORMED:
            return shape
    if _DES.whole.fullmatch(body):
        return Shape("DES-CRYPT", State.GOOD)
    if _OTHER_CRYPT.fullmatch(body):
        return Shape("CRYPT", State.GOOD)
    if looks_like_argon2(body.decode("ascii", "replace")):
        # crypt(3) does not know it: works behind {ARGON2ID} only.
        return Shape(_argon2("ARGON2ID", body).scheme, State.MALFORMED)
    # A few plain characters are a cut DES hash only where a prefix says that they are a hash.
    if not bare and (body == b"$" or _DES.cut.fullmatch(body)):
        return Shape(scheme, State.TRUNCATED)
    return Shape(scheme, State.MALFORMED)


def _by_format(known: _Format, body: bytes) -> Shape:
    if match := known.whole.fullmatch(body):
        return Shape(known.scheme, State.GOOD, _crypt_cost(known.scheme, match))
    cut = body == b"$" or known.cut.fullmatch(body) is not None
    return Shape(known.scheme, State.TRUNCATED if cut else State.MALFORMED)


def _crypt_cost(scheme: str, match: re.Match[bytes]) -> int | None:
    if scheme in ("SHA512-CRYPT", "SHA256-CRYPT"):
        return int(match[1] or 5000)
    if scheme == "BLF-CRYPT":
        return int(match[1])
    if scheme == "YESCRYPT":
        return _YESCRYPT_COSTS.index(match[1]) + 1
    return None


def _md5(body: bytes) -> Shape:
    """Dovecot's {MD5} is md5-crypt, or else MD5 in hex or base64."""
    if body.startswith(b"$"):
        return _by_format(_MD5, body)
    text = body.decode("latin-1")
    return _digest("PLAIN-MD5", Stored("PLAIN-MD5", False, None, text))


def _argon2(scheme: str, body: bytes) -> Shape:
    if match := _ARGON2.fullmatch(body):
        # libsodium goes by the body, not by the name before it.
        scheme = "ARGON2ID" if match[1] == b"id" else "ARGON2I"
        state = State.GOOD if len(match[4]) in _ARGON2_DIGESTS else State.TRUNCATED
        return Shape(scheme, state, int(match[3]), int(match[2]))
    cut = any(head.startswith(body) for head in _ARGON2_HEADS) or _ARGON2_CUT.fullmatch(body)
    return Shape(scheme, State.TRUNCATED if cut else State.MALFORMED)


def _pbkdf2(body: bytes) -> Shape:
    """`$1$salt$rounds$hex`, Dovecot's own; HMAC-SHA1."""
    if match := _PBKDF2.fullmatch(body):
        return Shape("PBKDF2", State.GOOD, int(match[1]))
    cut = _PBKDF2_CUT.fullmatch(body) is not None
    return Shape("PBKDF2", State.TRUNCATED if cut else State.MALFORMED)


def _digest(scheme: str, stored: Stored) -> Shape:
    raw = decode_as(scheme, stored.encoding, stored.body)
    size = KNOWN[scheme].size or SALTED_DIGESTS[scheme][1] + 1
    if raw is not None and len(raw) >= size:
        return Shape(scheme, State.GOOD)
    hexadecimal = stored.encoding is Encoding.HEX
    whole = size * 2 if hexadecimal else -(-size // 3) * 4
    # A salt's length is not known, so a salted digest is seen to be cut when it does not decode.
    short = len(stored.body) < whole or (not KNOWN[scheme].size and raw is None)
    if short and (_HEX_CUT if hexadecimal else _BASE64_CUT).fullmatch(stored.body):
        return Shape(scheme, State.TRUNCATED)
    return Shape(scheme, State.MALFORMED)


def _fields(scheme: str, body: bytes) -> Shape:
    """SCRAM: `rounds,salt,key,key`; OTP: `method count seed hex`. Neither is verified here."""
    parts = [part for part in body.split(b" " if scheme == "OTP" else b",") if part]
    if len(parts) == 4:
        cost = int(parts[0]) if parts[0].isdigit() and len(parts[0]) < 10 else None
        return Shape(scheme, State.GOOD, cost)
    return Shape(scheme, State.TRUNCATED if 0 < len(parts) < 4 else State.MALFORMED)
