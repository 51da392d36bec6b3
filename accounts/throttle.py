"""Slows down whoever guesses: passwords, codes, recovery codes and passkeys alike.

What is counted, each with a wait that doubles and an end:

- a name from a network (an IPv4 address, an IPv6 /64): so failures elsewhere do not slow the owner;
- instead of that, a name from a browser that has signed in as this name before, by its cookie: so
  a stranger behind the same network does not slow the owner either, and nothing below counts;
- a network, whatever the name: somebody who tries one password on many names;
- a name from anywhere, with a high threshold and a short wait: somebody with many networks. Not
  for networks from which this name has signed in;
- the numbers of an authenticator app: for a name from a browser or network from which it has signed
  in, and for a name from everywhere else together. Only who has typed the right password gets that
  far. The wait bounds the guesses; it cannot keep the owner out of the places he is known in.

Counters are in the database, which all processes and machines share. A name that nobody has counts
like any other. See docs/sign-in.md.
"""

from __future__ import annotations

import math
import secrets
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.link_requests import network_of
from accounts.models import User
from accounts.owners import is_surely_the_same
from accounts.second_factor.checking import Method
from accounts.sign_in_models import KnownPlace, SignInFailures
from audit.transaction import service


@dataclass(frozen=True)
class Rule:
    """After `free` failures the next attempt waits for `first`, then twice that, up to `most`.

    All is forgotten once nothing failed for `memory`.
    """

    free: int
    first: timedelta
    most: timedelta
    memory: timedelta

    def wait(self, failures: int) -> timedelta:
        """How long the next attempt waits after so many failures."""
        over = failures - self.free
        if over < 0:
            return timedelta()
        # Twice 20 times is past any `most`.
        return min(self.first * (1 << min(over, 20)), self.most)


OWN = Rule(5, timedelta(seconds=2), timedelta(minutes=15), timedelta(hours=1))
NETWORK = Rule(50, timedelta(seconds=2), timedelta(minutes=10), timedelta(hours=1))
NAME = Rule(60, timedelta(seconds=10), timedelta(minutes=3), timedelta(hours=1))
NUMBERS = Rule(10, timedelta(minutes=1), timedelta(minutes=15), timedelta(days=1))

COOKIE = "mailadmin_device"
# The pages that ask for the present password are under /account/ and /password/.
COOKIE_PATH = "/"
DEVICE_DAYS = 90
NETWORK_DAYS = 30
# Characters; no name is longer (RFC 5321, section 4.5.3.1), so longer ones are told apart by these.
NAME_LENGTH = 320


@dataclass(frozen=True)
class Attempt:
    """Somebody at the door: the name he gives ("" if none), where he is, what he comes with.

    `typed`: the name as it was typed, `name` as it is counted. `device`: his browser's cookie.
    `known_device`, `known_network`: this name has signed in from there before.
    """

    typed: str
    name: str
    address: str
    network: str
    method: Method
    device: str = field(default="", repr=False)
    known_device: bool = False
    known_network: bool = False

    def strict(self) -> dict[str, Rule]:
        """Counters that are raised before anybody looks at the password."""
        if self.known_device:
            found = {_digest("own device", self.name, self.device): OWN}
        else:
            found = {_digest("own", self.name, self.network): OWN}
        if self.method is Method.TOTP:
            found[self._numbers()] = NUMBERS
        return found

    def _numbers(self) -> str:
        if self.known_device:
            return _digest("numbers device", self.name, self.device)
        if self.known_network:
            return _digest("numbers network", self.name, self.network)
        return _digest("numbers", self.name)

    def loose(self) -> dict[str, Rule]:
        """Counters of many attempts, raised by failures only."""
        if self.known_device:
            return {}
        found = {_digest("network", self.network): NETWORK}
        if self.name and not self.known_network:
            found[_digest("name", self.name)] = NAME
        return found


def attempt_of(request: HttpRequest, name: str, method: Method) -> Attempt:
    """The attempt that this request makes with a name as it was typed."""
    # What a collation may take for the same name is counted as one. Cut first: one character may
    # become 18 by NFKC, and a name may be as long as a request.
    cut = name.strip()[:NAME_LENGTH]
    folded = unicodedata.normalize("NFKC", cut).strip().casefold()
    address = request.META.get("REMOTE_ADDR", "") or ""
    network = network_of(address)
    device = request.COOKIES.get(COOKIE, "")[:64]
    return Attempt(
        typed=name,
        name=folded,
        address=address,
        network=network,
        method=method,
        device=device,
        known_device=bool(device and folded) and _is_known("device", folded, device),
        known_network=bool(folded) and _is_known("network", folded, network),
    )


@service
def begin(attempt: Attempt) -> int:
    """Seconds to wait; 0: go on, and say afterwards how it went.

    The attempt counts as failed until then, so that of many at once only a few get through. One
    that has to wait is not counted: waiting ends, also while somebody goes on trying.
    """
    strict = attempt.strict()
    # Before a row is made: whoever has to wait, and tries one name after the other, fills no table.
    seconds = _seconds_left(attempt)
    if seconds:
        return seconds
    rows = _locked(strict)
    # Once more: of many at once the others have counted while this one waited for the lock.
    seconds = _seconds_left(attempt)
    if seconds:
        return seconds
    now = timezone.now()
    for key, rule in strict.items():
        _raise(rows[key], rule, now)
    return 0


def _seconds_left(attempt: Attempt) -> int:
    now = timezone.now()
    waiting = SignInFailures.objects.filter(
        key__in=[*attempt.strict(), *attempt.loose()], waits_until__gt=now
    ).order_by("-waits_until")
    longest = waiting.values_list("waits_until", flat=True).first()
    return 0 if longest is None else max(1, math.ceil((longest - now).total_seconds()))


@service
def failed(attempt: Attempt) -> None:
    """The password or code was wrong."""
    now = timezone.now()
    loose = attempt.loose()
    rows = _locked(loose)
    for key, rule in loose.items():
        _raise(rows[key], rule, now)


@service
def passed(attempt: Attempt) -> None:
    """The password was right, and the second step is still to come: what was counted is undone."""
    for row in _locked(attempt.strict()).values():
        row.failures = max(row.failures - 1, 0)
        row.waits_until = None
        row.save()


@service
def succeeded(attempt: Attempt, user: User) -> str:
    """Signed in: former failures are forgotten, the place is known. Gives the browser's cookie.

    What is known goes with `user`: whoever gets the address next is known nowhere.
    """
    forget(attempt)
    # Several people may use one browser. A cookie that we did not make is not taken.
    ours = bool(attempt.device) and _is_known("device", "", attempt.device)
    device = attempt.device if ours else secrets.token_urlsafe(24)
    _know("device", "", device, DEVICE_DAYS, None)
    _know("device", attempt.name, device, DEVICE_DAYS, user)
    _know("network", attempt.name, attempt.network, NETWORK_DAYS, user)
    return device


@service
def forget(attempt: Attempt) -> None:
    """The password or code was right, of somebody who is signed in already."""
    SignInFailures.objects.filter(key__in=attempt.strict()).delete()


def forget_places(user: User) -> None:
    """Somebody who signed in as this person before is known nowhere any more."""
    KnownPlace.objects.filter(user=user).delete()


def remember(response: HttpResponse, device: str, *, secure: bool) -> None:
    """Give the browser its cookie, which opens nothing: it only spares the owner the waiting."""
    response.set_cookie(
        COOKIE,
        device,
        max_age=DEVICE_DAYS * 24 * 60 * 60,
        path=COOKIE_PATH,
        secure=secure,
        httponly=True,
        samesite="Lax",
    )


@service
def prune() -> None:
    """Delete what is forgotten."""
    now = timezone.now()
    SignInFailures.objects.filter(expires_at__lt=now).delete()
    KnownPlace.objects.filter(expires_at__lt=now).delete()


def _locked(rules: dict[str, Rule]) -> dict[str, SignInFailures]:
    """The rows of these counters, locked in the order of their keys; made where there is none."""
    now = timezone.now()
    found = {}
    for key, rule in sorted(rules.items()):
        # A sign-in beside this one may have deleted the row meanwhile.
        row, _made = SignInFailures.objects.select_for_update().get_or_create(
            key=key, defaults={"expires_at": now + rule.memory}
        )
        found[key] = row
    for row in found.values():
        if row.expires_at <= now:
            row.failures, row.waits_until = 0, None
    return found


def _raise(row: SignInFailures, rule: Rule, now: datetime) -> None:
    row.failures += 1
    wait = rule.wait(row.failures)
    row.waits_until = now + wait if wait else None
    row.expires_at = now + max(rule.memory, wait)
    row.save()


def _is_known(kind: str, name: str, place: str) -> bool:
    # One question for every name; more only for who comes from where somebody has signed in.
    key = _digest(f"known {kind}", name, place)
    places = KnownPlace.objects.filter(key=key, expires_at__gt=timezone.now())
    found = places.select_related("user").first()
    if found is None or not name:
        return found is not None
    return found.user is not None and is_surely_the_same(found.user)


def _know(kind: str, name: str, place: str, days: int, user: User | None) -> None:
    KnownPlace.objects.update_or_create(
        key=_digest(f"known {kind}", name, place),
        defaults={"expires_at": timezone.now() + timedelta(days=days), "user": user},
    )


def _digest(kind: str, *parts: str) -> str:
    text = "\0".join(parts)
    return salted_hmac(f"accounts.throttle.{kind}", text, algorithm="sha256").hexdigest()
