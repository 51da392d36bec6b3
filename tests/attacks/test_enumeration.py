"""Nobody learns which names exist: same words, status, headers, cookies and work for every name."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field

import pytest
from django.core import mail
from django.test import Client

from accounts import backends, signing_in
from accounts.models import Recovery, User
from accounts.owners import owner_of
from domains.models import Domain
from mailboxes.models import Mailbox
from mailboxes.services.mailboxes import create_mailbox, delete_mailbox, suspend_mailbox
from mailkit.passwords import Result, Scheme, hash_password
from tests.conftest import PASSWORD

# One for each kind of name that somebody may type -> what he may type as its password.
WRONG = "not the password"
STORED = {
    "des@a.test": "rl.3StKT.4T8M",
    "md5@a.test": "$1$abcdefgh$WB3OTU.VcnGyfpkRIgv6Y1",
    "sha512@a.test": hash_password(PASSWORD, Scheme.SHA512_CRYPT, 5000),
    "bcrypt@a.test": hash_password(PASSWORD, Scheme.BLF_CRYPT, 8),
    "plain@a.test": "{PLAIN}x",
    "empty@a.test": "",
    "broken@a.test": "{SHA512-CRYPT}$6$",
    "unknownscheme@a.test": "{SCRAM-SHA-256}4096,x,y,z",
    # Each would take minutes, or more memory than there is.
    "rounds@a.test": "$6$rounds=999999999$abcdefgh$" + "x" * 86,
    "cost@a.test": "{BLF-CRYPT}$2y$31$" + "x" * 53,
    "memory@a.test": "{ARGON2ID}$argon2id$v=19$m=4194304,t=99,p=1$" + "x" * 22 + "$" + "x" * 43,
    "lanes@a.test": "{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=9999$" + "x" * 22 + "$" + "x" * 43,
    "pbkdf2@a.test": "{PBKDF2}$1$salt$2000000000$" + "a" * 40,
}
NAMES = [
    "alice",
    "disabled",
    "nobody",
    "nobody@a.test",
    "nobody@nowhere.test",
    "no address@",
    "@a.test",
    "anna@a.test",
    "deleted@a.test",
    "suspended@a.test",
    "factor@a.test",
    *STORED,
]


@pytest.fixture
def people(superadmin, root) -> None:
    Domain.objects.create(domain="a.test")
    disabled = User(username="disabled", is_active=False)
    disabled.set_password(PASSWORD)
    disabled.save()
    for name in ("anna", "deleted", "suspended", "factor"):
        owner_of(create_mailbox(actor=root, email=f"{name}@a.test", password=PASSWORD))
    suspend_mailbox(actor=root, email="suspended@a.test")
    delete_mailbox(actor=root, email="deleted@a.test")
    for email, stored in STORED.items():
        Mailbox.objects.create(email=email, password=stored)


def seen(response, typed: str) -> tuple[object, ...]:
    """All that a stranger sees of an answer, but for what he typed himself and the token."""
    html = response.content.decode()
    html = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", html).replace(typed, "NAME")
    left_out = ("Content-Length", "Expires")
    headers = {name: response[name] for name in response.headers if name not in left_out}
    cookies = {
        c.key: {k: v for k, v in c.items() if k != "expires"} for c in response.cookies.values()
    }
    return response.status_code, headers, cookies, html


def test_every_refusal_looks_the_same(people):
    first = None
    for name in NAMES:
        answer = Client().post("/login/", {"username": name, "password": WRONG})
        found = seen(answer, name)
        first = first or found
        assert found == first, name


@pytest.mark.parametrize("name", ["disabled", "suspended@a.test", "deleted@a.test", "empty@a.test"])
def test_the_right_password_of_who_may_not_sign_in_looks_like_a_wrong_one(people, name):
    right = Client().post("/login/", {"username": name, "password": PASSWORD})
    wrong = Client().post("/login/", {"username": "nobody", "password": WRONG})
    assert seen(right, name) == seen(wrong, "nobody")


@pytest.mark.parametrize("name", ["alice", "nobody", "anna@a.test", "nobody@a.test", "des@a.test"])
def test_the_lock_out_looks_the_same(people, name):
    client = Client()
    for _ in range(5):
        client.post("/login/", {"username": name, "password": WRONG})
    locked = client.post("/login/", {"username": name, "password": WRONG}).content.decode()
    assert "Too many attempts have failed. Try again in 2 seconds" in locked


def test_every_request_for_a_link_is_answered_alike(people):
    Recovery.objects.create(user=User.objects.get(username="anna@a.test"), address="x@far.test")
    first = None
    for number, name in enumerate(name for name in NAMES if "@" in name):
        client = Client(REMOTE_ADDR=f"192.0.2.{number}")
        answer = client.post("/recover/", {"address": name})
        found = seen(answer, name)
        first = first or found
        assert found == first, name
        assert (answer.status_code, answer["Location"]) == (302, "/recover/sent/"), name
    assert len(mail.outbox) <= 1


@pytest.mark.parametrize("name", NAMES)
def test_the_challenge_for_a_passkey_names_nobody(people, name):
    data = {"username": name}
    answer = Client(HTTP_HOST="localhost").post("/login/passkey/options/", data)
    assert answer.status_code == 200
    assert "allowCredentials" not in answer.content.decode()


# --- the clock ---


@dataclass
class Clock:
    """Stands still but for what is added; sleeping adds."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.now

    def thread_time(self) -> float:
        return self.now

    def time(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(signing_in, "time", clock)
    monkeypatch.setattr(signing_in, "SHORTEST_REFUSAL", 0.3)
    monkeypatch.setattr(signing_in, "LONGEST_REFUSAL", 3.0)
    monkeypatch.setattr(signing_in.Look, "dear", ())
    return clock


def takes(clock: Clock, monkeypatch, seconds: dict[str, float]) -> None:
    """Let the hash of each of these mailboxes take so long, and unknown names no time."""

    def verify(password: str, stored: str) -> Result:
        clock.now += seconds.get(Mailbox.objects.get(password=stored).email, 0.0)
        return Result.WRONG

    monkeypatch.setattr(backends, "verify", verify)
    monkeypatch.setattr(backends, "verify_dummy", lambda *_: None)


def refusal(clock: Clock, name: str) -> float:
    began = clock.now
    Client().post("/login/", {"username": name, "password": WRONG})
    return round(clock.now - began, 6)


def test_each_refusal_takes_as_long_as_the_shortest(people, clock, monkeypatch):
    takes(clock, monkeypatch, {"des@a.test": 0.001, "md5@a.test": 0.01, "sha512@a.test": 0.14})
    assert {refusal(clock, name) for name in NAMES} == {0.3}


def test_once_a_dear_hash_was_met_each_takes_as_long_as_that(people, clock, monkeypatch):
    takes(clock, monkeypatch, {"bcrypt@a.test": 0.8, "sha512@a.test": 0.2})
    assert refusal(clock, "nobody@a.test") == 0.3
    assert refusal(clock, "bcrypt@a.test") == 1.6
    for name in ("nobody@a.test", "nobody", "alice", "sha512@a.test", "bcrypt@a.test"):
        assert refusal(clock, name) == 1.6, name


def test_a_dear_hash_is_forgotten_after_a_while(people, clock, monkeypatch):
    takes(clock, monkeypatch, {"bcrypt@a.test": 0.8, "sha512@a.test": 0.5, "md5@a.test": 0.1})
    refusal(clock, "bcrypt@a.test")
    clock.now += signing_in.DEAR_SECONDS / 2
    refusal(clock, "sha512@a.test")
    for name in ("nobody", "nobody@a.test", "alice", "md5@a.test", "sha512@a.test"):
        assert refusal(clock, name) == 1.6, name
    # Now the second dearest counts, for everybody again, and then none.
    clock.now += signing_in.DEAR_SECONDS / 2
    for name in ("md5@a.test", "nobody", "alice", "nobody@a.test"):
        assert refusal(clock, name) == 1.0, name
    clock.now += signing_in.DEAR_SECONDS
    for name in ("nobody", "md5@a.test", "alice", "nobody@a.test"):
        assert refusal(clock, name) == 0.3, name


def test_what_is_remembered_of_refusals_does_not_grow(people, clock, monkeypatch):
    for cost in (0.9, 0.2, 0.5, 0.5, 0.1, 0.3, 0.3, 0.1, 0.0, 0.1) * 5:
        takes(clock, monkeypatch, {"bcrypt@a.test": cost})
        look = signing_in.Look()
        clock.now += cost
        look.looked()
        look.even_out()
    assert [seconds for _when, seconds in signing_in.Look.dear] == [0.9, 0.5, 0.3, 0.1]


def test_a_dear_hash_that_signs_in_slows_nobody(people, clock, monkeypatch):
    def verify(password: str, stored: str) -> Result:
        clock.now += 0.8
        return Result.CORRECT

    monkeypatch.setattr(backends, "verify", verify)
    monkeypatch.setattr(backends, "verify_dummy", lambda *_: None)
    answer = Client().post("/login/", {"username": "anna@a.test", "password": PASSWORD})
    assert answer.status_code == 302
    assert refusal(clock, "nobody@a.test") == 0.3


def test_but_a_busy_machine_makes_nobody_wait_for_ever(people, clock, monkeypatch):
    takes(clock, monkeypatch, {"bcrypt@a.test": 60})
    refusal(clock, "bcrypt@a.test")
    assert refusal(clock, "nobody") == signing_in.LONGEST_REFUSAL


def test_a_right_password_is_not_slowed(people, clock):
    assert Client().post("/login/", {"username": "alice", "password": PASSWORD}).status_code == 302
    assert clock.slept == []


@pytest.mark.parametrize("email", ["rounds", "cost", "memory", "lanes", "pbkdf2", "broken"])
def test_a_hash_too_dear_is_not_computed(people, email):
    began = time.thread_time()
    Client().post("/login/", {"username": f"{email}@a.test", "password": WRONG})
    assert time.thread_time() - began < 1


@pytest.mark.parametrize("stored", STORED.values(), ids=STORED.keys())
@pytest.mark.parametrize("length", [4_000, 500_000])
def test_a_long_password_costs_no_more(people, stored, length):
    """md5-crypt goes a thousand times over all of it."""
    Mailbox.objects.filter(pk="anna@a.test").update(password=stored)
    began = time.thread_time()
    Client().post("/login/", {"username": "anna@a.test", "password": "é" * length})
    assert time.thread_time() - began < 1
