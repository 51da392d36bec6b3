"""A DMARC record (RFC 9989, 4.7): read it, and find the organizational domain by the tree walk."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from mailkit.dns.answers import Answer, Asks
from mailkit.dns.tags import TagList, parse_tags

MOST_QUERIES = 8
POLICIES = ("none", "quarantine", "reject")
OLD_TAGS = ("pct", "rf", "ri")

_VALUES = {
    "p": re.compile(r"none|quarantine|reject", re.I),
    "sp": re.compile(r"none|quarantine|reject", re.I),
    "np": re.compile(r"none|quarantine|reject", re.I),
    "adkim": re.compile(r"[rs]", re.I),
    "aspf": re.compile(r"[rs]", re.I),
    "fo": re.compile(r"[01ds](\s*:\s*[01ds])*", re.I),
    "psd": re.compile(r"[ynu]", re.I),
    "t": re.compile(r"[yn]", re.I),
    "rua": re.compile(r".+", re.S),
    "ruf": re.compile(r".+", re.S),
}
# The version's case counts, its place too (RFC 9989, 4.7); blanks around `=` are allowed.
_RECORD = re.compile(rb"v[ \t]*=[ \t]*DMARC1[ \t]*(?:;|$)")
_MEANT = re.compile(rb"[\s\"']*(?:v\s*=\s*\"?\s*)?dmarc", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s@,;!]+@((?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?\.)+[a-z0-9-]+)\.?", re.I)
_SIZE = re.compile(r"!\d+[kmgt]?$", re.I)


@dataclass(frozen=True)
class DmarcRecord:
    """A record's tags, and which of them a receiver throws away for their value."""

    raw: bytes
    tags: TagList

    @property
    def bad_tags(self) -> tuple[str, ...]:
        return tuple(
            name
            for name, value in self.tags.tags
            if name in _VALUES and not _VALUES[name].fullmatch(value)
        )

    def tag(self, name: str) -> str:
        """The tag's value in lower case; empty if it is missing or not valid."""
        value = self.tags.get(name) or ""
        return "" if name in self.bad_tags else value.lower()

    @property
    def policy(self) -> str:
        """What happens to mail that fails: without a `p` it is none (RFC 9989, 4.7)."""
        return self.tag("p") or "none"

    @property
    def subdomain_policy(self) -> str:
        return self.tag("sp") or self.policy

    @property
    def nonexistent_policy(self) -> str:
        return self.tag("np") or self.subdomain_policy


def is_dmarc(raw: bytes) -> bool:
    """Receivers take this TXT record for a DMARC policy record."""
    return _RECORD.match(raw) is not None


def looks_like_dmarc(raw: bytes) -> bool:
    """It was meant to be DMARC, but receivers do not see it as such."""
    return not is_dmarc(raw) and _MEANT.match(raw) is not None


def read_dmarc(raw: bytes) -> DmarcRecord:
    return DmarcRecord(raw, parse_tags(raw))


def addresses(value: str) -> tuple[tuple[str, str], ...]:
    """The destinations of a rua or ruf as `(uri, domain)`, the domain empty if it is no address.

    A size behind `!` is of RFC 7489 and read over.
    """
    out = []
    for part in value.split(","):
        uri = part.strip()
        scheme, colon, address = _SIZE.sub("", uri).partition(":")
        match = _ADDRESS.fullmatch(unquote(address)) if colon else None
        good = match is not None and scheme.lower() == "mailto"
        out.append((uri, match.group(1).lower() if match and good else ""))
    return tuple(out)


@dataclass(frozen=True)
class Step:
    """One name of the tree walk and the one record there, if there is exactly one."""

    name: str
    answer: Answer

    @property
    def records(self) -> tuple[DmarcRecord, ...]:
        return tuple(read_dmarc(raw) for raw in self.answer.joined if is_dmarc(raw))

    @property
    def record(self) -> DmarcRecord | None:
        """Of several records none counts (RFC 9989, 4.10)."""
        return self.records[0] if len(self.records) == 1 else None

    @property
    def psd(self) -> str:
        return self.record.tag("psd") if self.record else ""


def walk_names(name: str) -> tuple[str, ...]:
    """The at most eight names the tree walk asks at, from `name` to the top (RFC 9989, 4.10)."""
    labels = name.rstrip(".").split(".")
    names = [".".join(labels)]
    # A long name is cut to seven labels after the first query.
    labels = labels[-(MOST_QUERIES - 1) :] if len(labels) >= MOST_QUERIES else labels[1:]
    while labels:
        names.append(".".join(labels))
        labels = labels[1:]
    return tuple(names)


async def tree_walk(name: str, lookups: Asks) -> tuple[Step, ...]:
    """Ask from `name` upwards until a record says `psd=y` or `psd=n`, or nothing is left."""
    steps = []
    for each in walk_names(name):
        step = Step(each, await lookups.ask(f"_dmarc.{each}.", "TXT"))
        steps.append(step)
        if step.psd in ("y", "n") or not step.answer.known:
            break
    return tuple(steps)


def organizational_domain(steps: tuple[Step, ...]) -> str | None:
    """The organizational domain that a walk comes to (RFC 9989, 4.10.2); None: nobody could tell.

    Without any record it is the name itself.
    """
    if any(not step.answer.known for step in steps):
        return None
    start = steps[0].name
    for step in steps:
        if step.psd == "n":
            return step.name
        if step.psd == "y" and step is not steps[0]:
            depth = step.name.count(".") + 2
            return ".".join(start.split(".")[-depth:])
    found = [step.name for step in steps if step.record]
    return min(found, key=lambda name: name.count(".")) if found else start
