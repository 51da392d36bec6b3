"""Postfix's queue as postqueue(1) prints it: what waits, since when, and why. Only looks."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

DEFAULT_CONFIG = Path("/etc/postfix")
SECONDS = 20
# Seconds of a time; later ones are past the year 9999, which no datetime can be.
_LATEST = 1 << 37


class QueueError(Exception):
    """The queue could not be read; `code`: not_installed, refused, down, slow; `text` is why."""

    def __init__(self, code: str, text: str = "") -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text


@dataclass(frozen=True)
class Waiting:
    """A recipient that has not got the mail yet; `reason`: what the last attempt met, or ""."""

    address: str
    reason: str


@dataclass(frozen=True)
class Queued:
    """A mail in the queue.

    `queue`: `active`, `deferred`, `hold`, `incoming`, `maildrop`; `sender` is "" for a bounce.
    `size` in bytes; `arrived` in UTC.
    """

    queue_id: str
    queue: str
    sender: str
    arrived: datetime
    size: int
    waiting: tuple[Waiting, ...]


def read_queue(config: Path = DEFAULT_CONFIG) -> list[Queued]:
    """Every mail that waits, the oldest first. Raises QueueError."""
    postqueue = shutil.which("postqueue") or shutil.which("postqueue", path="/usr/sbin")
    if postqueue is None:
        raise QueueError("not_installed")
    # Another directory needs root or alternate_config_directories.
    where = [] if config == DEFAULT_CONFIG else ["-c", str(config)]
    try:
        done = subprocess.run(
            [postqueue, *where, "-j"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise QueueError("slow") from error
    except OSError as error:
        raise QueueError("refused", str(error)) from error
    if done.returncode:
        text = done.stderr.strip().splitlines()[-1:] or [""]
        # EX_UNAVAILABLE, of sysexits(3): showq(8) does not answer.
        raise QueueError("down" if "mail system is down" in done.stderr else "refused", text[0])
    return sorted(parse_queue(done.stdout.splitlines()), key=lambda mail: mail.arrived)


def parse_queue(lines: Iterable[str]) -> Iterator[Queued]:
    """The mails of these lines, one JSON object each; a line that is none is left out."""
    for line in lines:
        try:
            found = json.loads(line)
        except ValueError:
            continue
        mail = _mail(found) if isinstance(found, dict) else None
        if mail is not None:
            yield mail


def _mail(found: dict[str, Any]) -> Queued | None:
    queue_id = found.get("queue_id")
    if not isinstance(queue_id, str):
        return None
    recipients = found.get("recipients")
    return Queued(
        queue_id,
        str(found.get("queue_name", "")),
        str(found.get("sender", "")).replace("MAILER-DAEMON", ""),
        datetime.fromtimestamp(_number(found.get("arrival_time"), _LATEST), UTC),
        _number(found.get("message_size")),
        tuple(
            Waiting(str(one.get("address", "")), str(one.get("delay_reason", "")))
            for one in (recipients if isinstance(recipients, list) else [])
            if isinstance(one, dict)
        ),
    )


def _number(value: object, limit: int = 1 << 40) -> int:
    return value if isinstance(value, int) and 0 <= value < limit else 0
