"""Findings about a domain's SPF from its facts: pure, asks nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from mailkit.dns.families.common import looked_for, seen, why
from mailkit.dns.families.spf.evaluate import Cause
from mailkit.dns.families.spf.mend import LONG, MOST_LOOKUPS, first_record, is_wide, mend, readable
from mailkit.dns.families.spf.mend import split as split_record
from mailkit.dns.families.spf.parse import SpfRecord, looks_like_spf, parse, parse_term
from mailkit.dns.families.spf.probe import STRANGERS, SpfFacts
from mailkit.dns.families.spf.walk import last_all
from mailkit.dns.records import txt_value
from mailkit.dns.results import Check, Record, Severity, fail, passed, skipped, unknown
from mailkit.dns.subject import MailDomain, MailHost

FAMILY = "spf"
MANY_LOOKUPS = 8
# Strings that a program has cut, and not a person, are about as long as a string can be.
CUT_BY_PROGRAM = 240


@dataclass(frozen=True)
class _Case:
    """A domain, its facts, and the records that would mend it."""

    domain: MailDomain
    host: MailHost
    facts: SpfFacts
    meant: SpfRecord | None = None

    @property
    def causes(self) -> set[Cause]:
        return {found.cause for found in self.facts.evaluations if found.cause}

    def severity(self, cause: Cause) -> Severity:
        """Critical if mail of ours is hit, an error if only a stranger's is."""
        ours = any(found.cause == cause for found in self.facts.ours)
        return Severity.CRITICAL if ours else Severity.ERROR

    @cached_property
    def there(self) -> tuple[Record, ...]:
        return tuple(self.txt(txt_value(b"".join(parts))) for parts in self.facts.strings)

    def txt(self, value: str, name: str = "") -> Record:
        return Record((name or self.domain.name) + ".", "TXT", value)

    def mended(self, *, narrow: bool = False, limit: int = MOST_LOOKUPS) -> str:
        records = (self.meant,) if self.meant else self.facts.root.records
        voids = Cause.VOID in self.causes
        root, table = self.facts.root, self.facts.table
        return mend(
            self.domain, self.host, records, root, table, STRANGERS,
            voids=voids, narrow=narrow, limit=limit,
        )  # fmt: skip

    @cached_property
    def suggestion(self) -> Record:
        return self.txt(self.mended())

    def fail(
        self, code: str, severity: Severity, *, publish: tuple[Record, ...] = (), **more: object
    ) -> Check:
        """A failure with the mended record, and the records that it takes the place of."""
        publish = publish or (self.suggestion,)
        more = {
            "observed": seen(self.there),
            "publish": publish,
            "remove": tuple(r for r in self.there if r.value != publish[0].value),
            "expected": publish[0].value,
            **more,
        }
        return fail(FAMILY, code, severity, **more)


def judge(domain: MailDomain, host: MailHost, facts: SpfFacts) -> list[Check]:
    """What is wrong with the domain's SPF. An answer that did not come makes it unknown."""
    if not facts.apex.known:
        return [unknown(FAMILY, why(facts.apex))]
    case = _Case(domain, host, facts)
    extra = list(_relics(case))
    if not facts.strings:
        return [_missing(case), *extra]
    if len(facts.strings) > 1:
        params: dict[str, str | int] = {"count": len(case.there)}
        return [case.fail("spf.multiple", Severity.CRITICAL, params=params), *extra]
    broken = _unreadable(case)
    if broken:
        return [broken, *extra]
    checks = [*_limits(case), *_authorisation(case), *_shape(case), *extra]
    could_not_tell = _could_not_tell(case)
    if could_not_tell:
        return [*checks, could_not_tell]
    if checks:
        return checks
    observed = seen(case.there)
    if not host.ips:
        reason = "no sending addresses are set to compare with"
        return [skipped(FAMILY, reason, observed=observed)]
    return [passed(FAMILY, observed=observed)]


def _missing(case: _Case) -> Check:
    """There is no record that a receiver takes for SPF; perhaps one that was meant to be."""
    meant = [parts for parts in case.facts.apex.texts if looks_like_spf(b"".join(parts))]
    if not meant:
        record = case.txt(first_record(case.domain, case.host))
        return fail(
            FAMILY, "spf.missing", Severity.CRITICAL, observed=looked_for(case.facts.apex),
            expected=record.value, publish=(record,),
        )  # fmt: skip
    parts = meant[0]
    spaced = len(parts) > 1 and parts[0].lower() == b"v=spf1"
    there = case.txt(txt_value(b"".join(parts)))
    return _Case(case.domain, case.host, case.facts, readable(parts)).fail(
        "spf.bad_chunk_join" if spaced else "spf.syntax",
        Severity.CRITICAL,
        observed=seen([there]),
        remove=(there,),
        params={"term": txt_value(b"".join(parts)[:40]), "why": "not read as SPF"},
    )


def _unreadable(case: _Case) -> Check | None:
    """The record itself is a permanent error for every receiver."""
    facts, record = case.facts, case.facts.root.record
    assert record is not None  # noqa: S101 - one record is there
    parts = facts.strings[0]
    meant = _Case(case.domain, case.host, facts, readable(parts))
    if not record.ascii:
        return meant.fail("spf.non_ascii", Severity.CRITICAL)
    if _badly_joined(parts, record):
        return meant.fail("spf.bad_chunk_join", Severity.CRITICAL)
    wrong = record.errors
    if not wrong or not {Cause.SYNTAX, Cause.LOOP} & case.causes:
        return None
    params: dict[str, str | int] = {"term": wrong[0].text, "why": wrong[0].error}
    # Its blanks are as they should be: only the terms are mended.
    return case.fail("spf.syntax", Severity.CRITICAL, params=params)


def _badly_joined(parts: tuple[bytes, ...], record: SpfRecord) -> bool:
    """Strings that have lost the blank between them, since they are joined without one (3.3)."""
    if len(parts) < 2:
        return False
    spaced = parse(b" ".join(parts))
    if record.errors and not spaced.errors:
        return True
    for left, right in pairwise(parts):
        if not left or not right or left.endswith(b" ") or right.startswith(b" "):
            continue
        first = right.split(b" ")[0].decode("ascii", "replace")
        if len(left) < CUT_BY_PROGRAM and not parse_term(first).error:
            return True
    return False


def _limits(case: _Case) -> Iterator[Check]:
    """What makes the whole record an error once a receiver comes that far."""
    root = case.facts.root
    nodes = [node for node in root.walk() if node is not root]
    loops = [node for node in nodes if node.loop]
    dead = [node for node in nodes if node.dead]
    broken = [node for node in nodes if node.broken]
    if loops or (Cause.LOOP in case.causes and not dead):
        name = loops[0].name if loops else case.domain.name
        yield case.fail("spf.loop", Severity.CRITICAL, params={"name": name})
    for node in dead:
        yield case.fail("spf.include_dead", Severity.CRITICAL, params={"name": node.name})
    if not dead and Cause.DEAD in case.causes:
        yield case.fail("spf.include_dead", Severity.CRITICAL, params={"name": ""})
    yield from _broken_below(case, [node.name for node in broken])
    hit = Cause.LOOKUPS in case.causes and not loops
    if hit or root.lookups >= MANY_LOOKUPS:
        over = hit or root.lookups > MOST_LOOKUPS
        severity = case.severity(Cause.LOOKUPS) if over else Severity.NOTICE
        few = case.txt(case.mended(limit=MANY_LOOKUPS - 1))
        params: dict[str, str | int] = {"count": root.lookups}
        yield case.fail("spf.lookups", severity, publish=(few,), params=params)
    if Cause.VOID in case.causes:
        yield case.fail("spf.void", case.severity(Cause.VOID))
    if Cause.MX_MANY in case.causes:
        yield case.fail("spf.mx_many", Severity.CRITICAL)


def _broken_below(case: _Case, names: list[str]) -> Iterator[Check]:
    """An error in a record that is included, or one that only the evaluation has found."""
    if not {Cause.SYNTAX, Cause.MULTIPLE, Cause.NON_ASCII} & case.causes:
        return
    words = next(found.words for found in case.facts.evaluations if found.cause)
    params: dict[str, str | int] = {"term": names[0] if names else "", "why": words}
    yield case.fail("spf.syntax", Severity.CRITICAL, params=params)


def _authorisation(case: _Case) -> Iterator[Check]:
    """Do our addresses pass, and does anybody else?"""
    refused = [
        found
        for found in case.facts.ours
        if found.result in ("fail", "softfail", "neutral", "none")
    ]
    if refused:
        params: dict[str, str | int] = {
            "ips": ", ".join(found.ip for found in refused),
            "result": refused[0].result,
        }
        yield case.fail("spf.not_authorised", Severity.CRITICAL, params=params)
    through = [found for found in case.facts.strangers if found.passes]
    if through:
        params = {"term": through[0].mechanism}
        yield case.fail("spf.open", Severity.CRITICAL, params=params)


def _shape(case: _Case) -> Iterator[Check]:
    """What is allowed, but weak, useless or unwise."""
    record = case.facts.root.record
    assert record is not None  # noqa: S101 - one record is there
    ending, followed = last_all(case.facts.root)
    if ending and ending.qualifier == "?":
        yield case.fail("spf.neutral", Severity.WARNING)
    if followed and ending is None:
        yield case.fail("spf.no_all", Severity.WARNING)
    wide = [t for t in record.reached if t.qualifier == "+" and is_wide(t)]
    if any(t.network is not None and t.network.prefixlen for t in wide):
        narrow = case.txt(case.mended(narrow=True))
        params: dict[str, str | int] = {"term": wide[0].text}
        yield case.fail("spf.wide", Severity.WARNING, publish=(narrow,), params=params)
    if any(t.kind == "ptr" for t in record.reached):
        yield case.fail("spf.ptr_mechanism", Severity.WARNING)
    if record.all:
        behind = record.terms[record.terms.index(record.all) + 1 :]
        late = [t for t in behind if not t.is_modifier]
        if late:
            yield case.fail("spf.after_all", Severity.WARNING, params={"term": late[0].text})
        if any(t.kind == "redirect" for t in record.terms):
            yield case.fail("spf.redirect_ignored", Severity.WARNING)
    words = Counter(t.text.lower().lstrip("+") for t in record.terms if not t.is_modifier)
    double = next((word for word, count in words.items() if count > 1), "")
    if double:
        yield case.fail("spf.duplicate_term", Severity.NOTICE, params={"term": double})
    if len(record.text) > LONG:
        yield _too_long(case, len(record.text))


def _too_long(case: _Case, length: int) -> Check:
    short = case.suggestion.value
    parts = () if len(short) <= LONG else split_record(case.domain, short)
    publish = tuple(case.txt(text, name) for name, text in parts)
    return case.fail("spf.too_long", Severity.NOTICE, publish=publish, params={"bytes": length})


def _relics(case: _Case) -> Iterator[Check]:
    """Records of type 99 and Sender ID, which nobody reads any more (RFC 7208, 3.1; RFC 6652)."""
    facts = case.facts
    name = case.domain.name + "."
    old = tuple(Record(name, "SPF", txt_value(raw)) for raw in facts.type99.joined)
    if old:
        words = "SPF as TXT only (RFC 7208, 3.1)"
        yield fail(
            FAMILY,
            "spf.type99",
            Severity.NOTICE,
            observed=seen(old),
            expected=words,
            remove=old,
        )
    raw = [text for text in facts.apex.joined if text.lower().startswith(b"spf2.0/")]
    if raw:
        remove = tuple(case.txt(txt_value(text)) for text in raw)
        words = "no Sender ID record: nobody reads them any more (RFC 6686)"
        yield fail(
            FAMILY,
            "spf.senderid",
            Severity.NOTICE,
            observed=seen(remove),
            expected=words,
            remove=remove,
        )


def _could_not_tell(case: _Case) -> Check | None:
    """A lookup that the verdict needs has failed: nothing is said about it."""
    failed = [found for found in case.facts.evaluations if found.result == "temperror"]
    if not failed:
        return None
    name = next((found.failed_name for found in failed if found.failed_name), "")
    included = {node.name for node in case.facts.root.walk() if node is not case.facts.root}
    code = "spf.include_unknown" if name in included else ""
    reason = failed[0].words.removeprefix("SPF Temporary Error: ")
    return unknown(
        FAMILY, reason or "it could not be evaluated", code,
        observed=seen(case.there), params={"name": name},
    )  # fmt: skip
