"""TLS-RPT (RFC 8460): where other servers report deliveries that failed for want of TLS."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from mailkit.dns.answers import Answer, Asks
from mailkit.dns.dmarc_record import addresses
from mailkit.dns.families.common import looked_for, seen_texts, why
from mailkit.dns.records import txt_value
from mailkit.dns.results import Check, Record, Severity, fail, passed, unknown
from mailkit.dns.subject import MailDomain, MailHost
from mailkit.dns.tags import parse_tags

FAMILY = "tlsrpt"
_RECORD = re.compile(rb"v=TLSRPTv1[ \t]*(?:;|$)")
_MEANT = re.compile(rb"[\s\"']*v\s*=\s*tlsrpt", re.IGNORECASE)


@dataclass(frozen=True)
class TlsRptFacts:
    answer: Answer


async def probe(domain: MailDomain, host: MailHost, lookups: Asks) -> TlsRptFacts:
    return TlsRptFacts(await lookups.ask(f"_smtp._tls.{domain.name}.", "TXT"))


def judge(domain: MailDomain, host: MailHost, facts: TlsRptFacts) -> list[Check]:
    """One record that names where to report to; none at all is only a hint."""
    answer = facts.answer
    if not answer.known:
        return [unknown(FAMILY, why(answer))]
    name = f"_smtp._tls.{domain.name}."
    first = f"v=TLSRPTv1; rua=mailto:postmaster@{domain.name}"
    meant = [raw for raw in answer.joined if _MEANT.match(raw)]
    if not meant:
        publish = (Record(name, "TXT", first),)
        return [
            fail(
                FAMILY, "tlsrpt.missing", Severity.NOTICE, observed=looked_for(answer),
                expected=first, publish=publish,
            )
        ]  # fmt: skip
    values = tuple(txt_value(raw) for raw in meant)
    seen = seen_texts(name, values)
    detail = "there is more than one" if len(meant) > 1 else _fault(meant[0])
    if not detail:
        return [passed(FAMILY, observed=seen)]
    good = next((txt_value(raw) for raw in meant if not _fault(raw)), "")
    right = good or _corrected(meant[0]) or first
    return [
        fail(
            FAMILY, "tlsrpt.syntax", Severity.WARNING, observed=seen, expected=right,
            publish=(Record(name, "TXT", right),),
            remove=tuple(Record(name, "TXT", value) for value in values if value != right),
            params={"detail": detail},
        )
    ]  # fmt: skip


def _fault(raw: bytes) -> str:
    """Why a sender would pass the record over; empty if it would not (RFC 8460, 3)."""
    if not _RECORD.match(raw):
        return "it has to begin with v=TLSRPTv1;"
    tags = parse_tags(raw)
    if tags.error:
        return tags.error
    rua = tags.get("rua")
    if not rua:
        return "rua is missing"
    wrong = [uri for uri in rua.split(",") if not _destination(uri.strip())]
    return f"{wrong[0].strip()} is neither mailto: nor https:" if wrong else ""


def _destination(uri: str) -> bool:
    if uri.lower().startswith("https:"):
        return is_https(uri)
    return bool(addresses(uri)[0][1])


def is_https(uri: str) -> bool:
    """An https address with a host in it."""
    try:
        parts = urlsplit(uri)
        return parts.scheme == "https" and bool(parts.hostname) and " " not in uri
    except ValueError:
        return False


def _corrected(raw: bytes) -> str:
    """The destinations that can be made out, in a record of the right form."""
    kept = []
    for uri in (parse_tags(raw).get("rua") or "").split(","):
        tries = (uri.strip(), f"mailto:{uri.strip()}")
        kept += [each for each in tries if each.isascii() and _destination(each)][:1]
    return f"v=TLSRPTv1; rua={','.join(kept)}" if kept else ""
