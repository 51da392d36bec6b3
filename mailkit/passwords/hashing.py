"""Make `{SCHEME}hash`, say how wide it gets, and whether a stored one should be made anew."""

from __future__ import annotations

import secrets

import argon2
import bcrypt

from mailkit.passwords import crypt3
from mailkit.passwords.lock import is_locked
from mailkit.passwords.rules import prepared
from mailkit.passwords.schemes import (
    ARGON2ID_MEMORY_KIB,
    COST_RANGES,
    DEFAULT_SCHEME,
    Scheme,
    checked_cost,
)
from mailkit.passwords.shapes import State, recognise
from mailkit.passwords.stored import parse

_SALT_ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SHA512_SALT = 16  # characters, the most that sha512-crypt reads
_ARGON2_SALT = 16  # bytes, as libsodium (RFC 9106, section 3.1)
_ARGON2_DIGEST = 32  # bytes


def hash_password(password: str, scheme: Scheme = DEFAULT_SCHEME, cost: int | None = None) -> str:
    """The value for the column `password`: `{SCHEME}` and a hash with a fresh salt.

    `cost` as in `COST_RANGES`, None for the scheme's default. Raises PasswordError for a password
    that the scheme cannot take whole, ValueError for a cost out of range.
    """
    secret = prepared(password, scheme)
    cost = checked_cost(scheme, cost)
    return f"{{{scheme.value}}}{_hash(secret, scheme, cost)}"


def hash_width(scheme: Scheme, cost: int | None = None) -> int:
    """The length in characters of the longest value that `hash_password` makes.

    Of any cost when it is None. A locked value is `len(LOCK_PREFIX)` longer.
    """
    cost = COST_RANGES[scheme].stop - 1 if cost is None else checked_cost(scheme, cost)
    return len(f"{{{scheme.value}}}") + len(_longest(scheme, cost))


def needs_rehash(stored: str | None, scheme: Scheme, cost: int | None = None) -> bool:
    """Whether a value that verified should be written anew: other scheme, cheaper, or no prefix.

    A dearer hash of the same scheme is left alone, a locked value too.
    """
    if not stored or is_locked(stored):
        return False
    parsed = parse(stored)
    shape = recognise(parsed)
    if shape.state is not State.GOOD or shape.scheme != scheme.value or parsed.scheme is None:
        return True
    if parsed.scheme != scheme.value or parsed.bare:
        return True
    if shape.memory_kib is not None and shape.memory_kib < ARGON2ID_MEMORY_KIB:
        return True
    return (shape.cost or 0) < checked_cost(scheme, cost)


def verify_dummy(scheme: Scheme = DEFAULT_SCHEME, cost: int | None = None) -> None:
    """Take as long as `verify` would on a hash of this scheme, so that nobody learns by the
    clock which mailboxes exist.
    """
    hash_password("a password nobody has", scheme, cost)


def _hash(secret: bytes, scheme: Scheme, cost: int) -> str:
    match scheme:
        case Scheme.SHA512_CRYPT:
            salt = "".join(secrets.choice(_SALT_ALPHABET) for _ in range(_SHA512_SALT))
            return crypt3.make_sha512(secret, salt, cost)
        case Scheme.BLF_CRYPT:
            # $2y$ is Dovecot's own spelling; the computation is that of $2b$.
            setting = bcrypt.gensalt(cost).replace(b"$2b$", b"$2y$", 1)
            return bcrypt.hashpw(secret, setting).decode("ascii")
        case Scheme.ARGON2ID:
            made = argon2.low_level.hash_secret(
                secret,
                secrets.token_bytes(_ARGON2_SALT),
                time_cost=cost,
                memory_cost=ARGON2ID_MEMORY_KIB,
                parallelism=1,  # libsodium, which Dovecot calls, computes lanes one by one
                hash_len=_ARGON2_DIGEST,
                type=argon2.Type.ID,
            )
            return made.decode("ascii")


def _longest(scheme: Scheme, cost: int) -> str:
    """A text as long as the hashes of this scheme and cost."""
    match scheme:
        case Scheme.SHA512_CRYPT:
            rounds = "" if cost == 5000 else f"rounds={cost}$"
            return f"$6${rounds}{'.' * _SHA512_SALT}${'.' * 86}"
        case Scheme.BLF_CRYPT:
            return f"$2y${cost:02}${'.' * 53}"
        case Scheme.ARGON2ID:
            return f"$argon2id$v=19$m={ARGON2ID_MEMORY_KIB},t={cost},p=1${'.' * 22}${'.' * 43}"
