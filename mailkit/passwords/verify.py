"""Does a typed password fit a stored value? As Dovecot would answer, in three words."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from enum import Enum

import argon2
import bcrypt

from mailkit.passwords import crypt3
from mailkit.passwords.lock import is_locked, unlock
from mailkit.passwords.rules import normalise
from mailkit.passwords.shapes import (
    CRYPT_SCHEMES,
    DIGESTS,
    SALTED_DIGESTS,
    Shape,
    State,
    recognise,
)
from mailkit.passwords.stored import Stored, decode, decode_as, parse


class Result(Enum):
    """The answer; only CORRECT is true."""

    CORRECT = "correct"
    WRONG = "wrong"
    CANNOT_TELL = "cannot tell"

    def __bool__(self) -> bool:
        return self is Result.CORRECT


# Dearer hashes are not computed: one row must not stop the panel for minutes. About 2 s each.
HIGHEST_COSTS = {
    "SHA512-CRYPT": 5_000_000,
    "SHA256-CRYPT": 5_000_000,
    "PBKDF2": 5_000_000,
    "BLF-CRYPT": 15,
    "ARGON2ID": 64,
    "ARGON2I": 64,
    "YESCRYPT": 11,
}
_LARGEST_MEMORY_KIB = 512 * 1024
_LARGEST_ARGON2_WORK_KIB = 2 * 1024 * 1024  # memory times passes
_MOST_ARGON2_LANES = 64  # argon2-cffi starts a thread for each

# password_has_illegal_chars() in Dovecot's auth: refused at sign-in whatever the hash.
_REFUSED_AT_SIGN_IN = frozenset("\0\1\t\r\n")

# bcrypt reads no further; Dovecot cuts too, so a longer one signs in by its beginning.
_BCRYPT_READS = 72


def verify(password: str, stored: str | None) -> Result:
    """Whether this password signs in to a mailbox with this stored value.

    Never raises. NULL, '', a locked or broken value and the empty password never verify,
    although Dovecot lets the empty one in to `{PLAIN}`. The password is tried as it was typed
    and in NFC, as `hash_password` stores it. CANNOT_TELL: a scheme that Dovecot does not know, or
    that is not verified here (`Judgement.verifiable`), or a hash too dear to compute.
    """
    if not stored or not password or is_locked(stored):
        return Result.WRONG
    if not _REFUSED_AT_SIGN_IN.isdisjoint(password):
        return Result.WRONG
    parsed = parse(stored)
    shape = recognise(parsed)
    if shape.scheme is None:
        return Result.CANNOT_TELL
    if shape.state is not State.GOOD:
        return Result.WRONG
    if not verifiable(shape):
        return Result.CANNOT_TELL
    result = Result.WRONG
    for form in dict.fromkeys((password, normalise(password))):
        result = _compare(form, parsed, shape)
        if result is Result.CORRECT:
            break
    return result


def verifiable(shape: Shape) -> bool:
    """Whether `verify` computes hashes of this scheme, at this cost."""
    if shape.scheme not in _VERIFIERS:
        return False
    cost, memory = shape.cost or 0, shape.memory_kib or 0
    if cost > HIGHEST_COSTS.get(shape.scheme, cost) or memory > _LARGEST_MEMORY_KIB:
        return False
    return cost * memory <= _LARGEST_ARGON2_WORK_KIB


def is_too_dear(stored: str) -> bool:
    """Whether computing a whole hash would take Dovecot, too, longer than HIGHEST_COSTS allow.

    Also where nobody looks at the cost: crypt(3)'s rarer methods.
    """
    shape = recognise(parse(unlock(stored) if is_locked(stored) else stored))
    if shape.state is not State.GOOD or shape.scheme is None:
        return False
    if shape.scheme in _VERIFIERS:
        return not verifiable(shape)
    if shape.scheme.startswith("SCRAM-"):
        return shape.cost is None or shape.cost > HIGHEST_COSTS["PBKDF2"]
    return shape.scheme in CRYPT_SCHEMES


def _compare(password: str, parsed: Stored, shape: Shape) -> Result:
    try:
        secret = password.encode()
    except UnicodeEncodeError:
        return Result.WRONG
    body = decode(parsed)
    if shape.scheme == "PLAIN-MD5" and body is not None and parsed.scheme == "MD5":
        body = decode_as("PLAIN-MD5", None, body.decode("latin-1"))
    if body is None or shape.scheme is None:
        return Result.WRONG
    fits = _VERIFIERS[shape.scheme](secret, body)
    if fits is None:
        return Result.CANNOT_TELL
    return Result.CORRECT if fits else Result.WRONG


def _plain(secret: bytes, body: bytes) -> bool:
    return hmac.compare_digest(secret, body)


def _digest(algorithm: str) -> Callable[[bytes, bytes], bool]:
    def fits(secret: bytes, body: bytes) -> bool:
        return hmac.compare_digest(_hash(algorithm, secret), body)

    return fits


def _salted_digest(algorithm: str, size: int) -> Callable[[bytes, bytes], bool]:
    def fits(secret: bytes, body: bytes) -> bool:
        return hmac.compare_digest(_hash(algorithm, secret + body[size:]), body[:size])

    return fits


def _hash(algorithm: str, data: bytes) -> bytes:
    return hashlib.new(algorithm, data, usedforsecurity=False).digest()


def _bcrypt(secret: bytes, body: bytes) -> bool | None:
    if body.startswith(b"$2x$") and not secret.isascii():
        return None  # the old sign-extension bug, which the bcrypt package does not imitate
    try:
        made = bcrypt.hashpw(secret[:_BCRYPT_READS], body[:29])
    except ValueError:  # a salt with left-over bits; Dovecot's own code refuses it too
        return False
    return hmac.compare_digest(made, body)


def _md5_crypt(secret: bytes, body: bytes) -> bool | None:
    # Dovecot has md5-crypt code of its own, which knows no limit.
    if len(secret) > crypt3.LONGEST:
        return crypt3.matches_by_libpass(secret, body)
    return crypt3.matches(secret, body)


def _argon2(secret: bytes, body: bytes) -> bool | None:
    lanes = int(body.split(b",p=")[1].split(b"$")[0])
    if lanes > _MOST_ARGON2_LANES:
        return None
    kind = argon2.Type.ID if body.startswith(b"$argon2id$") else argon2.Type.I
    try:
        return argon2.low_level.verify_secret(body, secret, kind)
    except argon2.exceptions.VerifyMismatchError:
        return False
    except argon2.exceptions.VerificationError:  # not enough memory, or parameters it refuses
        return None


def _pbkdf2(secret: bytes, body: bytes) -> bool:
    _, _, salt, rounds, digest = body.split(b"$")
    made = hashlib.pbkdf2_hmac("sha1", secret, salt, int(rounds))
    return hmac.compare_digest(made.hex().encode("ascii"), digest.lower())


_VERIFIERS: dict[str, Callable[[bytes, bytes], bool | None]] = {
    "SHA512-CRYPT": crypt3.matches,
    "SHA256-CRYPT": crypt3.matches,
    "DES-CRYPT": crypt3.matches,
    "YESCRYPT": crypt3.matches,
    "MD5-CRYPT": _md5_crypt,
    "BLF-CRYPT": _bcrypt,
    "ARGON2ID": _argon2,
    "ARGON2I": _argon2,
    "PBKDF2": _pbkdf2,
    "PLAIN": _plain,
    "CLEAR": _plain,
    "CLEARTEXT": _plain,
    **{scheme: _digest(algorithm) for scheme, algorithm in DIGESTS.items()},
    **{scheme: _salted_digest(*how) for scheme, how in SALTED_DIGESTS.items()},
}
