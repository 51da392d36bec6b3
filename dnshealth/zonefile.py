"""What mends the findings as a piece of a zone file, for those without dynamic updates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from audit.actor import Actor
from dnshealth.models import Health
from dnshealth.packing import unpack
from dnshealth.publishing import Chosen, choose
from dnshealth.querysets import in_pieces
from dnshealth.report import record_as_data
from dnshealth.words import words_of
from domains.models import Domain
from mailkit.dns.records import zone_line
from mailkit.dns.results import Check, Record, Status

PIECE = 100


@dataclass(frozen=True)
class Mending:
    """A domain's findings: those to mend now, and those that are a choice."""

    domain: str
    checked_at: datetime
    now: Chosen
    choices: tuple[Check, ...]


@dataclass
class Written:
    """The records that stand in the file already: the mail host's own are the same everywhere."""

    publish: set[Record] = field(default_factory=set)
    remove: set[Record] = field(default_factory=set)


def checks_of(health: Health) -> list[Check]:
    """The last results of a domain."""
    return [check for one in health.findings.all() for check in unpack(one.checks)]


def mendings(actor: Actor, rows: Iterable[Health]) -> Iterator[Mending]:
    """What mends each of these domains, which have been checked."""
    for row in rows:
        checks = checks_of(row)
        now = choose(actor, checks)
        codes = {one.code for one in checks if one.status == Status.FAIL}
        rest = choose(actor, checks, codes - {one.code for one in now.findings})
        if row.checked_at is not None:
            yield Mending(row.domain, row.checked_at, now, (*rest.findings, *rest.later))


def checked_domains(actor: Actor) -> Iterator[Health]:
    """The domains that the actor sees and that have been checked, by name, some at a time."""
    seen = Health.objects.visible_to(actor).filter(checked_at__isnull=False)
    for names in in_pieces(seen.order_by("pk").values_list("pk", flat=True)):
        for start in range(0, len(names), PIECE):
            rows = Health.objects.filter(pk__in=names[start : start + PIECE])
            found = list(rows.order_by("pk").prefetch_related("findings"))
            keys = Domain.objects.filter(pk__in=[row.row_key for row in found])
            there = set(keys.values_list("pk", flat=True))
            yield from (row for row in found if row.row_key in there)


def zone_file(found: Iterable[Mending]) -> Iterator[str]:
    """Lines of a zone file. Records to take out, and what is a choice, stand behind a `;`."""
    yield _comment(_("Records for the zone files of these domains, each with its whole name."))
    yield _comment(_("A line behind a “;” changes nothing: it says why, or what is a choice."))
    yield "$TTL 3600"
    written = Written()
    for one in found:
        yield ""
        words = _("%(domain)s, as checked at %(time)s UTC")
        time = f"{one.checked_at:%Y-%m-%d %H:%M}"
        yield _comment(words % {"domain": one.domain, "time": time})
        lines = list(_lines_of(one, written))
        yield from lines or [_comment(_("Nothing to publish."))]


def _lines_of(one: Mending, written: Written) -> Iterator[str]:
    for check in one.now.findings:
        yield from _of_check(check, written)
    for check in one.now.later:
        words = _("%(code)s wants the same record otherwise: check again after this.")
        yield _comment(words % {"code": check.code})
    choices = [line for check in one.choices for line in _of_check(check, written)]
    if choices:
        yield _comment(_("What could be better. Take the “;” away before what you want:"))
        yield from (line if line.startswith(";") else f";{line}" for line in choices)


def _of_check(check: Check, written: Written) -> Iterator[str]:
    remove = [record for record in check.remove if record not in written.remove]
    publish = [record for record in check.publish if record not in written.publish]
    written.remove.update(remove)
    written.publish.update(publish)
    if not (remove or publish):
        return
    words = words_of(check)
    yield _comment(f"{check.code}: {words.title}" if words else check.code)
    yield from (_comment(f"{_('take out:')} {_line(record)}") for record in remove)
    yield from (_line(record) for record in publish)


def _line(record: Record) -> str:
    # What was seen somewhere must not begin a line of its own.
    return " ".join(zone_line(record).split("\n"))


def _comment(text: Any) -> str:
    return "; " + " ".join(str(text).splitlines())


def mending_as_data(one: Mending) -> dict[str, Any]:
    """For JSON: `choices` are what is less than an error, each with its code."""
    return {
        "domain": one.domain,
        "checked_at": one.checked_at.isoformat(),
        "publish": [record_as_data(r) for check in one.now.findings for r in check.publish],
        "remove": [record_as_data(r) for check in one.now.findings for r in check.remove],
        "choices": [
            {
                "code": check.code,
                "publish": [record_as_data(record) for record in check.publish],
                "remove": [record_as_data(record) for record in check.remove],
            }
            for check in one.choices
        ],
    }
