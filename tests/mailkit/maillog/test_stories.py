"""Stories put together from lines as Postfix wrote them."""

# ruff: noqa: E501 - lines of the log as they are
from __future__ import annotations

import gzip
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailkit.maillog import LogError, Outcome, Search, log_files, read_lines, search

WRITTEN = datetime(2026, 11, 24, 19, 0, tzinfo=UTC)
HEAD = "2026-11-24T18:45:15+00:00 mail postfix/"
LOG = """\
smtpd[1]: 16501277E2C: client=mx.far.test[192.0.2.1]
cleanup[2]: 16501277E2C: message-id=<87ad@client.test>
qmgr[3]: 16501277E2C: from=<s@far.test>, size=322, nrcpt=2 (queue active)
smtp[4]: 16501277E2C: to=<out@far.test>, orig_to=<list@a.test>, relay=127.0.0.1[127.0.0.1]:25, delay=0.02, delays=0/0.01/0/0, dsn=4.4.1, status=deferred (connect to 127.0.0.1: Connection refused)
lmtp[5]: 16501277E2C: to=<anna@a.test>, orig_to=<list@a.test>, relay=mail.a.test[private/dovecot-lmtp], conn_use=2, delay=0.1, delays=0/0/0/0.1, dsn=2.0.0, status=sent (250 2.0.0 <anna@a.test> Saved)
smtp[4]: 16501277E2C: to=<out@far.test>, orig_to=<list@a.test>, relay=127.0.0.1[127.0.0.1]:25, delay=300, delays=0/0.01/0/0, dsn=2.0.0, status=sent (250 (taken))
qmgr[3]: 16501277E2C: removed
smtpd[1]: 5953E277EA8: client=x[192.0.2.2], sasl_method=PLAIN, sasl_username=anna@a.test
qmgr[3]: 5953E277EA8: from=<anna@a.test>, size=10, nrcpt=1 (queue active)
error[6]: 5953E277EA8: to=<u@off.test>, relay=none, delay=0.02, delays=0/0.01/0/0.01, dsn=5.2.1, status=bounced (closed)
bounce[7]: 5953E277EA8: sender non-delivery notification: 5D7E8277EAB
qmgr[3]: 5953E277EA8: removed
smtpd[1]: 22D08277E36: client=unknown[192.0.2.3]
cleanup[2]: warning: 22D08277E36: unreasonable virtual_alias_maps map nesting for loop@a.test -- message not accepted, try again later
smtpd[1]: NOQUEUE: reject: RCPT from unknown[192.0.2.9]: 550 5.1.1 <nobody@a.test>: Recipient address rejected: User unknown in virtual mailbox table; from=<s@far.test> to=<nobody@a.test> proto=ESMTP helo=<x>
qmgr[3]: AAAAAAAAAA1: from=<old@a.test>, size=10, nrcpt=2 (queue active)
smtp[4]: AAAAAAAAAA1: to=<gone@far.test>, relay=none, delay=432000, delays=1/0/0/0, dsn=4.4.1, status=deferred (connect to far.test[192.0.2.4]:25: Connection timed out)
lmtp[4]: AAAAAAAAAA1: to=<anna@a.test>, relay=x, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 ok)
qmgr[3]: AAAAAAAAAA1: from=<old@a.test>, status=expired, returned to sender
"""


def find(address: str, text: str = LOG, most: int = 100) -> Search:
    lines = [HEAD + line for line in text.splitlines()]
    return search(address, lambda: ((line, WRITTEN) for line in lines), most=most)


def test_a_list_with_a_second_attempt() -> None:
    (story,) = find("list@a.test").stories
    assert story.client == "mx.far.test[192.0.2.1]"
    assert (story.sender, story.size, story.user) == ("s@far.test", 322, "")
    assert story.message_id == "87ad@client.test"
    assert [(one.to, one.asked, one.status) for one in story.last_attempts] == [
        ("out@far.test", "list@a.test", "sent"),
        ("anna@a.test", "list@a.test", "sent"),
    ]
    assert story.last_attempts[0].text == "250 (taken)"
    assert len(story.attempts) == 3
    assert story.outcome is Outcome.SENT
    assert story.removed


def test_one_that_came_back() -> None:
    (story,) = find("U@OFF.test").stories
    assert story.outcome is Outcome.RETURNED
    assert story.user == "anna@a.test"
    assert story.notices == ["5D7E8277EAB"]


def test_one_that_cleanup_did_not_take() -> None:
    (story,) = find("loop@a.test").stories
    assert story.outcome is Outcome.NOT_TAKEN
    assert story.attempts == []
    assert "map nesting" in story.refusals[0].text


def test_one_that_was_refused_at_the_door() -> None:
    found = find("nobody@a.test")
    assert found.stories == ()
    (refusal,) = found.refusals
    assert (refusal.step, refusal.client) == ("RCPT", "unknown[192.0.2.9]")
    assert (refusal.sender, refusal.to) == ("s@far.test", "nobody@a.test")
    assert refusal.text.endswith("User unknown in virtual mailbox table")


def test_one_that_waited_too_long() -> None:
    (story,) = find("gone@far.test").stories
    assert [(one.to, one.status) for one in story.last_attempts] == [
        ("gone@far.test", "expired"),
        ("anna@a.test", "sent"),
    ]
    assert story.outcome is Outcome.MIXED


@pytest.mark.parametrize(
    ("address", "mails"),
    [
        ("anna@a.test", 3),
        ("ANNA@A.TEST", 3),
        ("s@far.test", 1),
        # Only whole addresses.
        ("nna@a.test", 0),
        ("anna@a.tes", 0),
        ("anna@a", 0),
        # A whole domain, too.
        ("a.test", 4),
        ("test", 0),
        (".*@a.test", 0),
    ],
)
def test_whole_addresses_only(address: str, mails: int) -> None:
    assert len(find(address).stories) == mails


def test_the_newest_first_and_no_more_than_asked_for() -> None:
    text = "\n".join(
        f"qmgr[3]: {number:011X}: from=<s@far.test>, size=1, nrcpt=1 (queue active)"
        for number in range(50)
    )
    found = find("s@far.test", text, most=20)
    assert [story.queue_id for story in found.stories] == [
        f"{number:011X}" for number in range(49, 29, -1)
    ]
    assert found.left_out == 30


def test_no_end_is_told_as_such() -> None:
    (story,) = find("s@far.test", LOG.splitlines()[2]).stories
    assert story.outcome is Outcome.UNKNOWN


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    path = tmp_path / "mail.log"
    for name, age in (
        ("mail.log", 0),
        ("mail.log.1", 1),
        ("mail.log.2.gz", 2),
        ("mail.log.9.gz", 40),
        ("mail.log-20261120", 4),
        ("mail.logger", 0),
        ("mail.log.bak", 0),
    ):
        file = tmp_path / name
        text = f"{name}\n".encode()
        file.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
        at = (WRITTEN - timedelta(days=age)).timestamp()
        os.utime(file, (at, at))
    return path


def test_rotated_files_oldest_first(logs: Path) -> None:
    found = log_files(logs, WRITTEN - timedelta(days=7))
    names = ["mail.log-20261120", "mail.log.2.gz", "mail.log.1", "mail.log"]
    assert [file.path.name for file in found] == names
    assert [line for file in found for line in read_lines(file)] == names


def test_a_log_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "mail.log", tmp_path / "no" / "mail.log"):
        with pytest.raises(LogError) as raised:
            log_files(path, WRITTEN)
        assert raised.value.code == "missing"


def test_a_damaged_file(logs: Path) -> None:
    damaged = logs.with_name("mail.log.2.gz")
    for broken in (damaged.read_bytes()[:-12], b"no gzip"):
        damaged.write_bytes(broken)
        file = next(
            one for one in log_files(logs, WRITTEN - timedelta(days=7)) if one.path == damaged
        )
        with pytest.raises(LogError) as raised:
            list(read_lines(file))
        assert raised.value.code == "broken"


def test_one_that_was_rotated_away_meanwhile(logs: Path) -> None:
    file = log_files(logs, WRITTEN - timedelta(days=7))[0]
    file.path.unlink()
    assert list(read_lines(file)) == []


@pytest.mark.parametrize(
    "line", ["\x00\xff" * 50, "a" * 100_000, "x]: " * 9, "]: NOQUEUE: x@a.test"]
)
def test_garbage(line: str) -> None:
    found = find("x@a.test", line)
    assert found.stories == found.refusals == ()
