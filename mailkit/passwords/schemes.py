"""The schemes we write, what each may cost, and how long a password each takes."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Scheme(StrEnum):
    """A scheme that new hashes are written in; the value is Dovecot's name for it."""

    SHA512_CRYPT = "SHA512-CRYPT"
    BLF_CRYPT = "BLF-CRYPT"
    ARGON2ID = "ARGON2ID"


# Works on every Dovecot and every libcrypt, with and without the prefix.
DEFAULT_SCHEME = Scheme.SHA512_CRYPT

# What the cost counts: rounds for SHA512-CRYPT, log2 of the rounds for BLF-CRYPT, passes over
# the memory for ARGON2ID. Dovecot pays it at every IMAP, POP3 and SMTP sign-in, and mail
# programs sign in all day long, so the upper ends stay near one second of one core. The lower
# end of SHA512-CRYPT is Dovecot's own default.
COST_RANGES: Mapping[Scheme, range] = MappingProxyType(
    {
        Scheme.SHA512_CRYPT: range(5_000, 1_000_001),
        Scheme.BLF_CRYPT: range(8, 15),
        Scheme.ARGON2ID: range(1, 11),
    }
)

# Measured (docs/passwords.md): 19 ms, 60 ms and 100 ms of one core a sign-in.
DEFAULT_COSTS: Mapping[Scheme, int] = MappingProxyType(
    {Scheme.SHA512_CRYPT: 50_000, Scheme.BLF_CRYPT: 10, Scheme.ARGON2ID: 2}
)

# Dovecot's auth process may take 256 MB (`default_vsz_limit`): a hash that asks for 128 MiB
# still verifies there, one that asks for 256 MiB is refused like a wrong password.
ARGON2ID_MEMORY_KIB = 64 * 1024
ARGON2_LARGEST_MEMORY_KIB = 128 * 1024

# Bytes of UTF-8. bcrypt reads no further than 72. libcrypt refuses 512 and more
# (CRYPT_MAX_PASSPHRASE_SIZE, crypt(3)). Argon2 itself takes any length, but SMTP AUTH fails
# from about 2,000 bytes, so half of that keeps every door open.
PASSWORD_LIMITS: Mapping[Scheme, int] = MappingProxyType(
    {Scheme.SHA512_CRYPT: 511, Scheme.BLF_CRYPT: 72, Scheme.ARGON2ID: 1024}
)


def checked_cost(scheme: Scheme, cost: int | None = None) -> int:
    """The cost to hash with; None is the scheme's default. Raises ValueError outside its range."""
    if cost is None:
        return DEFAULT_COSTS[scheme]
    allowed = COST_RANGES[scheme]
    if cost not in allowed:
        raise ValueError(
            f"the cost of {scheme} is a whole number from {allowed.start} to {allowed.stop - 1}"
        )
    return cost
