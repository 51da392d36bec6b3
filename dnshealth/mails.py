"""A mail to an operator about what changed: written, sent, and tried again until it is taken."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import override

from accounts.mail import send_mail
from audit.models import Entry
from audit.transaction import service
from dnshealth.mail_models import MailSetting, Notice
from dnshealth.states import Look, State, look
from dnshealth.switching import Why
from dnshealth.words import WORDS, title_of
from domains.keys import row_url
from mailkit.addresses import lowered
from worker.tasks import task

logger = logging.getLogger(__name__)

FOLDER = "dnshealth/mail"
# So many domains stand in a mail; the page has all.
SHOWN = 50
# While the mail server does not take it: after a minute, then twice as long each time.
FIRST_AGAIN = timedelta(minutes=1)
LONGEST_AGAIN = timedelta(hours=1)
GIVEN_UP_AFTER = timedelta(days=14)
# So long a mail is its worker's to send; whoever has not ended by then has died over it.
LEASE = timedelta(minutes=10)
# What DNS says comes first.
_ORDER = (Why.WORSE, Why.ON, Why.BETTER, Why.OFF)


@dataclass(frozen=True)
class ShownSwitch:
    """A finding or family that was switched; `by` "" where nobody is known."""

    title: Any
    by: str
    because: str


@dataclass(frozen=True)
class ShownChange:
    """A domain in the mail; `url` is "" where nobody has said what the panel's address is.

    `switched`: what somebody switched off or on again; `off`: so many are switched off now.
    """

    domain: str
    before: Look
    now: Look
    why: str
    findings: list[Any]
    switched: list[ShownSwitch]
    off: int
    url: str


@task()
def send_notice(notice_id: int) -> str:
    """Send this mail, unless it is sent; says what became of it, for the list of tasks."""
    notice = Notice.objects.select_related("user").filter(pk=notice_id, sent_at=None).first()
    if notice is None:
        return "nothing to send"
    setting = MailSetting.objects.filter(user=notice.user, wanted=True).first()
    # Much may have changed since it was written.
    changes = _visible(notice)
    if not _claim(notice):
        _after_the_lease(notice)
        return "another worker sends it"
    if setting is None or not changes:
        notice.delete()
        return "nobody wants it any more"
    if _send(notice, setting.address, changes):
        notice.sent_at = timezone.now()
        notice.save(update_fields=["sent_at"])
        return "sent"
    if notice.made_at < timezone.now() - GIVEN_UP_AFTER:
        logger.error("A mail about DNS could not be sent for days and is given up")
        return "given up"
    _again(notice)
    return "later"


def _claim(notice: Notice) -> bool:
    """Whether it is this worker's to send: of two only one changes the row."""
    now = timezone.now()
    free = Q(claimed_at=None) | Q(claimed_at__lt=now - LEASE)
    mine = Notice.objects.filter(free, pk=notice.pk, sent_at=None).update(claimed_at=now)
    return bool(mine)


@service
def _after_the_lease(notice: Notice) -> None:
    """Should the other one die over it, it is sent then; else there is nothing left to do."""
    send_notice.using(run_after=timezone.now() + LEASE).enqueue(notice.pk)


@service
def _again(notice: Notice) -> None:
    wait = min(FIRST_AGAIN * 2 ** min(notice.tries, 10), LONGEST_AGAIN)
    notice.tries += 1
    notice.claimed_at = None
    notice.save(update_fields=["tries", "claimed_at"])
    send_notice.using(run_after=timezone.now() + wait).enqueue(notice.pk)


def _visible(notice: Notice) -> list[dict[str, Any]]:
    user = notice.user
    if not user.is_active or not user.is_operator:
        return []
    actor = user.actor()
    mine = [one for one in notice.changes if actor.may_touch(one["domain"])]
    return mine if actor.touches_everything else [one for one in mine if not _is_former(one)]


def _is_former(change: dict[str, Any]) -> bool:
    """Whether the domain was another one when this was seen; the log may know it by its row."""
    names = {change["domain"], lowered(change["row_key"])}
    turns = (Entry.objects.turns_since(name, change.get("place", 0)) for name in names)
    return "place" in change and any(one.exists() for one in turns)


def _send(notice: Notice, address: str, changes: list[dict[str, Any]]) -> bool:
    host = settings.MAILADMIN.mail_hostname or "mailadmin.invalid"
    # The same at each try: where it was taken and the worker died, it can be told as the same.
    message_id = f"<dns-{notice.pk}-{notice.made_at:%Y%m%d%H%M%S%f}@{host}>"
    # Nobody has chosen a language where no browser asks.
    with override(settings.LANGUAGE_CODE):
        context = context_of(changes)
        return send_mail("changes", address, context, FOLDER, {"Message-ID": message_id})


def context_of(changes: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """What the templates of the mail show: the worst first."""
    base = settings.MAILADMIN.base_url
    ordered = sorted(changes, key=lambda one: (-State(one["now"]).rank, one["domain"]))
    by_why = {why: [one for one in ordered if _why(one) == why] for why in Why}
    listed = [one for why in _ORDER for one in by_why[why]][:SHOWN]
    return {
        "worse": len(by_why[Why.WORSE]),
        "better": len(by_why[Why.BETTER]),
        "switched": len(by_why[Why.OFF]) + len(by_why[Why.ON]),
        "changes": [_shown(one, base) for one in listed],
        "more": len(ordered) - len(listed),
        "page": f"{base}/dns/" if base else "",
        "settings_page": f"{base}/dns/mails/" if base else "",
    }


def _why(change: dict[str, Any]) -> str:
    # A mail that was written before this was told apart may still wait.
    worse = State(change["now"]).rank > State(change["before"]).rank
    return str(change.get("why", Why.WORSE if worse else Why.BETTER))


def _shown(change: dict[str, Any], base: str) -> ShownChange:
    path = row_url("show_dns", change["row_key"])
    return ShownChange(
        domain=change["domain"],
        before=look(change["before"]),
        now=look(change["now"]),
        why=_why(change),
        findings=[WORDS[code] for code in change["codes"] if code in WORDS],
        switched=[
            ShownSwitch(title_of(one["key"]), one["by"], one["because"])
            for one in change.get("switched", ())
        ],
        off=change.get("off", 0),
        url=f"{base}{path}" if base and path else "",
    )
