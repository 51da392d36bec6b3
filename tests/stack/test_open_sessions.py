"""Open IMAP sessions end after a new password, a lock or a deletion: with the real Dovecot."""

from __future__ import annotations

import imaplib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from django.db import transaction
from django_tasks_db.models import DBTaskResult

from audit.actions import one_action
from audit.actor import command_actor
from audit.models import Entry
from domains.models import Domain
from mailboxes import open_sessions
from mailboxes.models import Mailbox
from mailboxes.open_sessions import WAITS, ended_together, kick_sessions, what_becomes_of_them
from mailboxes.services.domains import delete_domain
from mailboxes.services.mailboxes import (
    create_mailbox,
    delete_mailbox,
    resume_mailbox,
    set_mailbox_password,
    suspend_mailbox,
)
from mailkit import tables
from mailkit.dovecot.kick import AT_ONCE, KickError, kick, mask_of_domain, mask_of_mailbox
from tests.servers.databases import SQLiteServer
from tests.servers.mailconfig import API_KEY
from tests.servers.mailstack import MailStack
from tests.servers.processes import ServerError, free_port, wait_until
from undo.services import undo
from worker.loop import Loop

ALICE = command_actor("alice")
SECRET = "correct horse 42 battery"
NAMES = ("anna@a.test", "bert@a.test", "carl@b.test")


@pytest.fixture(scope="module", params=["2.3", "2.4"])
def stack(request: pytest.FixtureRequest, sqlite_server: SQLiteServer) -> Iterator[MailStack]:
    database = sqlite_server.create_database()
    connection = database.connect()
    tables.create(connection, database.dialect)
    connection.close()
    for name in NAMES:
        row = (name, "{PLAIN}secret")
        database.execute("INSERT INTO users (email, password) VALUES (%s, %s)", row)
    with MailStack(database, request.param) as running:
        yield running


class Sessions:
    """One open IMAP session of each mailbox."""

    def __init__(self, port: int) -> None:
        self.open = {name: imaplib.IMAP4("127.0.0.1", port) for name in NAMES}
        for name, session in self.open.items():
            session.login(name, "secret")

    def alive(self, expected: set[str]) -> set[str]:
        """Who is still there; waits a moment for those that are to go, as they go by a signal."""
        with suppress(ServerError):
            wait_until(lambda: self._alive() <= expected, "sessions end", 5)
        return self._alive()

    def _alive(self) -> set[str]:
        return {name for name, session in self.open.items() if _is_alive(session)}

    def close(self) -> None:
        for session in self.open.values():
            session.shutdown()


def _is_alive(session: imaplib.IMAP4) -> bool:
    try:
        return session.noop()[0] == "OK"
    except (imaplib.IMAP4.abort, OSError):
        return False


@pytest.fixture
def sessions(stack: MailStack) -> Iterator[Sessions]:
    found = Sessions(stack.imap_port)
    yield found
    found.close()


@pytest.mark.stack
@pytest.mark.parametrize(
    ("masks", "alive"),
    [
        (["anna@a.test"], {"bert@a.test", "carl@b.test"}),
        # Nobody of that name is signed in, which is no error, and holds the others up by nothing.
        (["nobody@a.test"], set(NAMES)),
        (["nobody@a.test", "anna@a.test", "no@c.test", "carl@b.test"], {"bert@a.test"}),
        ([mask_of_domain("a.test")], {"carl@b.test"}),
        (["o'brien@a.test", 'x"y@a.test', "ä@a.test"], set(NAMES)),
        ([f"u{number}@a.test" for number in range(AT_ONCE + 3)] + ["bert@a.test"],
         {"anna@a.test", "carl@b.test"}),
        ([], set(NAMES)),
    ],
)  # fmt: skip
def test_whose_sessions_end(
    stack: MailStack, sessions: Sessions, masks: list[str], alive: set[str]
) -> None:
    kick(masks, stack.doveadm_url, API_KEY)
    assert sessions.alive(alive) == alive


@pytest.mark.stack
def test_a_dovecot_that_does_not_do_it(stack: MailStack) -> None:
    with pytest.raises(KickError) as raised:
        kick(["anna@a.test"], stack.doveadm_url, "wrong", seconds=1.5)
    assert raised.value.code in ("refused", "unreachable")
    for url, code in (
        (f"http://127.0.0.1:{free_port()}", "unreachable"),
        # Something else answers there.
        (f"http://127.0.0.1:{stack.imap_port}", "answer"),
    ):
        with pytest.raises(KickError) as raised:
            kick(["anna@a.test"], url, API_KEY, seconds=5)
        assert raised.value.code == code


@pytest.mark.parametrize(
    ("email", "mask"),
    [("anna@a.test", "anna@a.test"), ("*@a.test", None), ("a?b@a.test", None), ("", None)],
)
def test_a_mask_stands_for_one_mailbox_alone(email: str, mask: str | None) -> None:
    assert mask_of_mailbox(email) == mask


@pytest.fixture
def rows(db: None) -> None:
    for name in ("a.test", "b.test"):
        Domain.objects.create(domain=name)
    for name in NAMES:
        create_mailbox(actor=ALICE, email=name, password=SECRET)


@pytest.fixture
def set_up(settings: Any) -> Callable[[str], None]:
    def to(url: str) -> None:
        settings.MAILADMIN = replace(settings.MAILADMIN, doveadm_url=url, doveadm_key=API_KEY)

    return to


def waiting() -> list[list[str]]:
    """The masks of each task that is to be done, and then none is."""
    found = [row.args_kwargs["args"][0] for row in DBTaskResult.objects.ready()]
    DBTaskResult.objects.all().delete()
    return found


def _undo_suspending_two() -> None:
    with one_action():
        for name in NAMES[:2]:
            suspend_mailbox(actor=ALICE, email=name)
    DBTaskResult.objects.all().delete()
    undo(actor=ALICE, entry_id=Entry.objects.order_by("-pk")[0].pk)


def _undo_suspending() -> None:
    suspend_mailbox(actor=ALICE, email="anna@a.test")
    DBTaskResult.objects.all().delete()
    undo(actor=ALICE, entry_id=Entry.objects.order_by("-pk")[0].pk)


CHANGES: list[tuple[str, Callable[[], object], list[list[str]]]] = [
    (
        "password",
        lambda: set_mailbox_password(actor=ALICE, email="anna@a.test", password=SECRET + "x"),
        [["anna@a.test"]],
    ),
    ("suspend", lambda: suspend_mailbox(actor=ALICE, email="anna@a.test"), [["anna@a.test"]]),
    ("delete", lambda: delete_mailbox(actor=ALICE, email="anna@a.test"), [["anna@a.test"]]),
    ("domain", lambda: delete_domain(actor=ALICE, domain="a.test"), [["*@a.test"]]),
    ("kept", lambda: delete_domain(actor=ALICE, domain="a.test", dependents="keep"), []),
    ("resume", lambda: resume_mailbox(actor=ALICE, email="anna@a.test"), []),
    ("undo", _undo_suspending, [["anna@a.test"]]),
    ("undo of many", _undo_suspending_two, [["bert@a.test", "anna@a.test"]]),
]


@pytest.mark.parametrize(("name", "change", "masks"), CHANGES)
def test_which_changes_end_sessions(
    rows: None,
    set_up: Callable[[str], None],
    name: str,
    change: Callable[[], object],
    masks: list[list[str]],
) -> None:
    set_up("http://127.0.0.1:1")
    assert waiting() == []
    change()
    assert waiting() == masks
    assert "signed out" in what_becomes_of_them()


def test_many_changes_at_once_are_one_task_a_batch(
    rows: None, set_up: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up("http://127.0.0.1:1")
    monkeypatch.setattr(open_sessions, "BATCH", 2)
    with transaction.atomic(), ended_together():
        for name in NAMES:
            suspend_mailbox(actor=ALICE, email=name)
        # Within another one it is that one's.
        with ended_together():
            set_mailbox_password(actor=ALICE, email=NAMES[0], password=SECRET + "x")
    assert waiting() == [list(NAMES[:2]), [NAMES[2]]]
    suspend_mailbox(actor=ALICE, email="anna@a.test")
    assert waiting() == []


def test_what_fails_together_ends_nothing(rows: None, set_up: Callable[[str], None]) -> None:
    set_up("http://127.0.0.1:1")

    def fail() -> None:
        with transaction.atomic(), ended_together():
            suspend_mailbox(actor=ALICE, email="anna@a.test")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert waiting() == []
    suspend_mailbox(actor=ALICE, email="anna@a.test")
    assert waiting() == [["anna@a.test"]]


def test_without_the_setting_nothing_is_asked_of_dovecot(rows: None) -> None:
    suspend_mailbox(actor=ALICE, email="anna@a.test")
    assert waiting() == []
    assert "stays so" in what_becomes_of_them()


def test_what_is_rolled_back_ends_nothing(rows: None, set_up: Callable[[str], None]) -> None:
    set_up("http://127.0.0.1:1")
    with transaction.atomic():
        suspend_mailbox(actor=ALICE, email="anna@a.test")
        transaction.set_rollback(True)
    assert waiting() == []


def test_it_is_tried_again_and_then_given_up(
    rows: None, set_up: Callable[[str], None], caplog: pytest.LogCaptureFixture
) -> None:
    set_up(f"http://127.0.0.1:{free_port()}")
    for tries in range(len(WAITS)):
        assert kick_sessions.func(["anna@a.test"], tries) == "later"
        (row,) = DBTaskResult.objects.all()
        assert row.args_kwargs["args"] == [["anna@a.test"], tries + 1]
        row.delete()
    assert kick_sessions.func(["anna@a.test"], len(WAITS)) == "given up"
    assert waiting() == []
    assert "were not ended: unreachable" in caplog.text
    assert API_KEY not in caplog.text


@pytest.mark.stack
@pytest.mark.django_db(transaction=True)
def test_from_the_service_to_the_end_of_the_session(
    stack: MailStack,
    transactional_mail_tables: None,
    set_up: Callable[[str], None],
    sessions: Sessions,
) -> None:
    Domain.objects.create(domain="a.test")
    Mailbox.objects.create(email="anna@a.test", password="")
    set_up(stack.doveadm_url)
    set_mailbox_password(actor=ALICE, email="anna@a.test", password=SECRET)
    Loop(interval=0).run(batch=True)
    left = {"bert@a.test", "carl@b.test"}
    assert sessions.alive(left) == left
