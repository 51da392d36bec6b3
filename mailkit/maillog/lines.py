"""One line of the log: when, which program, which mail, and what it says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_LINE = re.compile(
    r"(?:(?P<iso>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)"
    r"|(?P<month>[A-Z][a-z]{2}) +(?P<day>\d{1,2}) (?P<clock>\d\d:\d\d:\d\d))"
    r" \S+ (?P<program>[^\s\[:]+)(?:\[\d+\])?: (?P<text>.*)",
    re.DOTALL,
)
# Short ids are hexadecimal, long ones (enable_long_queue_ids) have no vowels after the time.
_MAIL = re.compile(
    r"(?:warning: )?(?P<queue_id>[0-9A-F]{6,15}|[0-9A-Za-z]{10,20}): (?P<said>.*)", re.DOTALL
)
NO_QUEUE = "NOQUEUE"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class LogLine:
    """`agent`: the program of Postfix (`smtpd`, `submission/smtpd`); `queue_id`: "" for no mail's.

    `said`: what follows the id. `time` in UTC, None where it makes no sense.
    """

    time: datetime | None
    agent: str
    queue_id: str
    said: str


def parse_line(line: str, written: datetime) -> LogLine | None:
    """A line of Postfix's, or None. `written`: when its file was last written to (for the year)."""
    found = _LINE.fullmatch(line)
    if found is None or not found["program"].startswith("postfix"):
        return None
    agent = found["program"].partition("/")[2]
    text = found["text"]
    time = _time(found, written)
    if text.startswith(NO_QUEUE + ": "):
        return LogLine(time, agent, NO_QUEUE, text[len(NO_QUEUE) + 2 :])
    mail = _MAIL.fullmatch(text)
    if mail is None:
        return LogLine(time, agent, "", text)
    return LogLine(time, agent, mail["queue_id"], mail["said"])


def queue_id_of(line: str) -> str:
    """The id of the mail that a line is about, NOQUEUE, or ""; without looking at all of it."""
    _head, colon, text = line.partition("]: ")
    if not colon:
        return ""
    if text.startswith(NO_QUEUE):
        return NO_QUEUE
    found = _MAIL.match(text)
    return found["queue_id"] if found else ""


def _time(found: re.Match[str], written: datetime) -> datetime | None:
    try:
        if found["iso"]:
            time = datetime.fromisoformat(found["iso"].replace(",", "."))
            return time.astimezone(UTC)
        month = _MONTHS.index(found["month"]) + 1
        clock = datetime.strptime(found["clock"], "%H:%M:%S").time()
        local = written.astimezone()
        # The old format has neither year nor zone: it is this machine's time.
        for year in (local.year, local.year - 1):
            time = datetime(year, month, int(found["day"]), tzinfo=local.tzinfo)
            time = datetime.combine(time.date(), clock).astimezone(UTC)
            if time <= written + timedelta(days=1):
                return time
    except (ValueError, OverflowError):
        # The year 1 of another zone is a year that UTC has not.
        return None
    return None
