"""The pages of the queue and the log over a running Postfix, and where it cannot be looked at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from mailkit import tables
from mailkit.maillog import Outcome
from mailkit.postfix.queue import QueueError
from mailkit.postfix.reasons import Reason
from mailserver.mail_flow import look_at_queue, search_log
from mailserver.queue_words import NOT_READABLE, OUTCOMES, REASONS
from tests.servers.databases import SQLiteServer
from tests.servers.mailstack import MailStack

DOCUMENT = (Path(__file__).parents[2] / "docs/queue-and-log.md").read_text("utf-8")
ROWS = (
    ("domains", ("a.test",)),
    ("users", ("anna@a.test", "{PLAIN}x")),
    ("forwardings", ("list@a.test", "anna@a.test, out@far.test")),
    ("forwardings", ("dead@a.test", "no@a.test")),
    ("forwardings", ("loop@a.test", "pool@a.test")),
    ("forwardings", ("pool@a.test", "loop@a.test")),
    ("forwardings", ("down@a.test", "x@down.test")),
    ("transport", ("down.test", "smtp:[127.0.0.1]:1")),
)


@pytest.fixture(scope="module", params=["2.3", "2.4"])
def stack(request: pytest.FixtureRequest, sqlite_server: SQLiteServer) -> Iterator[MailStack]:
    database = sqlite_server.create_database()
    connection = database.connect()
    tables.create(connection, database.dialect)
    connection.close()
    for table, row in ROWS:
        places = ", ".join(["%s"] * len(row))
        database.execute(f"INSERT INTO {table} VALUES ({places})", row)
    with MailStack(database, request.param) as running:
        for to in ("list@a.test", "dead@a.test", "down@a.test"):
            running.outcome(running.send(to, sender="s@far.test"))
        assert running.send("loop@a.test", sender="s@far.test").data.code == 451
        assert not running.send("nobody@a.test", sender="s@far.test").accepted
        yield running


@pytest.fixture
def here(stack: MailStack, settings: Any, db: None) -> MailStack:
    settings.MAILADMIN = replace(
        settings.MAILADMIN,
        postfix_config=Path(stack.config),
        mail_log=Path(stack.directory) / "mail.log",
    )
    return stack


@pytest.fixture
def admin(superadmin: User) -> Client:
    client = Client()
    client.force_login(superadmin, backend="accounts.backends.OperatorBackend")
    return client


@pytest.mark.stack
def test_the_queue_of_a_running_postfix(here: MailStack) -> None:
    found = look_at_queue()
    assert found.mails == 1
    (domain,) = found.domains
    assert (domain.domain, domain.mails) == ("down.test", 1)
    assert domain.reasons == ((REASONS[Reason.REFUSED_CONNECTION], 1),)
    (line,) = found.lines
    assert line.mail.sender == "s@far.test"
    assert [one.address for one in line.waiting] == ["x@down.test"]
    assert look_at_queue("other.test").lines == ()
    assert len(look_at_queue("down.test").lines) == 1


@pytest.mark.stack
@pytest.mark.parametrize(
    ("address", "outcome", "statuses"),
    [
        ("list@a.test", Outcome.SENT, {"sent"}),
        ("dead@a.test", Outcome.RETURNED, {"bounced"}),
        ("down@a.test", Outcome.WAITING, {"deferred"}),
        ("loop@a.test", Outcome.NOT_TAKEN, set()),
    ],
)
def test_the_story_of_a_mail(
    here: MailStack, address: str, outcome: Outcome, statuses: set[str]
) -> None:
    (line,) = search_log(address, 1).stories
    assert line.story.outcome is outcome
    assert {one.attempt.status for one in line.attempts} == statuses
    assert line.story.client.startswith(("unknown[", "localhost["))
    assert line.story.begun is not None


@pytest.mark.stack
def test_a_refusal_at_the_door(here: MailStack) -> None:
    found = search_log("nobody@a.test", 1)
    assert found.stories == ()
    (refusal,) = found.refusals
    assert refusal.sender == "s@far.test"
    assert "User unknown" in refusal.text


@pytest.mark.stack
def test_the_pages(here: MailStack, admin: Client) -> None:
    page = admin.get("/queue/").content.decode()
    assert "down.test" in page
    assert str(REASONS[Reason.REFUSED_CONNECTION].what) in page
    page = admin.get("/queue/?domain=down.test").content.decode()
    assert "x@down.test" in page
    page = admin.get("/queue/log/?address=dead@a.test").content.decode()
    assert "no@a.test" in page
    assert "returned" in page
    page = admin.get("/queue/log/?address=nobody@a.test&days=30").content.decode()
    assert "User unknown" in page
    page = admin.get("/queue/log/?address=never@a.test").content.decode()
    assert "Nothing in the log" in page


def test_where_the_log_is_not(admin: Client, settings: Any, tmp_path: Path) -> None:
    settings.MAILADMIN = replace(settings.MAILADMIN, mail_log=tmp_path / "mail.log")
    page = admin.get("/queue/log/?address=anna@a.test").content.decode()
    assert str(NOT_READABLE["missing"].what) in page
    assert "rsyslog" in page


@pytest.mark.parametrize("code", ["not_installed", "down", "refused", "slow"])
def test_where_the_queue_cannot_be_read(
    admin: Client, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    def away(*_args: object) -> None:
        raise QueueError(code, "why")

    monkeypatch.setattr("mailserver.mail_flow.read_queue", away)
    page = unescape(admin.get("/queue/").content.decode())
    assert str(NOT_READABLE[code].do) in page
    assert "why" in page


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 200),
        ("?address=anna", 200),
        ("?address=" + "a" * 400 + "@a.test", 404),
        ("?address=a%00@a.test", 404),
        ("?address=anna@a.test&days=99999", 200),
        ("?address=anna@a.test&days=x", 200),
    ],
)
def test_odd_questions(admin: Client, query: str, status: int) -> None:
    assert admin.get(f"/queue/log/{query}").status_code == status


def test_what_is_in_the_log_is_no_markup(admin: Client, settings: Any, tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    log.write_text(
        f"{timezone.now().isoformat()} mail postfix/smtpd[1]: NOQUEUE: reject: RCPT from <b>[::1]: "
        "550 <script>alert(1)</script>; from=<x@far.test> to=<anna@a.test> proto=ESMTP\n"
    )
    settings.MAILADMIN = replace(settings.MAILADMIN, mail_log=log)
    page = admin.get("/queue/log/?address=anna@a.test&days=30").content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("reason", Reason)
def test_each_reason_has_words(reason: Reason) -> None:
    assert str(REASONS[reason].what)


@pytest.mark.parametrize("outcome", Outcome)
def test_each_outcome_has_words(outcome: Outcome) -> None:
    assert str(OUTCOMES[outcome].label)
    assert str(OUTCOMES[outcome].text)


@pytest.mark.parametrize("reason", sorted(set(Reason) - {Reason.OTHER}))
def test_each_reason_is_documented(reason: Reason) -> None:
    assert f"`{reason}`" in DOCUMENT
