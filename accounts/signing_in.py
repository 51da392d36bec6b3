"""The way in: one step or two, and what a session knows of it.

Between the two steps nobody is signed in: the session only says whose password was right, and that
for ten minutes and while the password stays the same.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any, ClassVar, Final

from django.conf import settings
from django.contrib.auth import load_backend, login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.crypto import constant_time_compare

from accounts import auth_log, throttle
from accounts.forms import ProofForm, slow_down
from accounts.models import Kind, User
from accounts.second_factor.checking import Method
from accounts.sessions import BROWSER, NETWORK, prune_sessions
from accounts.throttle import Attempt
from accounts.user_agents import browser_of
from audit.access import actor_of
from audit.forms import ServiceForm
from audit.log import record_sign_in
from audit.recent import note_sign_in

BACKENDS: Final = {
    Kind.OPERATOR.value: "accounts.backends.OperatorBackend",
    Kind.MAILBOX_OWNER.value: "accounts.backends.MailboxOwnerBackend",
}
HALF_WAY = "second_step"
HALF_WAY_SECONDS = 10 * 60
# In the session: how somebody proved who he is.
METHOD = "signed_in_by"

# One attempt in so many deletes what has ended or is forgotten.
PRUNED_EVERY = 50

# Seconds. A refused password takes at least so long: what a hash takes depends on its scheme, so
# without this the clock would tell a mailbox with an old hash from none.
SHORTEST_REFUSAL = 0.3
# And twice as long as the dearest that this process has refused of late, or a mailbox with a dear
# hash would stand out: twice, since on a busy machine it takes longer than it works. Not more than
# this; the dearest works for some 2 seconds (`mailkit.passwords.verify.HIGHEST_COSTS`).
LONGEST_REFUSAL = 3.0
# So long is "of late": each refusal holds a thread of the server, so one dear hash must not make
# all of them slow for ever.
DEAR_SECONDS = 15 * 60


def finish(request: HttpRequest, user: User, attempt: Attempt, next_page: str) -> HttpResponse:
    """Sign in, and go on to `next_page`."""
    request.session.pop(HALF_WAY, None)
    begin_session(request, user, attempt.method)
    record_sign_in(actor=user.actor(attempt.address), method=attempt.method.value)
    response = HttpResponseRedirect(next_page)
    device = throttle.succeeded(attempt, user)
    throttle.remember(response, device, secure=settings.SESSION_COOKIE_SECURE)
    return response


def begin_session(request: HttpRequest, user: User, method: Method) -> None:
    """Who has just proved who he is by `method` is signed in, with what the list of sessions shows.

    Makes another session key: one that was planted before opens nothing.
    """
    login(request, user, BACKENDS[user.kind])
    request.session[METHOD] = method.value
    request.session[NETWORK] = request.META.get("REMOTE_ADDR", "") or ""
    request.session[BROWSER] = browser_of(request.META.get("HTTP_USER_AGENT", ""))
    note_sign_in(request)


def stop_half_way(request: HttpRequest, user: User) -> None:
    """The password is right; the second step is still to come."""
    request.session.cycle_key()
    request.session[HALF_WAY] = {
        "user": user.pk,
        "kind": user.kind,
        "hash": user.get_session_auth_hash(),
        "at": time.time(),
    }


def half_way(request: HttpRequest) -> User | None:
    """Whose second step this session waits for; None if for nobody's (any more)."""
    kept = request.session.get(HALF_WAY)
    if not kept or not 0 <= time.time() - kept["at"] <= HALF_WAY_SECONDS:
        return None
    user = who_may_sign_in(kept["user"], kept["kind"])
    if user is None:
        return None
    return user if constant_time_compare(user.get_session_auth_hash(), kept["hash"]) else None


def stop_waiting(request: HttpRequest) -> bool:
    """Forget half a sign-in; whether there was one."""
    return request.session.pop(HALF_WAY, None) is not None


def who_may_sign_in(pk: int, kind: str) -> User | None:
    """This person, unless he is disabled or suspended, or his mailbox is gone or another's."""
    user = load_backend(BACKENDS[kind]).get_user(pk)
    return user if isinstance(user, User) else None


def may_try(form: ProofForm, attempt: Attempt) -> bool:
    """Whether this attempt is looked at; else the form says when to try again."""
    if secrets.randbelow(PRUNED_EVERY) == 0:
        throttle.prune()
        prune_sessions()
    seconds = throttle.begin(attempt)
    if seconds:
        auth_log.refused(attempt, auth_log.LOCKED_OUT)
        form.slow_down(seconds)
    return not seconds


def refuse(form: ProofForm, attempt: Attempt, detail: str = "") -> None:
    """What he came with is wrong: counted, logged, and said by the form. `detail`: for the log."""
    throttle.failed(attempt)
    auth_log.refused(attempt, auth_log.MISMATCH, detail)
    form.refuse()


def carry_out_with_password(
    request: HttpRequest, form: ServiceForm, field: str, service: Callable[[], Any]
) -> bool:
    """`form.carry_out` of a service that asks for the present password; guessing is slowed down.

    Whoever has found an open session, or stolen one, would otherwise guess here. The service
    refuses a wrong password at `field`, with a code of the same name.
    """
    attempt = throttle.attempt_of(request, actor_of(request).name, Method.PASSWORD)
    seconds = throttle.begin(attempt)
    if seconds:
        auth_log.refused(attempt, auth_log.LOCKED_OUT)
        slow_down(form, field, seconds)
        return False
    done = form.carry_out(service)
    if form.has_error(field, field):
        throttle.failed(attempt)
        auth_log.refused(attempt, auth_log.MISMATCH)
    elif done:
        throttle.forget(attempt)
    else:
        # The password was right, or was not looked at.
        throttle.passed(attempt)
    return done


class Look:
    """A look at a password, which takes as long as any other if it is refused."""

    # (when, seconds of work) of what this process has refused of late, the dearest first: each one
    # counts once all dearer ones are forgotten.
    dear: ClassVar[tuple[tuple[float, float], ...]] = ()

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.worked = -time.thread_time()

    def looked(self) -> None:
        """The password was compared. Measured on the processor: a busy machine slows nobody."""
        self.worked += time.thread_time()

    def even_out(self) -> None:
        """It is refused: wait for what is left of the time that each refusal takes."""
        whole = max(SHORTEST_REFUSAL, min(2 * self._dearest(), LONGEST_REFUSAL))
        time.sleep(max(0.0, whole - (time.monotonic() - self.began)))

    def _dearest(self) -> float:
        """Seconds of the dearest refusal of late, this one included."""
        # Rounded, so that a hash which takes a little less each time makes no long list.
        now, worked = time.monotonic(), round(self.worked, 2)
        dearer = [
            (when, seconds)
            for when, seconds in Look.dear
            if seconds > worked and now - when < DEAR_SECONDS
        ]
        Look.dear = (*dearer, (now, worked))
        return Look.dear[0][1]
