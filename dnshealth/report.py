"""Results as JSON, whose shape the contract fixes, and as text for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dnshealth.checking import Checked
from dnshealth.words import SEVERITIES, STATUSES, VERDICTS, family_name, words_of
from dnshealth.words.answers import reason_words, seen_words
from mailkit.dns.families.registry import BY_NAME
from mailkit.dns.records import zone_line
from mailkit.dns.results import Check, Record, Severity, Status, Verdict
from mailkit.dns.switched_off import off_keys

# A command ends with 1 for these; what is less is advice.
FAULTS = (Verdict.CRITICAL, Verdict.ERROR)
_WORST_FIRST = list(reversed(Severity))
_LINE = 96
LastKnown = Mapping[str, Any]


def result_as_data(
    result: Checked, last_known: Mapping[str, LastKnown] | None = None
) -> dict[str, Any]:
    """A domain for JSON. `last_known`: by family, what was stored before it could not be told."""
    before = last_known or {}
    return {
        "domain": result.domain,
        "verdict": result.verdict.value,
        "checked_at": result.checked_at.isoformat(),
        "checks": [
            check_as_data(one, before.get(one.family) if one.status == Status.UNKNOWN else None)
            for one in one_a_family(result.checks)
        ],
    }


def check_as_data(check: Check, last_known: LastKnown | None = None) -> dict[str, Any]:
    """A check for JSON; `host` or `ip` for what is about the mail host."""
    data: dict[str, Any] = {
        "code": check.code,
        "family": check.family,
        "status": check.status.value,
        "severity": check.severity.value if check.severity else None,
        "observed": list(check.observed),
        "expected": check.expected,
        "records": [record_as_data(record) for record in check.publish],
        "reason": check.reason,
        "last_known": dict(last_known) if last_known is not None else None,
    }
    if BY_NAME[check.family].host_level:
        if check.host or not check.ip:
            data["host"] = check.host
        if check.ip:
            data["ip"] = check.ip
    return data


def record_as_data(record: Record) -> dict[str, Any]:
    """A record to publish: an absolute name, a TXT's value as one string without quotes."""
    return {
        "name": record.name,
        "type": record.type,
        "ttl": record.ttl,
        "value": record.value,
    }


def one_a_family(checks: Iterable[Check]) -> list[Check]:
    """Several answers that did not come, of one family and one state, as one check.

    Codes of the catalogue stay apart, each is a finding.
    """
    found: dict[tuple[str, Status], Check] = {}
    merged: list[tuple[str, Status] | Check] = []
    for check in checks:
        if check.code != check.family:
            merged.append(check)
            continue
        key = (check.family, check.status)
        if key not in found:
            merged.append(key)
            found[key] = check
            continue
        first = found[key]
        reasons = dict.fromkeys(text for text in (first.reason, check.reason) if text)
        found[key] = replace(
            first,
            reason="; ".join(reasons),
            observed=tuple(dict.fromkeys((*first.observed, *check.observed))),
            ip=first.ip if first.ip == check.ip else "",
            host=first.host or check.host,
        )
    return [one if isinstance(one, Check) else found[one] for one in merged]


def results_as_text(results: Iterable[Checked]) -> Iterator[str]:
    """Lines: what is wrong with the mail host once, then each domain with what is its own."""
    results = list(results)
    if not results:
        return
    of_host = [one for one in results[0].checks if BY_NAME[one.family].host_level]
    yield _("The mail host")
    yield from _checks_as_text(of_host)
    for result in results:
        own = [one for one in result.checks if not BY_NAME[one.family].host_level]
        yield ""
        off = len(off_keys(result.checks))
        switched = ", " + _("%(n)d switched off") % {"n": off} if off else ""
        yield f"{result.domain}: {VERDICTS[result.verdict]}{switched}"
        yield from _checks_as_text(own)
    yield ""
    yield counts(results)


def counts(results: Iterable[Checked]) -> str:
    """How many domains have which verdict, the worst first."""
    verdicts = [result.verdict for result in results]
    parts = [
        f"{verdicts.count(each)} {VERDICTS[each]}"
        for each in (*reversed(_BAD), Verdict.UNKNOWN, Verdict.OK)
        if each in verdicts
    ]
    head = ngettext("%(n)d domain", "%(n)d domains", len(verdicts)) % {"n": len(verdicts)}
    return f"{head}: {', '.join(parts)}"


_BAD = (Verdict.NOTICE, Verdict.WARNING, Verdict.ERROR, Verdict.CRITICAL)


def _checks_as_text(checks: Iterable[Check]) -> Iterator[str]:
    checks = one_a_family(checks)
    failed = [one for one in checks if one.status == Status.FAIL]
    for check in sorted(failed, key=lambda one: _WORST_FIRST.index(_severity(one))):
        yield from _finding(check)
    for check in checks:
        if check.status == Status.UNKNOWN:
            yield f"  {STATUSES[check.status]}  {family_name(check.family)}"
            yield _wrapped(reason_words(check.reason))
    for status in (Status.SKIPPED, Status.PASS):
        names = [str(family_name(one.family)) for one in checks if one.status == status]
        if names:
            yield _wrapped(f"{STATUSES[status]}: {', '.join(names)}", "  ")


def _severity(check: Check) -> Severity:
    return check.severity or Severity.NOTICE


def _finding(check: Check) -> Iterator[str]:
    words = words_of(check)
    about = f" ({check.ip})" if check.ip else ""
    yield f"  {SEVERITIES[_severity(check)]}  {check.code}{about}"
    if words:
        yield _wrapped(f"{words.title}. {words.detail}".rstrip())
        yield _wrapped(str(words.effect))
    for line in check.observed:
        yield _wrapped(f"{_('Seen:')} {seen_words(line)}")
    if check.expected:
        yield _wrapped(f"{_('Expected:')} {check.expected}")
    if words:
        yield _wrapped(f"{_('What to do:')} {words.todo}")
    # Not wrapped: they are copied from here.
    yield from (f"      - {zone_line(record)}" for record in check.remove)
    yield from (f"      + {zone_line(record)}" for record in check.publish)


def _wrapped(text: str, indent: str = "    ") -> str:
    return textwrap.fill(
        text,
        _LINE,
        initial_indent=indent,
        subsequent_indent=indent + "  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
