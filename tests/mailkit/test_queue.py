"""postqueue -j read, also what no Postfix should print."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailkit.postfix.queue import Queued, QueueError, Waiting, parse_queue, read_queue

LINE = (
    '{"queue_name": "deferred", "queue_id": "50256277E91", "arrival_time": 1795545915, '
    '"message_size": 322, "forced_expire": false, "sender": "s@far.test", "recipients": '
    '[{"address": "x@down.test", "delay_reason": "connect to 127.0.0.1"}, {"address": "y@a.test"}]}'
)


def test_a_mail_that_waits() -> None:
    assert list(parse_queue([LINE])) == [
        Queued(
            "50256277E91",
            "deferred",
            "s@far.test",
            datetime(2026, 11, 24, 18, 45, 15, tzinfo=UTC),
            322,
            (Waiting("x@down.test", "connect to 127.0.0.1"), Waiting("y@a.test", "")),
        )
    ]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("", 0),
        ("Mail queue is empty", 0),
        ("[]", 0),
        ("{}", 0),
        ('{"queue_id": 5}', 0),
        ('{"queue_id": "A1"}', 1),
        ('{"queue_id": "A1", "recipients": 7, "arrival_time": "x", "message_size": null}', 1),
        ('{"queue_id": "A1", "recipients": [7, {}], "arrival_time": -1}', 1),
        ('{"queue_id": "A1", "arrival_time": 99999999999999999999}', 1),
        ('{"queue_id": "A1", "arrival_time": 549755813888}', 1),
        ('{"queue_id": "A1"', 0),
    ],
)
def test_odd_lines(line: str, found: int) -> None:
    assert len(list(parse_queue([line]))) == found


def test_a_bounce_has_no_sender() -> None:
    assert next(parse_queue([LINE.replace("s@far.test", "MAILER-DAEMON")])).sender == ""


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("exit 1", "refused"),
        ("echo 'Queue report unavailable - mail system is down' >&2; exit 69", "down"),
        ("echo 'User panel(33) is not allowed to view the mail queue' >&2; exit 1", "refused"),
    ],
)
def test_a_queue_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, code: str
) -> None:
    program = tmp_path / "postqueue"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(QueueError) as raised:
        read_queue()
    assert raised.value.code == code


def test_a_machine_without_postfix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailkit.postfix.queue.shutil.which", lambda *_args, **_more: None)
    with pytest.raises(QueueError) as raised:
        read_queue()
    assert raised.value.code == "not_installed"
