"""Is a key's record in DNS, as our resolvers see it: there, not there, another one, not known."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _

from dnshealth.dkim.models import DkimKey
from dnshealth.host import new_lookups
from mailkit.dns.answers import Answer
from mailkit.dns.dkim_record import key_record, read_der, read_record
from mailkit.dns.results import Record


class Seen(StrEnum):
    """What DNS says."""

    THERE = "there"
    ABSENT = "absent"
    OTHER = "other"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Look:
    """What DNS says of a key, and in words."""

    seen: Seen
    words: str


def record_of(key: DkimKey) -> Record | None:
    """The record to publish; None for a key whose public half is not known."""
    return key_record(key.domain, key.signer_key) if key.spki else None


def look_for(key: DkimKey) -> Look:
    """Ask once, now. Nothing is remembered from one look to the next."""
    name = f"{key}."
    if not key.spki:
        words = _("The public half of %(name)s is not known: nothing can be compared with it.")
        return Look(Seen.UNKNOWN, words % {"name": name})
    answer = asyncio.run(new_lookups().ask(name, "TXT"))
    if not answer.known:
        words = _("%(name)s could not be looked up: %(reason)s.")
        reason = answer.reason or answer.outcome.value
        return Look(Seen.UNKNOWN, words % {"name": name, "reason": reason})
    if not answer.joined:
        words = _("%(name)s has no TXT record yet.")
        return Look(Seen.ABSENT, words % {"name": name})
    problem = _problem(key, answer)
    if problem:
        words = _("What stands at %(name)s is not this key: %(why)s.")
        return Look(Seen.OTHER, words % {"name": name, "why": problem})
    return Look(Seen.THERE, _("The record is there."))


def _problem(key: DkimKey, answer: Answer) -> str:
    if len(answer.joined) > 1:
        return _("there are several records, and receivers may take any of them")
    found = read_record(answer.joined[0])
    if found.fault:
        return f"{found.detail} ({found.fault})"
    if found.key != read_der(key.signer_key.spki):
        return _("it is another key")
    if found.testing:
        return _("it says t=y, “only testing”")
    return ""
