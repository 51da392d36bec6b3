"""Lock a stored value: mail still arrives, nobody signs in, and unlocking brings it back whole.

We write `{CRYPT}$!$` before the whole original. crypt(3) knows no method `$!$`, so Dovecot 2.3
and 2.4 answer "wrong password" at once, whatever `default_pass_scheme` says and whatever the
original was, `{PLAIN}` too. The forms that usermod(8) and others make are understood but not
written: Dovecot 2.4 takes `!hash` for a DES hash and answers with a temporary failure.
"""

from __future__ import annotations

from mailkit.passwords.shapes import PLAIN_SCHEMES, State, recognise
from mailkit.passwords.stored import parse

LOCK_PREFIX = "{CRYPT}$!$"

# A star in place of the hash, as in /etc/shadow; no method of crypt(3) makes it.
_NO_HASH = "*"


def is_locked(stored: str | None) -> bool:
    """Whether the value is locked, in our form or another."""
    return locked_value(stored) is not None


def lock(stored: str | None) -> str:
    """The value, locked. One that is locked already is returned as it is.

    An empty or missing value can be locked too and is empty again after `unlock`. The result is
    `len(LOCK_PREFIX)` characters longer: the caller sees that the column takes it.
    """
    if stored is not None and is_locked(stored):
        return stored
    return LOCK_PREFIX + (stored or "")


def unlock(stored: str | None) -> str:
    """The value as it was before it was locked; one that is not locked is returned as it is.

    Of a lock that kept no hash (`!`, `*`, `{CRYPT}!`), of NULL, and of a locked empty value,
    '' is left, with which nobody signs in.
    """
    inner = locked_value(stored)
    return (stored or "") if inner is None else inner


def locked_value(stored: str | None) -> str | None:
    """What a locked value would be unlocked; None if it is not locked."""
    if not stored:
        return None
    if stored[: len(LOCK_PREFIX)].upper() == LOCK_PREFIX:
        return stored[len(LOCK_PREFIX) :]
    if stored.startswith("$!$"):
        return stored[3:]
    if stored.startswith("!"):
        return stored.lstrip("!")
    if stored == _NO_HASH:
        return ""
    return _locked_behind_prefix(stored)


def _locked_behind_prefix(stored: str) -> str | None:
    """`{SCHEME}!hash` and `{SCHEME}!` before a whole value."""
    parsed = parse(stored)
    # In a plain text password the mark is part of it.
    if parsed.bare or parsed.scheme is None or parsed.scheme in PLAIN_SCHEMES:
        return None
    if parsed.body == _NO_HASH:
        return ""
    if not parsed.body.startswith("!"):
        return None
    inner = parsed.body.lstrip("!")
    if not inner:
        return ""
    if inner.startswith("{") and parse(inner).scheme is not None:
        return inner
    with_prefix = stored[: len(stored) - len(parsed.body)] + inner
    if recognise(parse(with_prefix)).state is State.GOOD:
        return with_prefix
    # `{ARGON2ID}!` is also put before values of other schemes, bare ones among them.
    return inner if recognise(parse(inner)).state is State.GOOD else with_prefix
