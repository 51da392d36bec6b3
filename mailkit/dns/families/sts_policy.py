"""An MTA-STS policy (RFC 8461, 3.2), read and written."""

from __future__ import annotations

import re
from dataclasses import dataclass

MODES = ("enforce", "testing", "none")
MOST_AGE = 31_557_600
DEFAULT_AGE = 604_800
_PATTERN = re.compile(r"(\*\.)?([a-z0-9_]([a-z0-9_-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?")


@dataclass(frozen=True)
class Policy:
    """What the policy says; `faults` in words, empty if senders accept it."""

    mode: str = ""
    max_age: int = 0
    mx: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()

    def covers(self, host: str) -> bool:
        """`*.a.test` stands for one label, as in certificates (4.1)."""
        name = host.lower().rstrip(".")
        return any(
            name == pattern or (pattern[:2] == "*." and name.partition(".")[2] == pattern[2:])
            for pattern in self.mx
        )


def read(text: str) -> Policy:
    """A policy from its text; unknown keys are let pass, as the RFC wants it."""
    seen: dict[str, str] = {}
    hosts: list[str] = []
    faults: list[str] = []
    for line in text.splitlines():
        if not line.strip():
            continue
        key, colon, value = line.partition(":")
        key, value = key.strip(), value.strip()
        if not colon:
            faults.append(f"a line without a colon: {line.strip()[:60]}")
        elif key == "mx":
            hosts.append(value.lower())
        else:
            seen.setdefault(key, value)
    if not text.lstrip().startswith("version"):
        faults.append("`version` is not the first line")
    if seen.get("version") != "STSv1":
        faults.append("version is not STSv1")
    mode = seen.get("mode", "")
    if mode not in MODES:
        faults.append("mode is none of enforce, testing, none")
    age = seen.get("max_age", "")
    if not re.fullmatch(r"[0-9]{1,10}", age) or int(age) > MOST_AGE:
        faults.append(f"max_age is no number of seconds up to {MOST_AGE}")
    if not hosts and mode != "none":
        faults.append("no mx line")
    faults += [f"mx: {host[:60]}" for host in hosts if not _PATTERN.fullmatch(host)]
    number = int(age) if re.fullmatch(r"[0-9]{1,10}", age) else 0
    return Policy(mode, number, tuple(hosts), tuple(faults))


def write(mode: str, hosts: list[str], max_age: int = DEFAULT_AGE) -> str:
    """The text of a policy, with the line ends that the RFC's grammar has."""
    lines = ["version: STSv1", f"mode: {mode}", *(f"mx: {host}" for host in hosts)]
    return "\r\n".join([*lines, f"max_age: {max_age}", ""])
