"""What a stored value is worth: its scheme and cost, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

from mailkit.passwords.at_a_glance import beginning
from mailkit.passwords.lock import locked_value
from mailkit.passwords.schemes import ARGON2_LARGEST_MEMORY_KIB
from mailkit.passwords.shapes import (
    CRYPT_SCHEMES,
    PLAIN_SCHEMES,
    Shape,
    State,
    looks_like_argon2,
    recognise,
)
from mailkit.passwords.stored import KNOWN, Stored, decode, parse
from mailkit.passwords.verify import verifiable

# A stolen table of these is read or guessed within hours.
_WEAK = frozenset(
    {"DES-CRYPT", "MD5-CRYPT", "MD5", "PLAIN-MD5", "LDAP-MD5", "SMD5", "PLAIN-MD4"}
    | {"SHA", "SHA1", "SHA256", "SHA512", "SSHA", "SSHA256", "SSHA512"}
    | {"CRAM-MD5", "HMAC-MD5", "DIGEST-MD5", "OTP"}
    | PLAIN_SCHEMES
)
# Below what Dovecot itself writes when nobody asks for more (doveadm-pw(1)).
_WEAK_BELOW = {
    "SHA512-CRYPT": 5000,
    "SHA256-CRYPT": 5000,
    "PBKDF2": 5000,
    "BLF-CRYPT": 5,
    "SCRAM-SHA-1": 4096,
    "SCRAM-SHA-256": 4096,
}
# OWASP's smallest Argon2: 7 MiB and 5 passes, or other pairs of about the same product.
_WEAK_ARGON2_WORK_KIB = 7 * 1024 * 5


@dataclass(frozen=True)
class Judgement:
    """What a stored value is. It holds nothing of the hash or password, so it may be shown.

    scheme: what verifies it, in Dovecot's name (`YESCRYPT` for crypt(3)'s `$y$`, `CRYPT` for its
      rarer methods); None if there is none, or none that Dovecot knows.
    prefix: the scheme named in braces, None for a bare value. `{CRYPT}` before `$6$` is normal.
    cost: rounds, log2 of rounds for BLF-CRYPT, passes for Argon2; None where it is fixed.
    Of a locked value these three, and weak, truncated and malformed, tell what unlock() gives.
    """

    scheme: str | None
    prefix: str | None
    cost: int | None
    empty: bool  # NULL, '' or a prefix with nothing behind it
    opens_to_empty: bool  # {PLAIN} and nothing: Dovecot lets the empty password in
    locked: bool
    unknown: bool  # no scheme of Dovecot's: nobody signs in, the log says "Unknown scheme"
    malformed: bool  # not what its scheme writes: nobody signs in
    truncated: bool  # malformed, and the beginning of something good: a column was too narrow
    needs_prefix: bool  # malformed as it stands, good with {ARGON2ID} before it
    weak: bool  # quickly guessed or read if the table leaks
    refused_by_dovecot_24: bool  # temporary failure unless auth_allow_weak_schemes = yes
    heavy: bool  # more memory than Dovecot's vsz_limit gives: refused like a wrong password
    verifiable: bool  # verify() can tell right from wrong

    @property
    def usable(self) -> bool:
        """Whether somebody can sign in with it at Dovecot 2.3 as Debian sets it up."""
        broken = self.empty or self.locked or self.unknown or self.malformed or self.heavy
        return not broken


# Judgements by what at_a_glance.beginning() says; so many beginnings are kept.
_KNOWN: dict[str, Judgement] = {}
_MOST_KNOWN = 1000


def judge(stored: str | None) -> Judgement:
    """Judge a value of the column `password`. Looks only, computes no hash, never raises."""
    begins = beginning(stored) if stored else None
    if begins is None:
        return judge_with_care(stored)
    known = _KNOWN.get(begins)
    if known is None:
        known = judge_with_care(stored)
        if len(_KNOWN) < _MOST_KNOWN:
            _KNOWN[begins] = known
    return known


def judge_with_care(stored: str | None) -> Judgement:
    """As `judge`, by taking the whole value apart."""
    inner = locked_value(stored)
    locked = inner is not None
    value = (stored or "") if inner is None else inner
    parsed = parse(value)
    shape = recognise(parsed)
    empty = not parsed.body
    broken = shape.state is not State.GOOD and not empty and shape.scheme is not None
    return Judgement(
        scheme=None if parsed.bare and empty else shape.scheme,
        prefix=None if parsed.bare else parsed.scheme,
        cost=shape.cost,
        empty=empty,
        opens_to_empty=empty and not locked and parsed.scheme in PLAIN_SCHEMES - {"PLAIN-TRUNC"},
        locked=locked,
        unknown=shape.scheme is None,
        malformed=broken,
        truncated=broken and (shape.state is State.TRUNCATED or _cut_prefix(value)),
        needs_prefix=broken and _needs_prefix(parsed),
        weak=not broken and not empty and _is_weak(shape),
        refused_by_dovecot_24=_refused_by_dovecot_24(parse(stored or "")),
        heavy=not broken and (shape.memory_kib or 0) > ARGON2_LARGEST_MEMORY_KIB,
        verifiable=not broken and not empty and not locked and verifiable(shape),
    )


def _is_weak(shape: Shape) -> bool:
    if shape.scheme in _WEAK:
        return True
    if shape.memory_kib is not None:
        return shape.memory_kib * (shape.cost or 1) < _WEAK_ARGON2_WORK_KIB
    return shape.cost is not None and shape.cost < _WEAK_BELOW.get(shape.scheme or "", 0)


def _cut_prefix(value: str) -> bool:
    """`{SHA512-CRY`: cut within the prefix."""
    name = value[1:].upper()
    return value.startswith("{") and any(known.startswith(name) for known in KNOWN)


def _needs_prefix(parsed: Stored) -> bool:
    if parsed.scheme not in CRYPT_SCHEMES or not looks_like_argon2(parsed.body):
        return False
    return recognise(Stored("ARGON2ID", False, None, parsed.body)).state is State.GOOD


def _refused_by_dovecot_24(parsed: Stored) -> bool:
    """Dovecot 2.4's password_verify() and crypt_verify(), for the value as it stands."""
    if parsed.scheme is None:
        return False
    if KNOWN[parsed.scheme].refused_24:
        return bool(parsed.body)
    body = decode(parsed) if parsed.scheme in CRYPT_SCHEMES else None
    # Behind the crypt names it looks at the body: whatever is not $...$ counts as DES.
    return body is not None and len(body) > 1 and (body[:1] != b"$" or body[1:2] == b"1")
