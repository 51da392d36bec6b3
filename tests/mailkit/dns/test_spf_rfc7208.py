"""RFC 7208's test suite of 2014, through our driver; its data and licence stand in data/."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import yaml

from mailkit.dns.answers import Answer, Outcome
from mailkit.dns.families.spf.evaluate import evaluate

SUITE = Path(__file__).parent / "data" / "rfc7208-tests.yml"


class SuiteZone:
    """The suite's zone data as answers: TXT made from SPF, `TIMEOUT`, CNAMEs followed."""

    def __init__(self, zonedata: dict[str, list[Any]]) -> None:
        self.zone = {name.lower(): rows for name, rows in zonedata.items()}

    async def ask(self, name: str, type: str) -> Answer:
        key = name.rstrip(".").lower()
        for _ in range(10):
            rows = self.zone.get(key)
            if rows is None:
                return self.nothing(name, type, key)
            own = [row for row in rows if row != "TIMEOUT" and type in row]
            found = [row for row in own if row[type] != "NONE"]
            if not found and "TIMEOUT" in rows:
                return Answer(name, type, Outcome.TIMEOUT)
            if not own and type == "TXT":
                found = [row for row in rows if "SPF" in row]
            if found:
                return self.answer(name, type, found)
            alias = [row["CNAME"] for row in rows if "CNAME" in row]
            if not alias:
                return Answer(name, type, Outcome.NODATA)
            key = alias[0].rstrip(".").lower()
        return Answer(name, type, Outcome.NODATA)

    @staticmethod
    def nothing(name: str, type: str, key: str) -> Answer:
        if key.startswith("error."):
            return Answer(name, type, Outcome.TIMEOUT)
        return Answer(name, type, Outcome.NXDOMAIN)

    @staticmethod
    def answer(name: str, type: str, rows: list[Any]) -> Answer:
        values = [row.get(type, row.get("SPF")) for row in rows]
        if "TIMEOUT" in values:
            return Answer(name, type, Outcome.TIMEOUT)
        if type in ("TXT", "SPF"):
            texts = [value if isinstance(value, list) else [value] for value in values]
            strings = tuple(tuple(part.encode() for part in parts) for parts in texts)
            return Answer(name, type, Outcome.OK, texts=strings)
        if type == "MX":
            values = [f"{preference} {target}." for preference, target in values]
        return Answer(name, type, Outcome.OK, values=tuple(values))


def suite() -> list[Any]:
    cases = []
    for scenario in yaml.safe_load_all(SUITE.read_text("utf-8")):
        for name, test in scenario["tests"].items():
            cases.append(pytest.param(test, scenario["zonedata"], id=name))
    return cases


CASES = suite()


def test_the_suite_is_whole() -> None:
    assert len(CASES) >= 150


@pytest.mark.parametrize(("test", "zonedata"), CASES)
def test_rfc7208(test: dict[str, Any], zonedata: dict[str, list[Any]]) -> None:
    sender = test["mailfrom"]
    domain = (sender or test["helo"]).rpartition("@")[2]
    found = asyncio.run(
        evaluate(
            test["host"],
            domain,
            test["helo"],
            SuiteZone(zonedata),
            {},
            sender=sender or f"postmaster@{test['helo']}",
            explain=True,
        )
    )
    wanted = test["result"] if isinstance(test["result"], list) else [test["result"]]
    assert found.result in wanted, found
    if "explanation" in test:
        assert found.explanation == test["explanation"]
