"""From a resolver's reply to an Answer: what came, or why nothing could be told."""

from __future__ import annotations

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from mailkit.dns.answers import Answer, Outcome

# RFC 8914: DNSSEC Indeterminate (5) is not among them; 6 to 12 are failures of validation.
BOGUS_CODES = range(6, 13)
REFUSALS = (dns.rcode.REFUSED, dns.rcode.NOTAUTH, dns.rcode.NOTIMP)
# Types whose records are made of names and numbers, where case says nothing.
_CASELESS = frozenset(
    dns.rdatatype.from_text(kind)
    for kind in ("A", "AAAA", "CNAME", "DS", "MX", "NS", "PTR", "SOA", "SRV", "TLSA")
)
_TEXTS = (dns.rdatatype.TXT, dns.rdatatype.SPF)


def to_answer(
    name: str, kind: str, reply: dns.message.Message, *, trusts_ad: bool = False
) -> Answer:
    """What `reply` says about `name` and `kind`. Never raises.

    A SERVFAIL with the code of a failed validation is BOGUS; without one it is SERVFAIL, and only
    another question (with CD) can tell.
    """
    rcode = reply.rcode()
    if rcode == dns.rcode.SERVFAIL:
        outcome = Outcome.BOGUS if set(error_codes(reply)) & set(BOGUS_CODES) else Outcome.SERVFAIL
        return Answer(name, kind, outcome, reason=_words(reply, "SERVFAIL"))
    if rcode in REFUSALS:
        return Answer(name, kind, Outcome.REFUSED, reason=_words(reply, dns.rcode.to_text(rcode)))
    if rcode not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return Answer(name, kind, Outcome.MALFORMED, reason=_words(reply, dns.rcode.to_text(rcode)))
    if reply.flags & dns.flags.TC:
        return Answer(name, kind, Outcome.MALFORMED, reason="cut short over TCP too")
    secure = trusts_ad and bool(reply.flags & dns.flags.AD)
    try:
        return _chained(name, kind, reply, secure)
    except (dns.exception.DNSException, ValueError) as error:
        return Answer(name, kind, Outcome.MALFORMED, reason=str(error) or type(error).__name__)


def _chained(name: str, kind: str, reply: dns.message.Message, secure: bool) -> Answer:
    if not isinstance(reply, dns.message.QueryMessage):
        return Answer(name, kind, Outcome.MALFORMED, reason="not an answer to a query")
    chain = reply.resolve_chaining()
    cnames = tuple(alias[0].target.to_text().lower() for alias in chain.cnames)
    if chain.answer is None:
        outcome, words = _nothing(reply, chain.cnames)
        ttl = chain.minimum_ttl
        return Answer(name, kind, outcome, cnames=cnames, secure=secure, ttl=ttl, reason=words)
    values, texts = _records(chain.answer)
    return Answer(
        name,
        kind,
        Outcome.OK,
        values,
        texts,
        cnames,
        secure,
        chain.answer.ttl,
    )


def _nothing(
    reply: dns.message.QueryMessage, aliases: list[dns.rrset.RRset]
) -> tuple[Outcome, str]:
    """What a reply without the records asked for says: that there are none, or nothing at all.

    Who knows that there are none shows the zone's SOA (RFC 2308, 2.2); some resolvers leave it out,
    but then the authority section is empty. NS records alone send us on to somebody else.
    """
    if reply.rcode() == dns.rcode.NXDOMAIN:
        return Outcome.NXDOMAIN, ""
    beside = (dns.rdatatype.RRSIG, dns.rdatatype.DNAME) if aliases else ()
    if any(one not in aliases and one.rdtype not in beside for one in reply.answer):
        return Outcome.MALFORMED, "an answer to another question"
    kinds = {one.rdtype for one in reply.authority}
    if dns.rdatatype.SOA in kinds:
        return Outcome.NODATA, ""
    if dns.rdatatype.NS in kinds or not reply.flags & dns.flags.RA:
        return Outcome.REFUSED, "not a resolver: it does not look up what others know"
    if aliases:
        return Outcome.MALFORMED, "an alias (CNAME) that was not followed to its end"
    return Outcome.NODATA, ""


def _records(found: dns.rrset.RRset) -> tuple[tuple[str, ...], tuple[tuple[bytes, ...], ...]]:
    """Sorted: servers turn the order about, and a stored result should not change with it."""
    if found.rdtype in _TEXTS:
        return (), tuple(sorted(tuple(record.strings) for record in found))
    values = (record.to_text() for record in found)
    if found.rdtype in _CASELESS:
        values = (value.lower() for value in values)
    return tuple(sorted(values, key=_by_number)), ()


def _by_number(value: str) -> list[tuple[int, str]]:
    """A preference of 5 stands before 10, which it would not do as text."""
    return [(int(word), "") if word.isdigit() else (-1, word) for word in value.split()]


def error_codes(reply: dns.message.Message) -> list[int]:
    """The extended DNS errors of a reply (RFC 8914)."""
    return [int(option.code) for option in reply.options if isinstance(option, dns.edns.EDEOption)]


def _words(reply: dns.message.Message, rcode: str) -> str:
    extended = [
        option.text or dns.edns.EDECode.to_text(option.code).replace("_", " ").lower()
        if option.code in list(dns.edns.EDECode)
        else option.text or f"extended error {int(option.code)}"
        for option in reply.options
        if isinstance(option, dns.edns.EDEOption)
    ]
    return "; ".join([rcode, *extended])
