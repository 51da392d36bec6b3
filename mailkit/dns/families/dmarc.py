"""DMARC (RFC 9989): what receivers do with mail that is not the domain's own, and who is told."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from mailkit.dns.answers import Answer, Asks
from mailkit.dns.dmarc_record import (
    OLD_TAGS,
    POLICIES,
    DmarcRecord,
    Step,
    addresses,
    is_dmarc,
    looks_like_dmarc,
    organizational_domain,
    read_dmarc,
    tree_walk,
)
from mailkit.dns.families.common import looked_for, seen, seen_texts, why
from mailkit.dns.records import txt_value
from mailkit.dns.results import Check, Record, Severity, Status, fail, passed, unknown
from mailkit.dns.subject import MailDomain, MailHost
from mailkit.dns.tags import TagList

FAMILY = "dmarc"
# In the params of a check: the other organization that signs, for `judge_alignment`.
SIGNER = "signed_by"
# Receivers need not send to more than two (RFC 9990); this only bounds what a record can cost us.
MOST_DESTINATIONS = 10
# However it is written, and wherever it stands.
_VERSION = re.compile(rb"(?:^|(?<=;))\s*(?:v\s*=\s*)?dmarc\s*1?\s*(?:[;,:.]|$)?", re.IGNORECASE)


@dataclass(frozen=True)
class Destination:
    """A domain that reports go to. `report` is its consent, asked for where it is another
    organization's; `mail` are its MX, A and AAAA, the latter only if there is no MX.
    """

    domain: str
    mail: tuple[Answer, ...]
    report: Answer | None = None
    walk_unknown: bool = False

    @property
    def answers(self) -> tuple[Answer, ...]:
        return (*self.mail, *((self.report,) if self.report else ()))


@dataclass(frozen=True)
class DmarcFacts:
    """The tree walk from the domain upwards, and where its reports go.

    `signer` is another organization's domain that all signatures are of, if there is such.
    """

    steps: tuple[Step, ...]
    destinations: tuple[Destination, ...] = ()
    signer: str = ""

    @property
    def own(self) -> Step:
        return self.steps[0]


async def probe(domain: MailDomain, host: MailHost, lookups: Asks) -> DmarcFacts:
    """Walk the tree, and look up each domain that reports go to."""
    own = Step(domain.name, await lookups.ask(f"_dmarc.{domain.name}.", "TXT"))
    if not own.answer.known:
        return DmarcFacts((own,))
    if not own.record:
        return DmarcFacts(await tree_walk(domain.name, lookups))
    uris = [u for tag in ("rua", "ruf") for u in addresses(own.record.tags.get(tag) or "")]
    names = list(dict.fromkeys(name for _uri, name in uris if name))[:MOST_DESTINATIONS]
    found = await asyncio.gather(*(_destination(domain.name, name, lookups) for name in names))
    return DmarcFacts((own,), tuple(found), await _other_signer(domain, lookups))


async def _other_signer(domain: MailDomain, lookups: Asks) -> str:
    """The signing domain, where no signature is of the domain's own organization, for certain."""
    if not _signs_as_another(domain):
        return ""
    ours = organizational_domain(await tree_walk(domain.name, lookups))
    signers = dict.fromkeys(key.signs_as for key in domain.keys if not key.retired)
    theirs = [organizational_domain(await tree_walk(name, lookups)) for name in signers]
    if ours is None or None in theirs or ours in theirs:
        return ""
    return next(iter(signers))


async def _destination(domain: str, name: str, lookups: Asks) -> Destination:
    mail = [await lookups.ask(f"{name}.", "MX")]
    if mail[0].absent:
        mail += [await lookups.ask(f"{name}.", kind) for kind in ("A", "AAAA")]
    if name == domain:
        return Destination(name, tuple(mail))
    ours = organizational_domain(await tree_walk(domain, lookups))
    theirs = organizational_domain(await tree_walk(name, lookups))
    if ours is None or theirs is None:
        return Destination(name, tuple(mail), walk_unknown=True)
    report = None
    if ours != theirs:
        report = await lookups.ask(f"{domain}._report._dmarc.{name}.", "TXT")
    return Destination(name, tuple(mail), report)


def judge(domain: MailDomain, host: MailHost, facts: DmarcFacts) -> list[Check]:
    """What is wrong with the domain's policy. An answer that did not come makes it unknown."""
    own = facts.own
    if not own.answer.known:
        return [unknown(FAMILY, why(own.answer))]
    if len(own.records) > 1:
        best = max(own.records, key=lambda record: POLICIES.index(record.policy))
        case = _Case(domain, own, best)
        params: dict[str, str | int] = {"count": len(own.records)}
        return [case.fail("dmarc.multiple", Severity.ERROR, params=params)]
    if own.record is None:
        return [_none(domain, facts)]
    case = _Case(domain, own, own.record)
    checks = [*_form(case), *_policy(case), *_reports(case, facts)]
    could_not_tell = _could_not_tell(facts)
    if could_not_tell:
        return [*checks, could_not_tell]
    checks = checks or [passed(FAMILY, observed=case.observed)]
    if facts.signer:
        checks = [replace(one, params={SIGNER: facts.signer, **one.params}) for one in checks]
    return checks


@dataclass(frozen=True)
class _Case:
    domain: MailDomain
    step: Step
    record: DmarcRecord

    @property
    def name(self) -> str:
        return f"_dmarc.{self.domain.name}."

    @property
    def values(self) -> tuple[str, ...]:
        return tuple(txt_value(record.raw) for record in self.step.records)

    @property
    def observed(self) -> tuple[str, ...]:
        return seen_texts(self.step.answer.name, self.values)

    @property
    def repaired(self) -> TagList:
        """The record without what receivers throw away, and with what they need."""
        bad = self.record.bad_tags
        tags = [(t, v) for t, v in self.record.tags.tags if t not in (*OLD_TAGS, *bad, "v", "p")]
        kept = []
        for tag, value in tags:
            text = _repaired_uris(value) if tag in ("rua", "ruf") else value
            if text:
                kept.append((tag, text))
        return TagList((("v", "DMARC1"), ("p", self.record.policy), *kept))

    def fail(self, code: str, severity: Severity, *, text: str = "", **more: object) -> Check:
        text = text or self.repaired.text()
        publish = (Record(self.name, "TXT", text),)
        old = (Record(self.name, "TXT", value) for value in self.values)
        remove = tuple(record for record in old if record.value != text)
        more = {
            "observed": self.observed,
            "expected": text,
            "publish": publish,
            "remove": remove,
            **more,
        }
        return fail(FAMILY, code, severity, **more)


def _repaired_uris(value: str) -> str:
    kept = []
    for uri, name in addresses(value):
        if name:
            kept.append(uri)
        elif addresses(f"mailto:{uri}")[0][1]:
            kept.append(f"mailto:{uri}")
    return ",".join(kept)


def first_record(domain: MailDomain, policy: str = "none") -> Record:
    """The record to begin with: it changes nothing, and has reports sent."""
    text = f"v=DMARC1; p={policy}; rua=mailto:postmaster@{domain.name}"
    return Record(f"_dmarc.{domain.name}.", "TXT", text)


def _none(domain: MailDomain, facts: DmarcFacts) -> Check:
    """No record of its own that counts: one that is misspelt, a parent's, or none at all."""
    first = first_record(domain)
    meant = [raw for raw in facts.own.answer.joined if looks_like_dmarc(raw)]
    if meant:
        tags = read_dmarc(b"v=DMARC1;" + _VERSION.sub(b"", meant[0].strip(b"\"' ")))
        case = _Case(domain, facts.own, tags)
        remove = tuple(Record(first.name, "TXT", txt_value(raw)) for raw in meant)
        params: dict[str, str | int] = {"detail": "it has to begin with v=DMARC1;"}
        return case.fail(
            "dmarc.syntax", Severity.ERROR, observed=seen(remove), remove=remove, params=params
        )
    unanswered = next((s.answer for s in facts.steps if not s.answer.known), None)
    if unanswered:
        return unknown(FAMILY, why(unanswered))
    organization = organizational_domain(facts.steps)
    above = next((s for s in facts.steps[1:] if s.record and s.name == organization), None)
    if above and above.record:
        first = first_record(domain, above.record.subdomain_policy)
        return fail(
            FAMILY, "dmarc.inherited", Severity.NOTICE,
            observed=seen_texts(above.answer.name, [txt_value(above.record.raw)]),
            expected=first.value, publish=(first,),
            params={"parent": above.name, "policy": above.record.subdomain_policy},
        )  # fmt: skip
    # Where the organization has none, the public suffix's applies (RFC 9989, 4.10.1).
    suffix = next((s.record for s in facts.steps[1:] if s.record and s.psd == "y"), None)
    if suffix:
        first = first_record(domain, suffix.subdomain_policy)
    return fail(
        FAMILY, "dmarc.missing", Severity.ERROR,
        observed=looked_for(*(s.answer for s in facts.steps)),
        expected=first.value, publish=(first,),
    )  # fmt: skip


def _form(case: _Case) -> Iterator[Check]:
    """How the record is written."""
    record = case.record
    if record.tags.error:
        params: dict[str, str | int] = {"detail": record.tags.error}
        yield case.fail("dmarc.syntax", Severity.ERROR, params=params)
    if record.bad_tags:
        bad = ", ".join(f"{name}={record.tags.get(name)}" for name in record.bad_tags)
        yield case.fail("dmarc.bad_tag", Severity.ERROR, params={"tags": bad})
    if record.tags.get("p") is None:
        yield case.fail("dmarc.p_missing", Severity.ERROR)
    old = [name for name in OLD_TAGS if record.tags.get(name) is not None]
    if old:
        yield case.fail("dmarc.old_tags", Severity.NOTICE, params={"tags": ", ".join(old)})


def _policy(case: _Case) -> Iterator[Check]:
    """How much it asks of receivers."""
    record, strength = case.record, POLICIES.index
    if record.tag("p") == "none":
        text = case.repaired.text(p="quarantine")
        yield case.fail("dmarc.p_none", Severity.WARNING, text=text)
    weak_sp = strength(record.subdomain_policy) < strength(record.policy)
    weak_np = strength(record.nonexistent_policy) < strength(record.policy)
    if weak_sp or weak_np:
        drop = tuple(name for name, weak in (("sp", weak_sp), ("np", weak_np)) if weak)
        text = case.repaired.text(without=drop)
        tag = "sp" if weak_sp else "np"
        params: dict[str, str | int] = {"tag": tag, "policy": record.tag(tag)}
        yield case.fail("dmarc.sp_weaker", Severity.WARNING, text=text, params=params)
    if record.tag("t") == "y":
        text = case.repaired.text(without=("t",))
        yield case.fail("dmarc.testing", Severity.WARNING, text=text)
    if record.tag("adkim") == "s" and _signs_as_another(case.domain):
        yield _strict(case)


def _signs_as_another(domain: MailDomain) -> bool:
    active = [key for key in domain.keys if not key.retired]
    return bool(active) and all(k.signs_as not in ("", domain.name) for k in active)


def _strict(case: _Case) -> Check:
    signer = next(key.signs_as for key in case.domain.keys if key.signs_as)
    text = case.repaired.text(without=("adkim",))
    params: dict[str, str | int] = {"signer": signer}
    return case.fail("dmarc.alignment", Severity.ERROR, text=text, params=params)


def _reports(case: _Case, facts: DmarcFacts) -> Iterator[Check]:
    """Where the reports go, and whether they arrive there."""
    own = f"mailto:postmaster@{case.domain.name}"
    value = case.record.tags.get("rua")
    if value is None:
        text = case.repaired.text(rua=own)
        yield case.fail("dmarc.no_rua", Severity.WARNING, text=text)
    for tag in ("rua", "ruf"):
        wrong = [uri for uri, name in addresses(case.record.tags.get(tag) or own) if not name]
        if wrong and tag not in case.record.bad_tags:
            params: dict[str, str | int] = {"uri": wrong[0], "tag": tag}
            repaired = case.repaired
            text = repaired.text() if tag == "ruf" or repaired.get("rua") else (
                repaired.text(rua=own)
            )  # fmt: skip
            yield case.fail("dmarc.rua_syntax", Severity.ERROR, text=text, params=params)
    for each in facts.destinations:
        params = {"destination": each.domain}
        if each.report and each.report.known and not any(map(is_dmarc, each.report.joined)):
            consent = Record(each.report.name, "TXT", "v=DMARC1")
            yield fail(
                FAMILY, "dmarc.rua_unauthorised", Severity.WARNING, observed=case.observed,
                expected=consent.value, publish=(consent,), params=params,
            )  # fmt: skip
        if _no_mail(each):
            text = _elsewhere(case, each.domain, own)
            yield case.fail("dmarc.rua_no_mx", Severity.WARNING, text=text, params=params)


def _no_mail(destination: Destination) -> bool:
    """It takes no mail for certain: no MX and no address, or a null MX (RFC 7505)."""
    mx, *hosts = destination.mail
    if mx.values:
        return all(value.split(" ")[-1] == "." for value in mx.values)
    return mx.absent and all(answer.absent for answer in hosts)


def _elsewhere(case: _Case, domain: str, own: str) -> str:
    """The record with our own address in place of the destinations in `domain`."""
    tags = case.repaired
    changes = {}
    for tag in ("rua", "ruf"):
        value = tags.get(tag)
        if value is not None:
            uris = (own if name == domain else uri for uri, name in addresses(value))
            changes[tag] = ",".join(dict.fromkeys(uris))
    kept = [(tag, changes.get(tag, value)) for tag, value in tags.tags]
    return TagList(tuple(kept)).text()


def _could_not_tell(facts: DmarcFacts) -> Check | None:
    for each in facts.destinations:
        params: dict[str, str | int] = {"destination": each.domain}
        if each.walk_unknown:
            reason = f"whose {each.domain} is could not be looked up"
            return unknown(FAMILY, reason, params=params)
        failed = next((answer for answer in each.answers if not answer.known), None)
        if failed:
            return unknown(FAMILY, why(failed), params=params)
    return None


def judge_alignment(checks: Iterable[Check]) -> list[Check]:
    """With a policy, mail that passes neither SPF nor DKIM is refused: the finding if ours is that.

    `checks` are a domain's of the families spf, dkim and dmarc; where one of these could not be
    told nothing is said.
    """
    checks = tuple(checks)
    no_policy = ("dmarc.missing", "dmarc.multiple", "dmarc.syntax", "dmarc.alignment")
    ours = [check for check in checks if check.family == FAMILY]
    told = all(check.status in (Status.PASS, Status.FAIL) for check in ours)
    if not ours or not told or any(check.code in no_policy for check in ours):
        return []
    critical = {
        check.family
        for check in checks
        if check.status == Status.FAIL
        and check.severity == Severity.CRITICAL
        and check.code != "spf.open"
    }
    # A good signature of another organization is none for the address in From (RFC 9989, 4.4.1).
    signer = next((str(check.params[SIGNER]) for check in ours if check.params.get(SIGNER)), "")
    if "spf" not in critical or not (signer or "dkim" in critical):
        return []
    return [
        fail(
            FAMILY, "dmarc.alignment", Severity.ERROR, observed=ours[0].observed,
            expected="SPF or DKIM passes", params={"signer": signer},
        )
    ]  # fmt: skip
