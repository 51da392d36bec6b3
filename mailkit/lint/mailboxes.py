"""Mailboxes that nobody can sign in to or send to, and what their stored passwords are worth."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mailkit.addresses import AddressError, parse_mailbox_address
from mailkit.lint.findings import Code, Collected, Finding
from mailkit.passwords import Judgement, judge

TABLE = "users"
# Most rows at a glance; no longer than parse_address takes, and nothing that was an umlaut.
_USUAL = re.compile(
    r"(?=.{3,254}\Z)(?=[^@]{1,64}@)[a-z0-9][a-z0-9_-]*(?:\.[a-z0-9_-]+)*"
    r"@(?:(?!xn--)(?=[^.]{1,63}\.)[a-z0-9]+(?:-[a-z0-9]+)*\.)+(?!xn--)[a-z]{2,63}"
)
# What other findings say already: of capitals, blanks and missing parts there are codes of rows.
_OF_ROWS = frozenset(
    {"address.empty", "address.no_at", "local.empty", "local.blank", "local.non_ascii"}
)
UNKNOWN = "unknown"
NONE = "none"


def judge_mailboxes(
    rows: Sequence[tuple[str, str | None]], found: Collected, delimiter: str
) -> Iterator[Finding]:
    """Findings about these rows (email, password); the schemes are counted in `found`.

    No finding holds anything of a hash but its scheme.
    """
    # No other characters of a delimiter are in a usual address.
    splitting = [one for one in delimiter if _USUAL.fullmatch(f"a{one}a@a.test")]
    for email, stored in rows:
        usual = _USUAL.fullmatch(email) is not None
        if not usual or any(one in email.partition("@")[0] for one in splitting):
            yield from _address_problem(email, delimiter)
        judged = judge(stored)
        scheme = judged.scheme or (NONE if judged.empty else UNKNOWN)
        found.count_scheme(scheme, weak=judged.weak, refused_24=judged.refused_by_dovecot_24)
        for code in _codes(judged):
            yield Finding(code, TABLE, email, (scheme,))


def _address_problem(email: str, delimiter: str) -> Iterator[Finding]:
    try:
        parse_mailbox_address(email, delimiter)
    except AddressError as error:
        if error.code not in _OF_ROWS:
            yield Finding(
                Code.MAILBOX_ADDRESS, TABLE, email, problem=error.code, params=error.params
            )


def _codes(judged: Judgement) -> Iterator[Code]:
    if judged.opens_to_empty:
        yield Code.HASH_OPEN
    elif judged.empty:
        if not judged.locked:
            yield Code.HASH_EMPTY
    elif judged.unknown:
        yield Code.HASH_UNKNOWN
    elif judged.needs_prefix:
        yield Code.HASH_NEEDS_PREFIX
    elif judged.malformed:
        # A hash that was cut is a finding of its row.
        if not judged.truncated:
            yield Code.HASH_MALFORMED
    elif judged.heavy:
        yield Code.HASH_HEAVY
    if judged.refused_by_dovecot_24:
        yield Code.HASH_REFUSED_24
    if judged.weak:
        yield Code.HASH_WEAK
