"""What a receiver makes of an SPF record for one address: pyspf, fed from a table of answers.

pyspf passes RFC 7208's test suite, but looks names up itself and blocks. Here it reads a table; at
a name that is not in the table yet it stops, the name is looked up, and it starts again. One pass
costs some 50 microseconds, so that nothing is gained by threads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import spf

from mailkit.dns.answers import Answer, Asks, Outcome
from mailkit.dns.families.spf.parse import parse_term
from mailkit.dns.subject import IPAddress

Table = dict[tuple[str, str], Answer]

# Ten terms of ten hosts each is the most that a receiver follows; one pass finds one name.
MOST_PASSES = 130


class Cause(StrEnum):
    """Why a record is a permanent error."""

    NONE = ""
    LOOKUPS = "lookups"
    VOID = "void"
    MX_MANY = "mx_many"
    MULTIPLE = "multiple"
    DEAD = "dead"
    LOOP = "loop"
    NON_ASCII = "non_ascii"
    SYNTAX = "syntax"


# pyspf tells its permanent errors apart by their words only.
_CAUSES = (
    ("Too many DNS lookups", Cause.LOOKUPS),
    ("More than 40 DNS lookups", Cause.LOOKUPS),
    ("Void lookup limit", Cause.VOID),
    ("MX records returned", Cause.MX_MANY),
    ("Two or more type TXT", Cause.MULTIPLE),
    ("No valid SPF record for included", Cause.DEAD),
    ("redirect domain has no SPF record", Cause.DEAD),
    ("trivial recursion", Cause.LOOP),
    ("Non-ascii", Cause.NON_ASCII),
)


@dataclass(frozen=True)
class Evaluation:
    """What a receiver says to mail of the domain from `ip`: `pass`, `fail`, `softfail`, `neutral`,
    `none`, `permerror` (with its cause) or `temperror` (nobody could tell, and the name why).
    """

    ip: str
    stranger: bool
    result: str
    cause: Cause = Cause.NONE
    words: str = ""
    mechanism: str = ""
    explanation: str = ""
    failed_name: str = ""

    @property
    def passes(self) -> bool:
        return self.result == "pass"


class _NotYetKnown(BaseException):
    """A name the table lacks. Not an Exception, so that pyspf's own handlers let it through."""


class _TableQuery(spf.query):  # type: ignore[misc]
    """pyspf's evaluation with its lookups taken from a table."""

    def __init__(
        self,
        ip: str,
        sender: str,
        helo: str,
        table: Mapping[tuple[str, str], Answer],
        explain: bool,
    ):
        super().__init__(i=ip, s=sender, h=helo, strict=True)
        self.table = table
        self.explain = explain
        self.wanted: set[tuple[str, str]] = set()
        self.failed_name = ""

    def check1(self, record: str, domain: str, recursion: int) -> Any:
        """A redirect beside an `all` is ignored (RFC 7208, 6.1); pyspf counts it as a lookup.

        Modifiers that nobody knows are ignored however often they come (6); pyspf minds.
        """
        version, *words = (record or "").split(" ")
        words = [version, *(word for word in words if not _is_ignored(word))]
        record = " ".join(words)
        redirects = [word for word in words if word.lower().startswith("redirect=")]
        ends = any(word.lower().lstrip("+-~?") == "all" for word in words)
        # Two are an error (6), wherever an `all` stands.
        if ends and len(redirects) == 1 and _plain_redirect(redirects[0]):
            record = " ".join(word for word in words if word not in redirects)
        return super().check1(record, domain, recursion)

    def get_explanation(self, spec: str) -> str | None:
        """The words of `exp` are for the sender; they cost a lookup and change no verdict."""
        return super().get_explanation(spec) if self.explain else None

    def dns(
        self, name: str, qtype: str, cnames: object = None, ignore_void: bool = False
    ) -> list[Any]:
        """The records of `name` as pyspf wants them; an empty list is a void lookup (4.6.4)."""
        name = str(name).lower().rstrip(".")
        if not name or len(name) > 253 or any(not 0 < len(part) < 64 for part in name.split(".")):
            return []
        answer = self.table.get((name, qtype))
        if answer is None:
            # `exp` is read inside a bare `except:`, which swallows the exception but not this.
            self.wanted.add((name, qtype))
            raise _NotYetKnown
        if answer.outcome == Outcome.BAD_NAME:
            return []
        if not answer.known:
            self.failed_name = self.failed_name or name
            raise spf.TempError(answer.reason or answer.outcome.value)
        records = _as_pyspf(answer)
        if not records and not ignore_void:
            self.void_lookups += 1
            if self.void_lookups > spf.MAX_VOID_LOOKUPS:
                raise spf.PermError(f"Void lookup limit of {spf.MAX_VOID_LOOKUPS} exceeded")
        return records


def _is_ignored(word: str) -> bool:
    if "=" not in word:
        return False
    term = parse_term(word)
    return term.is_modifier and not term.error and term.kind not in ("redirect", "exp")


def _plain_redirect(word: str) -> bool:
    return "%" not in word and not parse_term(word).error


def _as_pyspf(answer: Answer) -> list[Any]:
    if answer.type in ("TXT", "SPF"):
        return [parts for parts in answer.texts if parts]
    if answer.type != "MX":
        return [value.rstrip(".") if answer.type == "PTR" else value for value in answer.values]
    records = []
    for value in answer.values:
        preference, _, target = value.partition(" ")
        if preference.isdigit():
            records.append((int(preference), target.rstrip(".")))
    return records


def evaluate_once(
    ip: IPAddress | str,
    domain: str,
    helo: str,
    table: Mapping[tuple[str, str], Answer],
    *,
    sender: str = "",
    record: str | None = None,
    stranger: bool = False,
    explain: bool = False,
) -> Evaluation | set[tuple[str, str]]:
    """The verdict from the table alone, or the names that have to be looked up first.

    `record` is judged in place of the published one. Never raises: what pyspf cannot digest is a
    temporary error with its words, since nobody could tell.
    """
    try:
        sender = sender or f"postmaster@{domain}"
        query = _TableQuery(str(ip), sender, helo or domain, table, explain)
        query.set_default_explanation("DEFAULT")
    except spf.PermError as problem:
        return Evaluation(str(ip), stranger, "temperror", words=str(problem))
    try:
        result, _code, words = query.check(record)
    except _NotYetKnown:
        return query.wanted
    except Exception as problem:  # pyspf on garbage: whatever it is, it must not end a run
        return Evaluation(str(ip), stranger, "temperror", words=f"{type(problem).__name__}")
    if query.wanted:
        return query.wanted
    if result == "permerror":
        return Evaluation(str(ip), stranger, result, _cause(words), words)
    if result == "temperror":
        return Evaluation(str(ip), stranger, result, words=words, failed_name=query.failed_name)
    mechanism = str(query.mechanism or "")
    return Evaluation(str(ip), stranger, result, mechanism=mechanism, explanation=words)


def _cause(words: str) -> Cause:
    return next((cause for sign, cause in _CAUSES if sign in words), Cause.SYNTAX)


async def evaluate(
    ip: IPAddress | str,
    domain: str,
    helo: str,
    lookups: Asks,
    table: Table,
    *,
    sender: str = "",
    stranger: bool = False,
    explain: bool = False,
) -> Evaluation:
    """What a receiver says to mail of `domain` from `ip`; looks up what `table` lacks, and adds it.

    `helo` and `sender` fill macros (`postmaster@domain` where no sender is given); `explain` also
    reads the words that `exp` names.
    """
    for _ in range(MOST_PASSES):
        found = evaluate_once(
            ip, domain, helo, table, sender=sender, stranger=stranger, explain=explain
        )
        if isinstance(found, Evaluation):
            return found
        wanted = tuple(found)
        answers = await asyncio.gather(*(lookups.ask(name + ".", kind) for name, kind in wanted))
        table.update(zip(wanted, answers, strict=True))
    return Evaluation(str(ip), stranger, "temperror", words="too many names to look up")
