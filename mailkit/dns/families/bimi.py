"""BIMI: the logo that mail programs show beside mail of a domain whose DMARC policy is enforced.

It is a draft (draft-brand-indicators-for-message-identification) and nobody needs it: only a record
that is there and does nothing is a finding. The logo itself is not fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mailkit.dns.answers import Answer, Asks
from mailkit.dns.dmarc_record import Step, organizational_domain, tree_walk
from mailkit.dns.families.common import seen_texts, why
from mailkit.dns.families.tlsrpt import is_https
from mailkit.dns.records import txt_value
from mailkit.dns.results import Check, Record, Severity, fail, passed, unknown
from mailkit.dns.subject import MailDomain, MailHost
from mailkit.dns.tags import parse_tags

FAMILY = "bimi"
_MEANT = re.compile(rb"[\s\"']*v\s*=\s*bimi", re.IGNORECASE)


@dataclass(frozen=True)
class BimiFacts:
    """The record, and the domain's DMARC, which is only looked up where there is one."""

    answer: Answer
    steps: tuple[Step, ...] = ()

    @property
    def records(self) -> tuple[bytes, ...]:
        return tuple(raw for raw in self.answer.joined if _MEANT.match(raw))


async def probe(domain: MailDomain, host: MailHost, lookups: Asks) -> BimiFacts:
    facts = BimiFacts(await lookups.ask(f"default._bimi.{domain.name}.", "TXT"))
    if not facts.records:
        return facts
    own = Step(domain.name, await lookups.ask(f"_dmarc.{domain.name}.", "TXT"))
    steps = (own,) if own.record else await tree_walk(domain.name, lookups)
    return BimiFacts(facts.answer, steps)


def judge(domain: MailDomain, host: MailHost, facts: BimiFacts) -> list[Check]:
    """A record is whole and DMARC lets it count; no record is fine."""
    answer = facts.answer
    if not answer.known:
        return [unknown(FAMILY, why(answer))]
    if not facts.records:
        return [passed(FAMILY, expected="nothing: a logo is optional")]
    values = tuple(txt_value(raw) for raw in facts.records)
    seen = seen_texts(f"default._bimi.{domain.name}.", values)
    checks = [*_syntax(domain, facts.records, values, seen)]
    unanswered = next((s.answer for s in facts.steps if not s.answer.known), None)
    if unanswered:
        return [*checks, unknown(FAMILY, f"DMARC: {why(unanswered)}")]
    checks += _policy(domain, facts, seen)
    return checks or [passed(FAMILY, observed=seen)]


def _syntax(
    domain: MailDomain, records: tuple[bytes, ...], values: tuple[str, ...], seen: tuple[str, ...]
) -> Iterator[Check]:
    faults = [_fault(raw) for raw in records]
    detail = "there is more than one" if len(records) > 1 else faults[0]
    if not detail:
        return
    name = f"default._bimi.{domain.name}."
    good = [value for value, fault in zip(values, faults, strict=True) if not fault][:1]
    # Without the address of a logo only taking the record out helps.
    right = good[0] if good else _corrected(records[0])
    yield fail(
        FAMILY, "bimi.syntax", Severity.NOTICE, observed=seen,
        expected=right or "v=BIMI1; l=https://...",
        publish=(Record(name, "TXT", right),) if right else (),
        remove=tuple(Record(name, "TXT", value) for value in values if value != right),
        params={"detail": detail},
    )  # fmt: skip


def _fault(raw: bytes) -> str:
    tags = parse_tags(raw)
    if tags.error:
        return tags.error
    if tags.first != "v" or tags.get("v") != "BIMI1":
        return "it has to begin with v=BIMI1;"
    if tags.get("l") is None:
        return "l is missing"
    for tag in ("l", "a"):
        uri = tags.get(tag)
        # An empty l is a wish to have no logo.
        if uri and not is_https(uri):
            return f"{tag} is not an https address"
    return ""


def _corrected(raw: bytes) -> str:
    tags = parse_tags(raw)
    kept = [(t, v) for t in ("l", "a") if (v := tags.get(t)) is not None and is_https(v)]
    if not any(tag == "l" for tag, _value in kept):
        return ""
    return "; ".join(["v=BIMI1", *(f"{tag}={value}" for tag, value in kept)])


def _policy(domain: MailDomain, facts: BimiFacts, seen: tuple[str, ...]) -> Iterator[Check]:
    """Mail programs show a logo only under an enforced policy, subdomains included."""
    if all(parse_tags(raw).get("l") == "" for raw in facts.records):
        return
    found = facts.steps[0]
    if not found.record:
        organization = organizational_domain(facts.steps)
        found = next((s for s in facts.steps if s.name == organization), found)
    record = found.record
    policies = {record.policy, record.subdomain_policy} if record else {"none"}
    testing = record is not None and record.tag("t") == "y"
    if "none" not in policies and not testing:
        return
    policy = "none" if "none" in policies else "testing"
    expected = f"v=DMARC1; p=quarantine; rua=mailto:postmaster@{domain.name}"
    text = expected
    if record:
        text = record.tags.text(without=("t", "sp"), p="quarantine")
        text = record.tags.text(without=("t", "sp")) if record.policy != "none" else text
    name = f"_dmarc.{found.name if record else domain.name}."
    old = tuple(Record(name, "TXT", txt_value(record.raw)) for record in found.records)
    yield fail(
        FAMILY, "bimi.policy", Severity.NOTICE, observed=seen, expected="p=quarantine",
        publish=(Record(name, "TXT", text),), remove=old, params={"policy": policy},
    )  # fmt: skip
