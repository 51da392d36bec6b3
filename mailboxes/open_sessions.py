"""Open sessions of mail programs after a password, lock or deletion: ended where that is set up.

Dovecot asks the database when somebody signs in and never again. With MAILADMIN_DOVEADM_URL the
worker has it end the sessions (`doveadm kick`) as soon as the change is in force; without it they
go on until they disconnect, and the pages say so.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.transaction import service
from mailkit.dovecot.kick import AT_ONCE, KickError, kick, mask_of_domain, mask_of_mailbox
from worker.giving_back import carry_on
from worker.tasks import task

logger = logging.getLogger(__name__)

# Seconds to wait until the next try while Dovecot does not answer; then it is given up.
WAITS = (10, 60, 600)
# So many masks are one task.
BATCH = 1000

_gathered: ContextVar[list[str] | None] = ContextVar("gathered", default=None)


def are_ended() -> bool:
    """Whether the panel can end sessions here."""
    return bool(settings.MAILADMIN.doveadm_url)


def what_becomes_of_them() -> str:
    """A sentence for pages and commands, after a change."""
    if are_ended():
        return _("Mail programs that are signed in are signed out within seconds.")
    return _(
        "A mail program that is signed in stays so until it reconnects (doveadm kick ends it)."
    )


def end_sessions_of(emails: Iterable[str]) -> None:
    """Call it within the transaction of the change: what is rolled back ends nobody's session."""
    _later([mask for mask in map(mask_of_mailbox, emails) if mask])


def end_sessions_in(domain: str) -> None:
    """The same for all mailboxes of a domain."""
    mask = mask_of_domain(domain)
    _later([mask] if mask else [])


@contextmanager
def ended_together() -> Iterator[None]:
    """Within the transaction of many changes: a task a batch, where each call would make its own.

    Nothing is enqueued when it is left by an exception. A service whose savepoint alone is rolled
    back has not called `end_sessions_of` yet: that is the last thing each does.
    """
    if _gathered.get() is not None:
        yield
        return
    masks: list[str] = []
    token = _gathered.set(masks)
    try:
        yield
    finally:
        _gathered.reset(token)
    _later(list(dict.fromkeys(masks)))


def _later(masks: list[str]) -> None:
    gathered = _gathered.get()
    if gathered is not None:
        gathered += masks
    elif are_ended():
        for start in range(0, len(masks), BATCH):
            kick_sessions.enqueue(masks[start : start + BATCH])


@task()
def kick_sessions(masks: list[str], tries: int = 0) -> str:
    """End these sessions; says what became of it, for the list of tasks."""
    config: Any = settings.MAILADMIN
    if not config.doveadm_url:
        return "not set up any more"
    for start in range(0, len(masks), AT_ONCE):
        carry_on()
        try:
            kick(masks[start : start + AT_ONCE], config.doveadm_url, config.doveadm_key)
        except KickError as error:
            if error.code != "unreachable" or tries >= len(WAITS):
                logger.error("Open sessions were not ended: %s (%s)", error.code, error.text)
                return "given up"
            _again(masks[start:], tries)
            return "later"
    return "done"


@service
def _again(masks: list[str], tries: int) -> None:
    due = timezone.now() + timedelta(seconds=WAITS[tries])
    kick_sessions.using(run_after=due).enqueue(masks, tries + 1)
