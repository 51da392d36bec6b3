"""A domain's stored results as the page shows them: what is wrong, unknown, in order, left out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from audit.actor import Actor
from dnshealth.models import Finding, Health
from dnshealth.names import stored_name
from dnshealth.packing import unpack
from dnshealth.states import Look, State, look, of_check, of_family, sentence
from dnshealth.words import FAMILIES as FAMILY_WORDS
from dnshealth.words import WORDS, Words, family_name, title_of, words_of
from mailkit.dns.families.registry import FAMILIES
from mailkit.dns.records import bind_line, relative_host, zone_line
from mailkit.dns.results import Check, Record, Status
from mailkit.dns.switched_off import PARAM, is_off

# More names than a database takes in one query are looked for here.
FEW = 500
_ORDER = [one.name for one in FAMILIES]
HOST_LEVEL = frozenset(one.name for one in FAMILIES if one.host_level)


@dataclass(frozen=True)
class ShownRecord:
    """A record in the ways it can be published. `host` as a provider's form wants it."""

    anchor: str
    host: str
    type: str
    value: str
    priority: str
    ttl: int
    zone_line: str
    bind_line: str
    name: str


@dataclass(frozen=True)
class Part:
    """What one check saw. `about` is the host or address it is of, "" for the domain."""

    check: Check
    about: str
    publish: list[ShownRecord]
    remove: list[ShownRecord]


@dataclass(frozen=True)
class Shown:
    """A finding with its words; several checks that found the same are its parts."""

    anchor: str
    code: str
    state: State
    look: Look
    family: Any
    words: Words | None
    of_host: bool
    parts: list[Part]

    @property
    def title(self) -> Any:
        """What is wrong, in a line."""
        return self.words.title if self.words else self.code


@dataclass(frozen=True)
class ShownFamily:
    """A family as a whole. `known` is what it said at `known_at`, before it became unknown.

    `told` are the codes that say why it is unknown.
    """

    name: str
    title: Any
    what: Any
    state: State
    look: Look
    observed: list[str]
    reason: str
    known_state: State | None
    known_look: Look | None
    known_at: datetime | None
    unknown_since: datetime | None
    known: list[Shown] = field(default_factory=list)
    told: list[Shown] = field(default_factory=list)


@dataclass(frozen=True)
class ShownOff:
    """A check that somebody has switched off: `reason` has who and why."""

    key: str
    family: str
    title: Any
    reason: str
    observed: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """Everything the page of a domain shows of its last check; `hints` are failures too."""

    failed: list[Shown]
    hints: list[Shown]
    unknown: list[ShownFamily]
    passed: list[ShownFamily]
    skipped: list[ShownFamily]
    off: list[ShownOff]


def what_for(family: str) -> Any:
    """What a family of checks is there for, in a sentence."""
    words = FAMILY_WORDS.get(family)
    return words.what if words else ""


@dataclass(frozen=True)
class Standing:
    """How a domain stands, for pages about something else.

    `in_part`: not all could be checked. `off`: so many checks are switched off.
    """

    look: Look
    sentence: Any
    checked_at: datetime | None
    in_part: bool
    off: int


def health_of(actor: Actor, row_key: str) -> Health | None:
    """What is stored of the domain of this row; None where it was not checked yet."""
    checked = Health.objects.visible_to(actor).filter(checked_at__isnull=False)
    found: Health | None = checked.filter(pk=stored_name(row_key)).first()
    return found


def verdict_of(actor: Actor, row_key: str) -> Standing:
    """How the domain of this row stands; one query."""
    health = health_of(actor, row_key)
    if health is None:
        unchecked = look(State.UNCHECKED)
        return Standing(unchecked, unchecked.sentence, None, False, 0)
    in_part = health.unknown_since is not None and health.verdict != State.UNKNOWN
    off = len(health.off)
    words = sentence(health.verdict, off)
    return Standing(look(health.verdict), words, health.checked_at, in_part, off)


def last_known(domains: Iterable[str]) -> dict[str, dict[str, dict[str, Any]]]:
    """By domain and family what was known before it could not be told any more.

    Its `state`, the `codes` that failed, and `checked_at`.
    """
    names = {stored_name(domain): domain for domain in domains}
    found: dict[str, dict[str, dict[str, Any]]] = {}
    rows = Finding.objects.filter(unknown_since__isnull=False)
    if len(names) <= FEW:
        rows = rows.filter(health__in=names)
    for row in rows.iterator():
        if row.health_id not in names or row.known_checks is None:
            continue
        checks = unpack(row.known_checks)
        failed = [check.code for check in checks if check.status == Status.FAIL]
        found.setdefault(names[row.health_id], {})[row.family] = {
            "state": str(of_family(checks)),
            "codes": list(dict.fromkeys(failed)),
            "checked_at": row.known_at.isoformat() if row.known_at else None,
        }
    return found


def read_report(health: Health) -> Report:
    """The last results of a domain, each part in the order of the families."""
    findings = {one.family: one for one in health.findings.all()}
    known = [name for name in _ORDER if name in findings]
    failed: list[Shown] = []
    unknown, passed, skipped, off = [], [], [], []
    for name in known:
        finding = findings[name]
        checks = unpack(finding.checks)
        failed += _shown(health.domain, (one for one in checks if one.status == Status.FAIL))
        off += [_off(one) for one in checks if is_off(one)]
        whole = _family(health.domain, finding, checks)
        if any(check.status == Status.UNKNOWN for check in checks):
            unknown.append(whole)
        elif whole.state == State.OK:
            passed.append(whole)
        elif whole.state == State.SKIPPED:
            skipped.append(whole)
    failed.sort(key=lambda one: -one.state.rank)
    hints = [one for one in failed if one.state == State.NOTICE]
    return Report(failed[: len(failed) - len(hints)], hints, unknown, passed, skipped, off)


def _off(check: Check) -> ShownOff:
    key = str(check.params[PARAM])
    return ShownOff(key, check.family, title_of(key), check.reason, check.observed)


def _family(domain: str, finding: Finding, checks: list[Check]) -> ShownFamily:
    known = unpack(finding.known_checks) if finding.known_checks else []
    known_state = of_family(known) if known else None
    said = [check for check in checks if check.status != Status.FAIL]
    return ShownFamily(
        name=finding.family,
        title=family_name(finding.family),
        what=what_for(finding.family),
        state=State(finding.state),
        look=look(finding.state),
        observed=[text for check in said for text in check.observed],
        reason="; ".join(dict.fromkeys(one.reason for one in said if one.reason)),
        known_state=known_state,
        known_look=look(known_state) if known_state else None,
        known_at=finding.known_at,
        unknown_since=finding.unknown_since,
        known=_shown(domain, (one for one in known if one.status == Status.FAIL), "last-"),
        told=_shown(domain, (one for one in said if one.code in WORDS), "unknown-"),
    )


def _shown(domain: str, checks: Iterable[Check], prefix: str = "") -> list[Shown]:
    alike: dict[tuple[str, State, str], list[Check]] = {}
    for check in checks:
        words = words_of(check)
        key = (check.code, of_check(check), str(words.detail) if words else "")
        alike.setdefault(key, []).append(check)
    found = []
    for number, ((code, state, _detail), same) in enumerate(alike.items(), 1):
        family = same[0].family
        # The first of a family is where the matrix leads to.
        anchor = prefix + family + (f"-{number}" if number > 1 else "")
        found.append(
            Shown(
                anchor=anchor,
                code=code,
                state=state,
                look=look(state),
                family=family_name(family),
                words=words_of(same[0]),
                of_host=family in HOST_LEVEL,
                parts=[_part(domain, one, f"{anchor}-{n}") for n, one in enumerate(same, 1)],
            )
        )
    return found


def _part(domain: str, check: Check, anchor: str) -> Part:
    return Part(
        check=check,
        about=check.ip or check.host,
        publish=_records(domain, check.publish, f"{anchor}-add"),
        remove=_records(domain, check.remove, f"{anchor}-remove"),
    )


def _records(domain: str, records: Iterable[Record], anchor: str) -> list[ShownRecord]:
    return [shown_record(domain, record, f"{anchor}-{n}") for n, record in enumerate(records, 1)]


def shown_record(domain: str, record: Record, anchor: str) -> ShownRecord:
    """A record for a page, whose parts begin with `anchor` in their ids."""
    priority, value = "", record.value
    if record.type == "MX" and " " in value:
        # Every provider's form has a field of its own for it.
        priority, value = value.split(" ", 1)
    return ShownRecord(
        anchor=anchor,
        host=relative_host(record.name, domain),
        type=record.type,
        value=value,
        priority=priority,
        ttl=record.ttl,
        zone_line=zone_line(record),
        bind_line=bind_line(record),
        name=record.name,
    )
