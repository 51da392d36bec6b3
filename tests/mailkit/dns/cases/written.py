"""The cases that are written for zones in memory (`memory.py`), as cases for the real servers.

Their fixed names and addresses become the case's own: `example.test` is `{d}`, `mx.host.test` is
`{h}`, any other name `x.test` is `x-{d}`, and the networks are such that hold the case's addresses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from typing import Any

from mailkit.dns.subject import MailDomain, MailHost
from tests.mailkit.dns import dkim_cases, memory, policy_cases, spf_cases
from tests.mailkit.dns.cases import Case, Names, by_records
from tests.mailkit.dns.cases.mending import by_new_key
from tests.mailkit.dns.memory import DOMAIN, HOST, PLAIN

NAMES = {
    "mx.host.test": "{h}",
    DOMAIN: "{d}",
    "192.0.2.0/24": "198.18.0.0/16",
    "192.0.0.0/15": "198.18.0.0/15",
    "192.0.0.0/16": "198.18.0.0/16",
    "2001:db8::/64": "2001:db8::/48",
}
# The longest string that is surely cut by a program and not by a person.
STRING = 250


def renamed(text: str) -> str:
    for old, new in NAMES.items():
        text = text.replace(old, new)
    text = re.sub(r"\b([a-z0-9-]+)\.test\b", r"\1-{d}", text)
    text = re.sub(r"\b192\.0\.2\.10\b", "{ip4}", text)
    return re.sub(r"\b2001:db8::10\b", "{ip6}", text, flags=re.IGNORECASE)


def absolute(origin: str, text: str) -> str:
    """The lines of another zone with their full names."""
    lines = []
    for line in text.splitlines():
        owner, blank, rest = line.partition(" ")
        if owner:
            lines.append(f"{origin if owner == '@' else f'{owner}.{origin}'}.{blank}{rest}")
    return "\n".join(lines)


def zone_text(own: str, others: Mapping[str, str]) -> Callable[[Names], str]:
    parts = [own, *(absolute(origin, text) for origin, text in others.items())]
    text = renamed("\n".join(parts))

    def fill(names: Names) -> str:
        return re.sub(r'"([^"\\]{251,})"', lambda match: cut(match.group(1)), names.fill(text))

    return fill


def cut(text: str) -> str:
    """A long string as several, since the case's names are longer than those it is written with."""
    return " ".join(f'"{text[at : at + STRING]}"' for at in range(0, len(text), STRING))


def changed(subject: MailDomain | MailHost, standard: MailDomain | MailHost) -> dict[str, Any]:
    """The fields that are not as usual."""
    found = {}
    for each in fields(subject):
        value = getattr(subject, each.name)
        if value != getattr(standard, each.name):
            found[each.name] = renamed(value) if isinstance(value, str) else value
    return found


def served(cases: Iterable[memory.Case]) -> list[Case]:
    """Those that make a code by data that can be served."""
    return [
        Case(
            case.codes[0],
            zone_text(case.zone, case.others),
            fine_text(case),
            host=changed(case.host, HOST),
            domain=changed(case.domain, PLAIN),
            fine_domain=changed(case.near_domain, PLAIN) if case.near_domain else {},
            mend=by_records if case.mends else by_new_key,
        )
        for case in cases
        if case.codes and "test" not in case.others
    ]


def fine_text(case: memory.Case) -> Callable[[Names], str] | None:
    if case.near is None:
        return None
    others = case.others if case.near_others is None else case.near_others
    return zone_text(case.near, others)


CASES = [
    *served(spf_cases.CASES),
    *served(dkim_cases.CASES),
    *served(policy_cases.DMARC),
    *served(policy_cases.TLSRPT),
    *served(policy_cases.BIMI),
]
