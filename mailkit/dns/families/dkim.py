"""DKIM (RFC 6376): is the signer's key published at its selector, whole and readable?

The selectors are those of the signer's keys; where there are none, the domain's, and at last the
usual ones of the host, of which one is enough.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mailkit.dns.answers import Answer, Asks
from mailkit.dns.dkim_record import (
    KeyRecord,
    NotAKey,
    PublicKey,
    corrected,
    key_record,
    read_der,
    read_record,
)
from mailkit.dns.families.common import looked_for, seen, seen_texts, why
from mailkit.dns.results import Check, Record, Severity, fail, passed, skipped, unknown
from mailkit.dns.subject import MailDomain, MailHost, SignerKey

FAMILY = "dkim"
BROKEN_BITS = 1024
WEAK_BITS = 2048


@dataclass(frozen=True)
class Selector:
    """A selector with the signer's key, if there is one, and what stands there in DNS.

    `doubled` is the answer at the name with the domain twice, which a form makes of a full name
    without its last dot; it is looked up only where the right name has nothing.
    """

    name: str
    base: str
    answer: Answer
    key: SignerKey | None = None
    doubled: Answer | None = None

    @property
    def host(self) -> str:
        return f"{self.name}._domainkey.{self.base}."

    @property
    def records(self) -> tuple[KeyRecord, ...]:
        return tuple(read_record(raw) for raw in self.answer.joined)

    @property
    def public(self) -> PublicKey | None:
        """The signer's key, if there is one and it can be read."""
        try:
            return read_der(self.key.spki) if self.key else None
        except NotAKey:
            return None

    def seen(self, records: Iterable[KeyRecord]) -> tuple[str, ...]:
        """Records of this selector as `name TXT value`."""
        return seen_texts(self.host, (record.value for record in records))

    @property
    def wanted(self) -> str:
        """The record for the signer's key; empty without one."""
        return key_record(self.base, self.key).value if self.key and self.public else ""


@dataclass(frozen=True)
class DkimFacts:
    """What stands at each selector. `guessed` says that nobody named them for this domain."""

    selectors: tuple[Selector, ...]
    guessed: bool = False


async def probe(domain: MailDomain, host: MailHost, lookups: Asks) -> DkimFacts:
    """Look up each selector's record."""
    wanted: list[tuple[str, str, SignerKey | None]] = [
        (key.selector, key.signs_as or domain.name, key) for key in domain.keys
    ]
    names: tuple[str, ...] = ()
    if domain.keys_unread or not wanted:
        # Beside the keys that were read there are some that were not.
        names = domain.selectors or (host.selectors if not wanted else ())
    read = {name for name, _base, _key in wanted}
    wanted += [(name, domain.name, None) for name in names if name not in read]
    found = await asyncio.gather(*(_ask(*each, lookups) for each in wanted))
    return DkimFacts(tuple(found), guessed=not domain.keys and not domain.selectors)


async def _ask(name: str, base: str, key: SignerKey | None, lookups: Asks) -> Selector:
    answer = await lookups.ask(f"{name}._domainkey.{base}.", "TXT")
    doubled = None
    if answer.absent and not (key and key.retired):
        doubled = await lookups.ask(f"{name}._domainkey.{base}.{base}.", "TXT")
    return Selector(name, base, answer, key, doubled)


def judge(domain: MailDomain, host: MailHost, facts: DkimFacts) -> list[Check]:
    """What is wrong with the domain's keys. An answer that did not come makes it unknown."""
    active = [each for each in facts.selectors if not (each.key and each.key.retired)]
    checks = [*_retired(facts)]
    if not domain.keys and not domain.keys_unread and host.signer_known:
        checks.append(_no_key(facts, "a key of the signer"))
    elif not active and domain.keys and not domain.keys_unread:
        checks.append(_no_key(facts, "an active key"))
    there = [each for each in active if each.answer.texts]
    unanswered = [each for each in active if not each.answer.known]
    # Of guessed ones one is enough: what stands at the others may be long out of use.
    usable = [each for each in there if any(map(_usable, each.records))]
    # As long as one has not answered it may be the one, and the others out of use.
    wanted = active if not facts.guessed else usable or ([] if unanswered else there)
    for selector in wanted:
        checks += _selector(selector)
    if facts.guessed and not there and not unanswered and not host.signer_known:
        checks.append(_none_found(active))
    checks += _only_ed25519(wanted)
    if unanswered and not (facts.guessed and usable):
        each = unanswered[0]
        return [*checks, unknown(FAMILY, why(each.answer), params={"selector": each.name})]
    if checks:
        return checks
    observed = tuple(line for each in there for line in each.seen(each.records))
    if not domain.keys:
        reason = "no key of the signer is known to compare with"
        return [skipped(FAMILY, reason, observed=observed)]
    if domain.keys_unread:
        unread = ", ".join(each.name for each in active if each.key is None)
        reason = "the signer's key cannot be read, so that nothing compares the record with it"
        return [unknown(FAMILY, reason, params={"selector": unread}, observed=observed)]
    return [passed(FAMILY, observed=observed)]


def _usable(record: KeyRecord) -> bool:
    """A verifier takes signatures by this key."""
    key = record.key
    return key is not None and not record.fault and (key.kind != "rsa" or key.bits >= BROKEN_BITS)


def _no_key(facts: DkimFacts, expected: str) -> Check:
    """What stands at the selectors is seen; nobody has the key to sign with."""
    seen_there = looked_for(*(each.answer for each in facts.selectors))
    return fail(FAMILY, "dkim.no_key", Severity.CRITICAL, observed=seen_there, expected=expected)


def _none_found(selectors: list[Selector]) -> Check:
    """Nothing at any of the usual selectors; which one the signer uses nobody has said."""
    misplaced = next((c for each in selectors if (c := _doubled(each))), None)
    if misplaced:
        return misplaced
    tried = ", ".join(each.name for each in selectors)
    host = selectors[0].host if selectors else ""
    params: dict[str, str | int] = {"selector": tried, "name": host}
    return fail(
        FAMILY, "dkim.missing", Severity.CRITICAL,
        observed=looked_for(*(each.answer for each in selectors)),
        expected="a DKIM key", params=params,
    )  # fmt: skip


def _doubled(selector: Selector) -> Check | None:
    doubled = selector.doubled
    if doubled is None or not doubled.texts:
        return None
    there = tuple(Record(doubled.name, "TXT", read_record(raw).value) for raw in doubled.joined)
    right = selector.wanted or there[0].value
    return fail(
        FAMILY,
        "dkim.doubled_name",
        Severity.CRITICAL,
        observed=seen(there),
        expected=selector.host,
        publish=(Record(selector.host, "TXT", right),),
        remove=there,
        params={"selector": selector.name, "name": doubled.name},
    )


def _selector(selector: Selector) -> Iterator[Check]:
    """The findings about one selector that ought to hold a key."""
    if not selector.answer.known:
        return
    wanted = selector.wanted
    records = selector.records
    params: dict[str, str | int] = {"selector": selector.name, "name": selector.host}
    if not records:
        publish = (Record(selector.host, "TXT", wanted),) if wanted else ()
        yield _doubled(selector) or fail(
            FAMILY, "dkim.missing", Severity.CRITICAL, observed=looked_for(selector.answer),
            expected=wanted or "a DKIM key", publish=publish, params=params,
        )  # fmt: skip
        return
    ours = selector.public
    best = next((r for r in records if ours and r.key == ours), None)
    best = best or next((r for r in records if r.key), records[0])
    right = wanted if ours and best.key != ours else corrected(best) if best.fault else best.value
    right = right or wanted

    def found(
        code: str, severity: Severity, publish: str = right, expected: str = "a DKIM key"
    ) -> Check:
        new = Record(selector.host, "TXT", publish)
        old = (Record(selector.host, "TXT", record.value) for record in records)
        return fail(
            FAMILY, code, severity,
            observed=selector.seen(records),
            expected=publish or expected,
            publish=(new,) if publish else (),
            remove=tuple(record for record in old if publish and record.value != publish),
            params=params | {"detail": best.detail, "bits": best.key.bits if best.key else 0},
        )  # fmt: skip

    if len(records) > 1:
        yield found("dkim.multiple", Severity.ERROR)
    if best.fault:
        yield found(best.fault, Severity.CRITICAL)
        return
    if ours and best.key != ours:
        yield found("dkim.mismatch", Severity.CRITICAL)
        return
    if best.key and best.key.kind == "rsa" and best.key.bits < WEAK_BITS:
        # Only a new key mends this, and that is made and not computed.
        broken = best.key.bits < BROKEN_BITS
        yield found("dkim.weak", Severity.CRITICAL if broken else Severity.WARNING, "", RSA_2048)
    if best.testing:
        yield found("dkim.testing", Severity.WARNING, corrected(best) or wanted)


RSA_2048 = "an RSA key of 2048 bits"


def _only_ed25519(selectors: list[Selector]) -> Iterator[Check]:
    """Many verifiers do not know Ed25519 yet, so that a signature with it alone counts as none."""
    keys = [each.public for each in selectors if each.key]
    keys += [record.key for each in selectors if not each.key for record in each.records]
    kinds = {key.kind for key in keys if key}
    if kinds == {"ed25519"}:
        names = ", ".join(each.name for each in selectors if each.answer.texts)
        yield fail(
            FAMILY, "dkim.ed25519_only", Severity.WARNING,
            observed=tuple(line for each in selectors for line in each.seen(each.records)),
            expected=f"{RSA_2048} beside it", params={"selector": names},
        )  # fmt: skip


def _retired(facts: DkimFacts) -> Iterator[Check]:
    """A key that no longer signs and is still published can be used by whoever has its copy."""
    for each in facts.selectors:
        if not each.key or not each.key.retired:
            continue
        if not each.answer.known:
            yield unknown(FAMILY, why(each.answer), params={"selector": each.name})
        valid = [record for record in each.records if record.fault != "dkim.revoked"]
        if valid:
            yield fail(
                FAMILY, "dkim.old_selector", Severity.NOTICE,
                observed=each.seen(valid),
                expected="v=DKIM1; p=",
                remove=tuple(Record(each.host, "TXT", record.value) for record in valid),
                params={"selector": each.name, "name": each.host},
            )  # fmt: skip
