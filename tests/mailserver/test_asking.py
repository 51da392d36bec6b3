"""`maildoctor --ask`: Dovecot's answer beside the panel's."""

from __future__ import annotations

import io
import json
import sys

import pytest
from django.core.management import CommandError, call_command

from mailkit.doctor.ask import Answer, Said
from tests.mailserver.asking import SECRET, answers

__all__ = ["answers"]

DISAGREE = "They disagree"
SOCKET = "auth-client"


def run(
    address: str, password: str, monkeypatch: pytest.MonkeyPatch, *more: str
) -> tuple[int, str]:
    monkeypatch.setattr(sys, "stdin", io.StringIO(password + "\n"))
    out = io.StringIO()
    try:
        call_command("maildoctor", "--ask", address, *more, stdout=out)
    except SystemExit as stop:
        return int(stop.code or 0), out.getvalue()
    return 0, out.getvalue()


@pytest.mark.parametrize(
    ("said", "address", "password", "panel", "agree"),
    [
        (Said.YES, "u@a.test", SECRET, "correct", True),
        (Said.YES, "U@A.test", SECRET, "correct", True),
        (Said.YES, "u@a.test", "wrong", "wrong", False),
        (Said.YES, "x@a.test", SECRET, "no mailbox", False),
        (Said.YES, "locked@a.test", SECRET, "suspended", False),
        (Said.YES, "otp@a.test", SECRET, "cannot tell", None),
        (Said.NO, "u@a.test", SECRET, "correct", False),
        (Said.NO, "u@a.test", "wrong", "wrong", True),
        (Said.NO, "x@a.test", SECRET, "no mailbox", True),
        (Said.NO, "locked@a.test", SECRET, "suspended", True),
        (Said.TEMPORARY, "u@a.test", SECRET, "correct", False),
        (Said.NOT_ASKED, "u@a.test", SECRET, "correct", None),
    ],
)
def test_both_answers(
    answers: list[Answer],
    monkeypatch: pytest.MonkeyPatch,
    said: Said,
    address: str,
    password: str,
    panel: str,
    agree: bool | None,
) -> None:
    answers.append(Answer(said, "no socket" if said is Said.NOT_ASKED else ""))
    code, text = run(address, password, monkeypatch, "--json")
    assert json.loads(text) == {
        "address": address,
        "dovecot": said.value,
        "reason": answers[-1].reason,
        "panel": panel,
        "agree": agree,
    }
    assert code == (0 if (said, panel) == (Said.YES, "correct") else 1)
    _code, words = run(address, password, monkeypatch)
    assert (DISAGREE in words) is (agree is False)
    assert (SOCKET in words) is (said is Said.NOT_ASKED)
    assert SECRET not in text + words


def test_two_things_at_once_are_wrong_usage(answers: list[Answer]) -> None:
    for more in (["--bundle", "x"], ["--print-command"]):
        with pytest.raises(CommandError) as raised:
            call_command("maildoctor", "--ask", "u@a.test", *more)
        assert raised.value.returncode == 2
