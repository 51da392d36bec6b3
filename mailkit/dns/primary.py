"""The server that takes a zone's changes: talk to it with TSIG (RFC 8945), name its refusals."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from typing import NoReturn

import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.tsig
import dns.tsigkeyring

ALGORITHMS = ("hmac-sha256", "hmac-sha512", "hmac-sha384", "hmac-sha224", "hmac-sha1")
TIMEOUT = 5.0


class Trouble(StrEnum):
    """Why nothing was published. `UNSURE` alone means that something may have been."""

    BAD_SECRET = "publish.bad_secret"  # noqa: S105 - a code
    KEY_REFUSED = "publish.key_refused"
    CLOCK = "publish.clock"
    NOT_ALLOWED = "publish.not_allowed"
    NOT_SERVED = "publish.not_served"
    OUTSIDE_ZONE = "publish.outside_zone"
    NO_UPDATES = "publish.no_updates"
    UNREACHABLE = "publish.unreachable"
    TIMEOUT = "publish.timeout"
    SERVER_FAILED = "publish.server_failed"
    CHANGED = "publish.changed"
    CNAME = "publish.cname"
    NOT_TAKEN = "publish.not_taken"
    BAD_RECORD = "publish.bad_record"
    BAD_KEY = "publish.bad_key"
    NO_PRIMARY = "publish.no_primary"
    UNSURE = "publish.unsure"


class PublishError(Exception):
    """Publishing failed: `trouble` says how, `detail` what the server or the library said.

    For `CHANGED` `found` holds what is there instead of what was planned with.
    """

    def __init__(self, trouble: Trouble, detail: str = "", found: tuple[str, ...] = ()) -> None:
        super().__init__(f"{trouble.value}: {detail}" if detail else trouble.value)
        self.trouble = trouble
        self.detail = detail
        self.found = found


@dataclass(frozen=True)
class TsigKey:
    """The key that the primary lets us change the zone with; the secret is base64."""

    name: str
    secret: str = field(repr=False)
    algorithm: str = "hmac-sha256"


@dataclass(frozen=True)
class Primary:
    """A zone (A-label) and the server that its changes go to."""

    zone: str
    address: str
    port: int = 53
    key: TsigKey | None = None
    timeout: float = TIMEOUT


async def read(primary: Primary, name: dns.name.Name, kind: str) -> dns.rdataset.Rdataset:
    """What the primary has, an empty set if nothing; the CNAME itself if one is in the way.

    Raises PublishError, also if the server is not one of the zone's.
    """
    query = dns.message.make_query(name, kind, use_edns=0)
    query.flags &= ~dns.flags.RD
    sign(query, primary)
    reply = await exchange(primary, query)
    code = reply.rcode()
    if code not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        raise_for(code, primary)
    if not reply.flags & dns.flags.AA:
        raise PublishError(Trouble.NOT_SERVED, f"{primary.zone} at {primary.address}")
    wanted = dns.rdatatype.from_text(kind)
    for one in (wanted, dns.rdatatype.CNAME):
        found = reply.get_rrset(reply.answer, name, dns.rdataclass.IN, one)
        if found is not None:
            return found
    return dns.rdataset.Rdataset(dns.rdataclass.IN, wanted)


async def negative_ttl(primary: Primary) -> int | None:
    """Seconds for which resolvers may remember that a name has no such record (RFC 2308, 5).

    None where the zone has no SOA record. Raises PublishError.
    """
    found = await read(primary, dns.name.from_text(primary.zone), "SOA")
    if not found or found.rdtype != dns.rdatatype.SOA:
        return None
    return int(min(found.ttl, found[0].minimum))


def sign(message: dns.message.Message, primary: Primary) -> None:
    """Have the message signed with the primary's key, if it has one. Raises PublishError."""
    key = primary.key
    if key is None:
        return
    if key.algorithm not in ALGORITHMS:
        raise PublishError(Trouble.BAD_KEY, f"{key.name}: algorithm {key.algorithm}")
    try:
        ring = dns.tsigkeyring.from_text({key.name: (key.algorithm, key.secret)})
        message.use_tsig(ring, dns.name.from_text(key.name))
    except (dns.exception.DNSException, ValueError) as problem:
        # The library's words would quote the secret.
        raise PublishError(Trouble.BAD_KEY, key.name) from problem


async def exchange(primary: Primary, message: dns.message.Message) -> dns.message.Message:
    """The answer to a message, over TCP; its signature is checked. Raises PublishError."""
    try:
        ip_address(primary.address)
    except ValueError as problem:
        detail = f"{primary.address} is no address"
        raise PublishError(Trouble.UNREACHABLE, detail) from problem
    try:
        return await dns.asyncquery.tcp(
            message, primary.address, timeout=primary.timeout, port=primary.port
        )
    except dns.tsig.PeerBadTime as problem:
        raise PublishError(Trouble.CLOCK, "the clocks differ") from problem
    except (dns.tsig.PeerBadSignature, dns.tsig.BadSignature) as problem:
        raise PublishError(Trouble.BAD_SECRET, _words(primary)) from problem
    except (dns.tsig.PeerError, dns.tsig.BadKey, dns.message.UnknownTSIGKey) as problem:
        # knot says so for an unknown key, and for one that may not change this zone or type.
        raise PublishError(Trouble.KEY_REFUSED, _words(primary)) from problem
    except (dns.exception.Timeout, TimeoutError) as problem:
        detail = f"{primary.address} did not answer within {primary.timeout:g} s"
        raise PublishError(Trouble.TIMEOUT, detail) from problem
    except (OSError, EOFError) as problem:
        reason = getattr(problem, "strerror", None) or "the connection was closed"
        raise PublishError(Trouble.UNREACHABLE, f"{primary.address}: {reason}") from problem
    except dns.exception.DNSException as problem:
        # An unsigned refusal of a signed message cannot be read as an answer to it.
        raise PublishError(Trouble.NOT_SERVED, _words(primary)) from problem


def _words(primary: Primary) -> str:
    name = f" with the key {primary.key.name}" if primary.key else ""
    return f"{primary.zone} at {primary.address}{name}"


_RCODES = {
    dns.rcode.NOTAUTH: Trouble.NOT_ALLOWED,
    dns.rcode.REFUSED: Trouble.NOT_ALLOWED,
    dns.rcode.NOTZONE: Trouble.OUTSIDE_ZONE,
    dns.rcode.NOTIMP: Trouble.NO_UPDATES,
    dns.rcode.FORMERR: Trouble.NOT_SERVED,
}


def raise_for(code: dns.rcode.Rcode, primary: Primary) -> NoReturn:
    """Raise PublishError for an answer that is none of the good ones."""
    trouble = _RCODES.get(code, Trouble.SERVER_FAILED)
    raise PublishError(trouble, f"{dns.rcode.to_text(code)} for {_words(primary)}")
