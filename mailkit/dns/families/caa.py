"""CAA (RFC 8659): which authorities may issue certificates for the domain's names."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailkit.dns.answers import Answer, Asks
from mailkit.dns.families.common import looked_for, observed, why
from mailkit.dns.names import dotted
from mailkit.dns.results import Check, Record, Severity, fail, passed, unknown
from mailkit.dns.subject import MailDomain, MailHost

FAMILY = "caa"
CRITICAL = 128
# An authority that does not know a critical property must not issue (4.1). These every one knows.
KNOWN = ("issue", "issuewild", "iodef", "issuemail", "contactemail", "contactphone", "issuevmc")
_RECORD = re.compile(r'(\d+)\s+(\S+)\s+"?(.*?)"?')


@dataclass(frozen=True)
class CaaFacts:
    """The answers from the domain upwards, up to the first that has records or cannot be told."""

    climbed: tuple[Answer, ...]

    @property
    def relevant(self) -> Answer:
        return self.climbed[-1]


async def probe(domain: MailDomain, host: MailHost, lookups: Asks) -> CaaFacts:
    labels = domain.name.split(".")
    climbed = []
    for at in range(len(labels)):
        answer = await lookups.ask(".".join(labels[at:]), "CAA")
        climbed.append(answer)
        if not answer.absent:
            break
    return CaaFacts(tuple(climbed))


def judge(domain: MailDomain, host: MailHost, facts: CaaFacts) -> list[Check]:
    relevant = facts.relevant
    ours = Record(dotted(domain.name), "CAA", f'0 issue "{host.ca}"')
    if relevant.absent:
        return [
            fail(
                FAMILY,
                "caa.missing",
                Severity.NOTICE,
                observed=looked_for(*facts.climbed),
                expected=f'0 issue "{host.ca}"',
                publish=(ours,),
                params={"ca": host.ca},
            )
        ]
    if not relevant.known:
        return [unknown(FAMILY, why(relevant))]
    blocking = []
    issuers = []
    for value in relevant.values:
        found = _RECORD.fullmatch(value)
        if not found:
            return [unknown(FAMILY, f"a CAA record that cannot be read: {value}")]
        flags, tag, text = int(found[1]), found[2].lower(), found[3]
        if flags & CRITICAL and tag not in KNOWN:
            blocking.append(value)
        if tag == "issue":
            issuers.append(text.partition(";")[0].strip().lower())
    shut = bool(issuers) and host.ca.lower() not in issuers
    if not shut and not blocking:
        return [passed(FAMILY, observed=observed(relevant))]
    owner = relevant.cnames[-1] if relevant.cnames else relevant.name
    inherited = relevant.name != ours.name
    # A set at the domain takes the place of the one above (3), so that it has to hold that, too.
    kept = tuple(
        Record(ours.name, "CAA", value)
        for value in relevant.values
        if inherited and value not in blocking
    )
    return [
        fail(
            FAMILY,
            "caa.blocks_us",
            Severity.ERROR,
            observed=observed(relevant),
            expected=f'0 issue "{host.ca}"',
            publish=(ours, *kept) if shut else (),
            remove=tuple(Record(owner, "CAA", value) for value in blocking),
            params={"ca": host.ca},
        )
    ]
