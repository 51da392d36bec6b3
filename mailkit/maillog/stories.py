"""The story of each mail, put together from its lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from mailkit.maillog.lines import NO_QUEUE, LogLine, parse_line, queue_id_of

# So many mails and refusals are told; the newest.
MOST = 100
_ATTEMPT = re.compile(
    r"to=<(?P<to>[^>]*)>,(?: orig_to=<(?P<orig_to>[^>]*)>,)? relay=(?P<relay>.*?),"
    r"(?: conn_use=\d+,)? delay=(?P<delay>[\d.]+),.*? dsn=(?P<dsn>[\d.]+),"
    r" status=(?P<status>\w+) \((?P<text>.*)\)",
    re.DOTALL,
)
_CLIENT = re.compile(r"client=(?P<client>[^,]*)(?:.*sasl_username=(?P<user>\S+))?")
_FROM = re.compile(r"from=<(?P<sender>[^>]*)>, size=(?P<size>\d+)")
_REFUSAL = re.compile(
    r"(?:milter-)?reject: (?P<step>\S+) from (?P<client>\S+): (?P<text>.*?);"
    r"(?: from=<(?P<sender>[^>]*)>)?(?: to=<(?P<to>[^>]*)>)?.*",
    re.DOTALL,
)
_NOTICE = re.compile(r"sender (?:non-delivery|delay|delivery status) notification: (?P<id>\w+)")


class Outcome(StrEnum):
    """How a story ends, as far as the log tells."""

    SENT = "sent"
    MIXED = "mixed"
    WAITING = "waiting"
    RETURNED = "returned"
    NOT_TAKEN = "not_taken"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Attempt:
    """One attempt for one final recipient.

    `status`: Postfix's: `sent`, `bounced`, `deferred`, `expired`, ...; `asked` is the address
    before forwardings, "" where it is the same; `relay` as Postfix logs it; `text`: the answer.
    """

    time: datetime | None
    agent: str
    to: str
    asked: str
    relay: str
    dsn: str
    status: str
    text: str


@dataclass(frozen=True)
class Refusal:
    """A mail that was not taken: at the SMTP step `step` ("" by cleanup(8)), with this answer."""

    time: datetime | None
    step: str
    client: str
    sender: str
    to: str
    text: str


@dataclass
class Story:
    """One mail. `client`: `name[address]` it came from; `user`: who had signed in, or "".

    `notices`: queue ids of the bounces and warnings that were sent because of it.
    """

    queue_id: str
    begun: datetime | None = None
    client: str = ""
    user: str = ""
    sender: str | None = None
    size: int | None = None
    message_id: str = ""
    attempts: list[Attempt] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    removed: bool = False

    @property
    def last_attempts(self) -> list[Attempt]:
        """The last attempt for each recipient, in the order of the first ones."""
        last = {(one.to, one.asked): one for one in self.attempts}
        return list(last.values())

    @property
    def outcome(self) -> Outcome:
        """How it ended for all its recipients together."""
        ends = {_END.get(one.status, Outcome.UNKNOWN) for one in self.last_attempts}
        if not ends:
            return Outcome.NOT_TAKEN if self.refusals else Outcome.UNKNOWN
        return ends.pop() if len(ends) == 1 else Outcome.MIXED


_END = {
    "sent": Outcome.SENT,
    "deferred": Outcome.WAITING,
    "bounced": Outcome.RETURNED,
    "expired": Outcome.RETURNED,
    "undeliverable": Outcome.RETURNED,
}


@dataclass(frozen=True)
class Search:
    """What was found, the newest first; `left_out`: how many older ones there are besides."""

    stories: tuple[Story, ...]
    refusals: tuple[Refusal, ...]
    left_out: int
    lines: int


# Reads the lines in order, each with the time when its file was last written to.
Lines = Callable[[], Iterable[tuple[str, datetime]]]


def search(address: str, lines: Lines, *, most: int = MOST) -> Search:
    """The mails that name the address as sender or recipient, and the refusals that do.

    Reads the lines twice, and keeps those of `most` mails at most.
    """
    wanted = address.lower()
    ids: dict[str, None] = {}
    refusals: list[Refusal] = []
    left_out = count = 0
    for line, written in lines():
        count += 1
        if wanted not in line.lower() or not _names(line, wanted):
            continue
        queue_id = queue_id_of(line)
        if queue_id == NO_QUEUE:
            refusals += _refusals_of(line, written)
            if len(refusals) > most:
                left_out += 1
                refusals.pop(0)
        elif queue_id:
            # Named anew it is as young as its last line.
            ids.pop(queue_id, None)
            ids[queue_id] = None
            if len(ids) > most:
                left_out += 1
                del ids[next(iter(ids))]
    stories = {queue_id: Story(queue_id) for queue_id in ids}
    if stories:
        for line, written in lines():
            queue_id = queue_id_of(line)
            story = stories.get(queue_id)
            found = parse_line(line, written) if story is not None else None
            if story is not None and found is not None:
                _tell(story, found)
    newest = tuple(reversed(stories.values()))
    return Search(newest, tuple(reversed(refusals)), left_out, count)


def _names(line: str, address: str) -> bool:
    """Whether it stands there as a whole: `anna@a.test`, and not `joanna@a.test`."""
    found = re.search(rf"(?<![\w.+-]){re.escape(address)}(?![\w-]|\.\w)", line, re.IGNORECASE)
    return found is not None


def _refusals_of(line: str, written: datetime) -> list[Refusal]:
    found = parse_line(line, written)
    refusal = None if found is None else _refusal(found)
    return [] if refusal is None else [refusal]


def _refusal(line: LogLine) -> Refusal | None:
    found = _REFUSAL.match(line.said)
    if found is None:
        return None
    return Refusal(
        line.time,
        found["step"],
        found["client"],
        found["sender"] or "",
        found["to"] or "",
        found["text"],
    )


def _tell(story: Story, line: LogLine) -> None:
    said = line.said
    story.begun = story.begun or line.time
    if said == "removed":
        story.removed = True
    elif attempt := _ATTEMPT.match(said):
        story.attempts.append(
            Attempt(
                line.time,
                line.agent.rpartition("/")[2],
                attempt["to"],
                attempt["orig_to"] or "",
                attempt["relay"],
                attempt["dsn"],
                attempt["status"],
                attempt["text"],
            )
        )
    elif refusal := _refusal(line):
        story.refusals.append(refusal)
    elif said.startswith("client="):
        found = _CLIENT.match(said)
        if found:
            story.client, story.user = found["client"], found["user"] or ""
    elif said.startswith("from=<"):
        found = _FROM.match(said)
        if found:
            story.sender, story.size = found["sender"], int(found["size"])
        elif "status=expired" in said:
            story.attempts += [
                Attempt(line.time, line.agent, one.to, one.asked, "", one.dsn, "expired", one.text)
                for one in story.last_attempts
                if one.status == "deferred"
            ]
    elif said.startswith("message-id="):
        story.message_id = said.removeprefix("message-id=").strip("<>")
    elif notice := _NOTICE.search(said):
        story.notices.append(notice["id"])
    elif "message not accepted" in said:
        story.refusals.append(Refusal(line.time, "", story.client, "", "", said))
