"""The queue by domain and the stories of mails from the log, as pages show them. Only looks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from mailkit.maillog import Attempt, Refusal, Search, Story, log_files, read_lines, search
from mailkit.maillog.files import LogFile
from mailkit.postfix.queue import Queued, read_queue
from mailkit.postfix.reasons import Reason, reason_of
from mailserver.queue_words import OUTCOMES, REASONS, ReasonWords
from mailserver.trace_words import OutcomeWords

# Bytes of the log that one search reads at most: some seconds of work. A compressed file counts
# for what it may hold.
MOST_BYTES = 400_000_000
_PACKED = 12


@dataclass(frozen=True)
class DomainQueue:
    """What waits for one domain: how many mails, since when, and why most of them do."""

    domain: str
    mails: int
    oldest: datetime
    reasons: tuple[tuple[ReasonWords, int], ...]


@dataclass(frozen=True)
class WaitingLine:
    """A recipient that waits; `words` are None where no attempt was made yet."""

    address: str
    said: str
    words: ReasonWords | None


@dataclass(frozen=True)
class QueuedLine:
    """A mail that waits, for the page."""

    mail: Queued
    waiting: tuple[WaitingLine, ...]


@dataclass(frozen=True)
class Queue:
    """All that waits: by domain, the longest first, and the mails of one domain or of all."""

    mails: int
    oldest: datetime | None
    domains: tuple[DomainQueue, ...]
    lines: tuple[QueuedLine, ...]
    more: int


@dataclass(frozen=True)
class AttemptLine:
    """An attempt in words."""

    attempt: Attempt
    outcome: OutcomeWords
    reason: ReasonWords | None


@dataclass(frozen=True)
class StoryLine:
    """A mail's story in words."""

    story: Story
    outcome: OutcomeWords
    attempts: tuple[AttemptLine, ...]


@dataclass(frozen=True)
class Found:
    """What a search of the log has found. `back_to`: no older lines were read; None if all were."""

    search: Search
    stories: tuple[StoryLine, ...]
    refusals: tuple[Refusal, ...]
    back_to: datetime | None


def look_at_queue(domain: str = "", most: int = 100) -> Queue:
    """The queue; with `domain` the mails that wait for it. Raises QueueError."""
    mails = read_queue(Path(settings.MAILADMIN.postfix_config))
    chosen = [mail for mail in mails if not domain or domain in _domains(mail)]
    return Queue(
        len(mails),
        mails[0].arrived if mails else None,
        tuple(_by_domain(mails)),
        tuple(_queued_line(mail) for mail in chosen[:most]),
        max(len(chosen) - most, 0),
    )


def _domains(mail: Queued) -> set[str]:
    return {one.address.rpartition("@")[2].lower() for one in mail.waiting}


def _by_domain(mails: Iterable[Queued]) -> Iterator[DomainQueue]:
    found: dict[str, list[Queued]] = {}
    reasons: dict[str, Counter[Reason]] = {}
    for mail in mails:
        for name in _domains(mail):
            found.setdefault(name, []).append(mail)
        for one in mail.waiting:
            name = one.address.rpartition("@")[2].lower()
            if one.reason:
                reasons.setdefault(name, Counter())[reason_of(one.reason)] += 1
    for name in sorted(found, key=lambda name: (-len(found[name]), name)):
        common = reasons.get(name, Counter()).most_common(3)
        yield DomainQueue(
            name,
            len(found[name]),
            min(mail.arrived for mail in found[name]),
            tuple((REASONS[reason], count) for reason, count in common),
        )


def _queued_line(mail: Queued) -> QueuedLine:
    return QueuedLine(
        mail,
        tuple(
            WaitingLine(
                one.address, one.reason, REASONS[reason_of(one.reason)] if one.reason else None
            )
            for one in mail.waiting
        ),
    )


def search_log(address: str, days: int) -> Found:
    """What the log says about mail to or from an address in the last days. Raises LogError."""
    since = timezone.now() - timedelta(days=days)
    files, back_to = _newest(log_files(settings.MAILADMIN.mail_log, since))
    found = search(
        address, lambda: ((line, file.written) for file in files for line in read_lines(file))
    )
    recent = [one for one in found.stories if one.begun is None or one.begun >= since]
    refusals = [one for one in found.refusals if one.time is None or one.time >= since]
    return Found(found, tuple(map(_story_line, recent)), tuple(refusals), back_to)


def _newest(files: Sequence[LogFile]) -> tuple[list[LogFile], datetime | None]:
    kept: list[LogFile] = []
    left = MOST_BYTES
    for file in reversed(files):
        left -= file.size * (_PACKED if file.path.suffix == ".gz" else 1)
        if left < 0 and kept:
            return kept[::-1], file.written
        kept.append(file)
    return kept[::-1], None


def _story_line(story: Story) -> StoryLine:
    return StoryLine(story, OUTCOMES[story.outcome], tuple(map(_attempt_line, story.last_attempts)))


def _attempt_line(attempt: Attempt) -> AttemptLine:
    alone = Story("", attempts=[attempt]).outcome
    failed = attempt.status != "sent"
    return AttemptLine(
        attempt, OUTCOMES[alone], REASONS[reason_of(attempt.text)] if failed else None
    )
