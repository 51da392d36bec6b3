"""What changed since operators were last told, and the mails that tell them.

Told of is the worst that is known of a domain (`Health.verdict`): where a check could not tell,
that stays what it was, so a dead name server is no change. A domain's first verdict is not told.
A verdict that is another one because somebody switched a check off or on is told as that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice

from django.db.models import F
from django.utils import timezone

from audit.transaction import service
from dnshealth.domain_settings import NONE, DomainSettings, read_settings
from dnshealth.mails import send_notice
from dnshealth.models import Finding, Health, MailSetting, Notice
from dnshealth.packing import unpack
from dnshealth.states import State, of_check
from dnshealth.switching import Switched, Why, switched_off, switched_on, why
from domains.models import Domain
from mailkit.dns.results import Check, Status

NOTHING_KNOWN = (State.UNKNOWN, State.UNCHECKED)
# Of each domain the worst ones stand in the mail.
CODES = 3
# Asked for in one query.
CHUNK = 500


@dataclass(frozen=True)
class Change:
    """A domain (A-label) whose verdict changed, and `why`; `codes` of the worst that is wrong.

    `switched` is what was switched off, or on again, since: {"key", "by", "because"}. `off`: so
    many checks are switched off now. `place`: of the log, as in `Health`.
    """

    domain: str
    row_key: str
    before: str
    now: str
    codes: list[str]
    why: str
    switched: list[Switched]
    off: int
    place: int


@service
def announce(*, since: datetime) -> int:
    """Write the mails about domains that were checked since then; returns how many.

    They are sent by a worker. What is told of is told once: two runs that end at the same time
    wait for each other here.
    """
    rows = list(
        Health.objects.select_for_update()
        .filter(checked_at__gte=since)
        .exclude(verdict__in=NOTHING_KNOWN)
        .exclude(told=F("verdict"))
        .order_by("pk")
    )
    changed = [row for row in rows if row.told]
    failed = _failed(row.pk for row in changed)
    there = _rows_there(row.row_key for row in changed)
    own = read_settings(row.pk for row in changed)
    changes = [
        _change(row, failed.get(row.pk, []), own.get(row.pk, NONE))
        for row in changed
        if row.row_key in there
    ]
    notices = list(_notices(changes))
    for row in rows:
        row.told, row.told_off = row.verdict, sorted(row.off)
    Health.objects.bulk_update(rows, ["told", "told_off"], batch_size=CHUNK)
    for notice in notices:
        notice.save(force_insert=True)
        send_notice.enqueue(notice.pk)
    return len(notices)


def _change(row: Health, failed: list[Check], own: DomainSettings) -> Change:
    reason = why(row, failed)
    # Switched on again is told where that is what the verdict comes from.
    switched = switched_on(row, failed) if reason == Why.ON else switched_off(row, own)
    codes = list(dict.fromkeys(one.code for one in failed))[:CODES]
    return Change(
        row.pk,
        row.row_key,
        row.told,
        row.verdict,
        codes,
        str(reason),
        switched,
        len(row.off),
        row.place,
    )


def _notices(changes: list[Change]) -> Iterator[Notice]:
    if not changes:
        return
    now = timezone.now()
    for setting in MailSetting.objects.filter(wanted=True).select_related("user"):
        if not setting.user.is_active or not setting.user.is_operator:
            continue
        actor = setting.user.actor()
        own = [asdict(one) for one in changes if actor.may_touch(one.domain)]
        if own:
            yield Notice(user=setting.user, changes=own, made_at=now)


def _failed(domains: Iterable[str]) -> dict[str, list[Check]]:
    """By domain what is wrong, the worst first."""
    failed: dict[str, list[Check]] = {}
    for chunk in _chunks(domains):
        for finding in Finding.objects.filter(health__in=chunk, rank__gte=State.NOTICE.rank):
            checks = unpack(finding.checks) + unpack(finding.known_checks or [])
            found = failed.setdefault(finding.health_id, [])
            found += [one for one in checks if one.status == Status.FAIL]
    return {
        domain: sorted(checks, key=lambda one: -of_check(one).rank)
        for domain, checks in failed.items()
    }


def _rows_there(keys: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for chunk in _chunks(keys):
        found |= set(Domain.objects.filter(pk__in=chunk).values_list("pk", flat=True))
    return found


def _chunks(names: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(names)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk
