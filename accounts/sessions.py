"""Sessions in the database that know whose they are, and when they end.

`SESSION_ENGINE` names this module. A session of somebody signed in ends MAILADMIN_SESSION_HOURS
after the sign-in, and before that once it was not used for MAILADMIN_IDLE_MINUTES. Every session
of a person can be listed and ended, and goes with the person's row.
"""

from __future__ import annotations

import datetime
import hashlib
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends import db
from django.db import DatabaseError, transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.models import User
from accounts.sign_in_models import Session

# In the session's data.
BEGAN = "began_at"
NETWORK = "network"
BROWSER = "browser"

# Of a visitor who is not signed in: half a sign-in, a challenge, a message.
VISITOR_SECONDS = 30 * 60
# The use of a session is noted this often, not at every request.
NOTED_EVERY = datetime.timedelta(minutes=1)


class SessionStore(db.SessionStore):
    """Django's sessions in the table `mailadmin_session`."""

    seen_at: datetime.datetime | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """The table."""
        return Session

    def load(self) -> dict[str, Any]:
        """The data of the session; none if it has ended."""
        row = self._get_session_from_db()  # type: ignore[attr-defined]
        self.seen_at = row.seen_at if row else None
        return self.decode(row.session_data) if row else {}

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """The row to be saved."""
        if SESSION_KEY in data:
            data.setdefault(BEGAN, time.time())
        row: Session = super().create_model_instance(data)  # type: ignore[assignment]
        row.user_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        row.seen_at = timezone.now()
        return row

    def get_expiry_age(self, **_: Any) -> int:
        """Seconds until it ends however much it is used: what the cookie is told."""
        return max(int(self._ends_at() - time.time()), 0)

    def get_expiry_date(self, **_: Any) -> datetime.datetime:
        """When it ends unless it is used again: what the row is told."""
        ends = self._ends_at()
        if SESSION_KEY in self:
            ends = min(ends, time.time() + settings.MAILADMIN.idle_minutes * 60)
        return datetime.datetime.fromtimestamp(ends, tz=datetime.UTC)

    def note_use(self) -> None:
        """Put off the end by idling. The data stay: a request beside this one may change them."""
        now = timezone.now()
        if self.seen_at is None or now - self.seen_at < NOTED_EVERY:
            return
        self.seen_at = now
        row = Session.objects.filter(pk=self.session_key)
        # A database that is read-only for now still shows its pages.
        with suppress(DatabaseError), transaction.atomic():
            row.update(seen_at=now, expire_date=self.get_expiry_date())

    def _ends_at(self) -> float:
        if SESSION_KEY not in self:
            return time.time() + VISITOR_SECONDS
        began = float(self.get(BEGAN, time.time()))
        return began + settings.MAILADMIN.session_hours * 60 * 60


@dataclass(frozen=True)
class Shown:
    """A session as its owner sees it. `id` names it on the page and is no secret."""

    id: str
    browser: str
    network: str
    began_at: datetime.datetime
    seen_at: datetime.datetime
    is_this: bool


def sessions_of(user: User, present_key: str) -> list[Shown]:
    """The sessions that this person is signed in with: this one, then the last used first."""
    rows = Session.objects.filter(user=user, expire_date__gt=timezone.now()).order_by("-seen_at")
    known = user.get_session_auth_hash()
    found = []
    for row in rows:
        data = row.get_decoded()
        # Those from before a change of the password are dead already.
        if constant_time_compare(str(data.get(HASH_SESSION_KEY, "")), known):
            found.append(_shown(row, data, present_key))
    return sorted(found, key=lambda one: not one.is_this)


def _shown(row: Session, data: dict[str, Any], present_key: str) -> Shown:
    began = datetime.datetime.fromtimestamp(float(data.get(BEGAN, 0)), tz=datetime.UTC)
    return Shown(
        id=_public(row.session_key),
        browser=str(data.get(BROWSER, "")),
        network=str(data.get(NETWORK, "")),
        began_at=began,
        seen_at=row.seen_at,
        is_this=row.session_key == present_key,
    )


def _public(session_key: str) -> str:
    return hashlib.sha256(session_key.encode()).hexdigest()[:16]


def end_sessions(user: User, *, keep: str = "") -> int:
    """End this person's sessions, but for the one with the key `keep`; gives how many."""
    ended, _by_model = Session.objects.filter(user=user).exclude(pk=keep).delete()
    return ended


def end_session(user: User, shown_id: str) -> bool:
    """End the one session of this person that `Shown.id` names; False: there is none (any more)."""
    for key in Session.objects.filter(user=user).values_list("pk", flat=True):
        if constant_time_compare(_public(key), shown_id):
            Session.objects.filter(pk=key).delete()
            return True
    return False


def prune_sessions() -> None:
    """Delete what has ended by itself."""
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
