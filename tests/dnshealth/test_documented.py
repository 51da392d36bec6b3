"""docs/dns.md has every code with how bad it is and what it says."""

from __future__ import annotations

import re

from dnshealth.words import FAMILIES, WORDS
from mailadmin.env import BASE_DIR
from mailkit.dns.catalogue import CATALOGUE
from mailkit.dns.results import Verdict

PAGE = (BASE_DIR / "docs" / "dns.md").read_text("utf-8")


def test_each_code_is_documented() -> None:
    rows = re.findall(r"^\| `([a-z]+\.\w+)` \| (.+) \| (.+) \|$", PAGE, re.M)
    found = {code: (severities, title) for code, severities, title in rows}
    assert len(rows) == len(found)
    assert found == {
        code.code: (
            ", ".join(one.value for one in code.severities) or "unknown",
            str(WORDS[code.code].title),
        )
        for code in CATALOGUE.values()
    }


def test_each_family_and_verdict_is_documented() -> None:
    assert [words for words in FAMILIES.values() if f"### {words.name}\n" not in PAGE] == []
    assert [verdict for verdict in Verdict if f"\n| {verdict.value} | " not in PAGE] == []
