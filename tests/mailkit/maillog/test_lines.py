"""One line of the log, in each format that Debian's Postfix and rsyslog write."""

# ruff: noqa: E501 - lines of the log as they are
from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from mailkit.maillog.lines import LogLine, parse_line, queue_id_of

WRITTEN = datetime(2026, 11, 24, 19, 0, tzinfo=UTC)
AT = datetime(2026, 11, 24, 18, 45, 15, tzinfo=UTC)


@pytest.fixture(autouse=True)
def in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (
            "Nov 24 18:45:15 mail postfix/qmgr[13959]: 0069A277DFD: removed",
            LogLine(AT, "qmgr", "0069A277DFD", "removed"),
        ),
        (
            "2026-11-24T18:45:15+00:00 mail postfix/qmgr[1]: 0069A277DFD: removed",
            LogLine(AT, "qmgr", "0069A277DFD", "removed"),
        ),
        (
            "2026-11-24T19:45:15.000000+01:00 mail postfix/qmgr[1]: 0069A277DFD: removed",
            LogLine(AT, "qmgr", "0069A277DFD", "removed"),
        ),
        # enable_long_queue_ids, syslog_name of a second service.
        (
            "Nov 24 18:45:15 mail postfix/submission/smtpd[9]: 4SvkPq3WnlzJ1x: client=a[::1]",
            LogLine(AT, "submission/smtpd", "4SvkPq3WnlzJ1x", "client=a[::1]"),
        ),
        (
            "Nov 24 18:45:15 mail postfix/cleanup[9]: warning: 22D08277E36: unreasonable",
            LogLine(AT, "cleanup", "22D08277E36", "unreasonable"),
        ),
        (
            "Nov 24 18:45:15 mail postfix/smtpd[9]: NOQUEUE: reject: RCPT from a[::1]: 550 x",
            LogLine(AT, "smtpd", "NOQUEUE", "reject: RCPT from a[::1]: 550 x"),
        ),
        (
            "Nov 24 18:45:15 mail postfix/smtpd[9]: connect from unknown[127.0.0.1]",
            LogLine(AT, "smtpd", "", "connect from unknown[127.0.0.1]"),
        ),
        # Of the year before: it is not of the future.
        (
            "Dec 31 23:59:59 mail postfix/qmgr[1]: A069A277DFD: removed",
            LogLine(datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC), "qmgr", "A069A277DFD", "removed"),
        ),
        (
            "Feb 30 18:45:15 mail postfix/qmgr[1]: 0069A277DFD: removed",
            LogLine(None, "qmgr", "0069A277DFD", "removed"),
        ),
        # In UTC of the year 0, which there is not.
        (
            "0001-01-01T00:00:00+14:00 mail postfix/qmgr[1]: A069A277DFD: removed",
            LogLine(None, "qmgr", "A069A277DFD", "removed"),
        ),
        ("Nov 24 18:45:15 mail dovecot: imap-login: Login: user=<anna@a.test>", None),
        ("", None),
        ("-- Boot --", None),
        ("Nov 24 18:45:15", None),
    ],
)  # fmt: skip
def test_a_line(line: str, found: LogLine | None) -> None:
    assert parse_line(line, WRITTEN) == found
    if found is not None:
        assert queue_id_of(line) == found.queue_id
