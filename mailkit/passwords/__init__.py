"""Passwords as Dovecot stores them: `{SCHEME}hash` in the column `password`.

Dovecot takes what the SQL query answers, reads the scheme from the prefix in braces (or from
`default_pass_scheme`, in the tutorials CRYPT, when there is none) and compares the typed
password, byte for byte in UTF-8. This package writes three schemes, verifies what Dovecot 2.3
and 2.4 verify, judges what it finds, and locks a value so that both refuse it cleanly and
nothing is lost. It knows no database and no settings; it never puts a password or a hash into
an error, a repr or a log.

See docs/passwords.md, doveadm-pw(1), crypt(5), and
https://doc.dovecot.org/2.4.1/core/config/auth/schemes.html
"""

from __future__ import annotations

from mailkit.passwords.generate import generate_password
from mailkit.passwords.hashing import hash_password, hash_width, needs_rehash, verify_dummy
from mailkit.passwords.judge import Judgement, judge
from mailkit.passwords.lock import LOCK_PREFIX, is_locked, lock, unlock
from mailkit.passwords.rules import PasswordError, check_password, normalise
from mailkit.passwords.schemes import (
    COST_RANGES,
    DEFAULT_COSTS,
    DEFAULT_SCHEME,
    Scheme,
    checked_cost,
)
from mailkit.passwords.stored import Stored, parse
from mailkit.passwords.verify import Result, is_too_dear, verify

__all__ = [
    "COST_RANGES",
    "DEFAULT_COSTS",
    "DEFAULT_SCHEME",
    "LOCK_PREFIX",
    "Judgement",
    "PasswordError",
    "Result",
    "Scheme",
    "Stored",
    "check_password",
    "checked_cost",
    "generate_password",
    "hash_password",
    "hash_width",
    "is_locked",
    "is_too_dear",
    "judge",
    "lock",
    "needs_rehash",
    "normalise",
    "parse",
    "unlock",
    "verify",
    "verify_dummy",
]
