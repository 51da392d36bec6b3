"""The command `maillint` and its report, in the panel's own database."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from domains.models import Domain, Transport
from mailboxes.models import Forwarding, Mailbox
from mailkit.lint import LEVELS, Code, Finding
from mailkit.tables import Level
from mailserver.lint_words import WORDS, detail_of

DOCUMENT = (Path(__file__).parents[2] / "docs/lint.md").read_text("utf-8")
DES = "rl0uE0wO1zY3Y"


@pytest.fixture
def rows(db: None) -> None:
    Domain.objects.create(domain="a.test")
    Mailbox.objects.create(email="anna@a.test", password=DES)
    Mailbox.objects.create(email="x@gone.test", password="{PLAIN}")
    for source, destination in (
        ("one@a.test", "two@a.test"),
        ("two@a.test", "one@a.test"),
        ("dead@a.test", "no@a.test"),
        ("all@a.test", "anna@a.test"),
        ("empty@a.test", ""),
    ):
        Forwarding.objects.create(source=source, destination=destination)
    Transport.objects.create(domain="far.test", transport="nosuch:")


def run(*arguments: str) -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command("maillint", *arguments, stdout=out)
    except SystemExit as stop:
        return int(stop.code or 0), out.getvalue()
    return 0, out.getvalue()


def keys(data: dict[str, Any], code: str) -> list[str]:
    return [
        example["key"]
        for one in data["findings"]
        if one["code"] == code
        for example in one["examples"]
    ]


def test_it_finds_what_each_table_has_wrong(rows: None) -> None:
    code, text = run("--json")
    data = json.loads(text)
    assert code == 1
    assert data["rows"] == {"domains": 1, "users": 2, "forwardings": 5, "transport": 1}
    assert keys(data, "forwarding.loop") == ["one@a.test", "two@a.test"]
    assert keys(data, "forwarding.dead_end") == ["dead@a.test"]
    assert keys(data, "transport.value") == ["far.test"]
    assert keys(data, "password.open") == ["x@gone.test"]
    assert keys(data, "password.weak") == ["anna@a.test"]
    # Of single rows too.
    assert keys(data, "row.domain_missing") == ["x@gone.test"]
    assert keys(data, "row.no_destination") == ["empty@a.test"]
    weak = next(one for one in data["schemes"] if one["scheme"] == "DES-CRYPT")
    assert weak == {"scheme": "DES-CRYPT", "count": 1, "weak": 1, "refused_by_dovecot_24": 1}
    levels = [one["level"] for one in data["findings"]]
    assert levels == sorted(levels, key=list(Level).index)
    assert DES not in text


def test_it_says_so_in_words(rows: None) -> None:
    code, text = run("--limit", "1")
    assert code == 1
    assert "FAULT  forwarding.loop  forwardings" in text
    assert "“one@a.test”: one@a.test → two@a.test → one@a.test" in text
    assert "and 1 more" in text
    assert "“far.test”: nosuch:: " in text
    assert "DES-CRYPT" in text
    assert DES not in text


@pytest.mark.django_db
def test_nothing_to_say_is_no_fault() -> None:
    Domain.objects.create(domain="a.test")
    code, text = run()
    assert code == 0
    assert "0 faults, 0 warnings, 0 notices" in text


@pytest.mark.django_db
def test_a_limit_below_one_is_wrong_usage() -> None:
    with pytest.raises(CommandError) as raised:
        call_command("maillint", "--limit", "0")
    assert raised.value.returncode == 2


@pytest.mark.django_db
def test_the_number_of_queries_grows_by_batches(django_assert_max_num_queries: Any) -> None:
    Domain.objects.create(domain="a.test")
    Mailbox.objects.bulk_create(
        Mailbox(email=f"u{number}@a.test", password=DES) for number in range(400)
    )
    Forwarding.objects.bulk_create(
        Forwarding(source=f"f{number}@a.test", destination=f"u{number}@a.test")
        for number in range(400)
    )
    connection.queries_log.clear()
    with django_assert_max_num_queries(40):
        assert run()[0] == 0


@pytest.mark.parametrize("code", Code)
def test_each_code_has_its_words_and_its_paragraph(code: Code) -> None:
    assert str(WORDS[code].what)
    assert str(WORDS[code].means)
    # What is a notice may be meant so.
    assert str(WORDS[code].by_hand) or LEVELS[code] is Level.NOTICE
    assert f"`{code}`" in DOCUMENT


@pytest.mark.parametrize(
    ("finding", "words"),
    [
        (Finding(Code.LOOP, "forwardings", "a@a.test", ("a@a.test", "a@a.test")), "→"),
        (Finding(Code.DEAD_END, "forwardings", "a@a.test", ("b@a.test",)), "b@a.test"),
        (
            Finding(
                Code.TRANSPORT_KEY,
                "transport",
                "@a.test",
                problem="local.empty",
                params={"value": "@a.test"},
            ),
            "nothing in front of the @",
        ),
        (
            Finding(Code.TRANSPORT_OWN, "domains", "a.test", ("smtp:x", ".test")),
            "smtp:x by the transport .test",
        ),
        (Finding(Code.CATCH_ALL, "forwardings", "@a.test"), ""),
    ],
)
def test_what_is_said_of_one_row(finding: Finding, words: str) -> None:
    assert words in detail_of(finding)
