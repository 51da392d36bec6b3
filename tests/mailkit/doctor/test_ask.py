"""What doveadm prints, and how it is called; tests/stack/test_ask_dovecot.py asks the real one."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from mailkit.doctor.ask import LONGEST, Answer, Said, ask_dovecot
from mailkit.doctor.collect import Output

YES = "passdb: u@a.test auth succeeded\nextra fields:\n  user=u@a.test\n"
NO = "passdb: u@a.test auth failed\nextra fields:\n  user=u@a.test\n"
LATER = "extra fields:\n  user=u@a.test\n  code=temp_fail\n"
DENIED = "Error: a\nError: auth-client: connect(/run/auth-client) failed: Permission denied\n"


@pytest.mark.parametrize(
    ("output", "answer"),
    [
        (Output(0, YES, ""), Answer(Said.YES)),
        (Output(77, NO, ""), Answer(Said.NO)),
        (
            Output(75, LATER, "Error: cmd auth test: user u@a.test: internal auth failure"),
            Answer(Said.TEMPORARY),
        ),
        (Output(77, "", DENIED), Answer(Said.NOT_ASKED, DENIED.split("\n")[1])),
        (Output(None, "", "doveadm: not found"), Answer(Said.NOT_ASKED, "doveadm: not found")),
        (Output(64, "", ""), Answer(Said.NOT_ASKED, "exit 64")),
        # Of another user.
        (Output(0, YES.replace("u@", "x@"), ""), Answer(Said.NOT_ASKED, "exit 0")),
    ],
)
def test_what_doveadm_says(output: Output, answer: Answer) -> None:
    asked: list[tuple[list[str], str]] = []

    def run(command: Sequence[str], stdin: str) -> Output:
        asked.append((list(command), stdin))
        return output

    assert ask_dovecot("u@a.test", "hunter2", run=run) == answer
    ((command, stdin),) = asked
    assert "hunter2" not in " ".join(command)
    assert command[-2:] == ["--", "u@a.test"]
    assert stdin == "hunter2\n"


@pytest.mark.parametrize(
    ("address", "password"),
    [
        ("", "x"),
        ("u@a.test", "a\nb"),
        ("u@a.test\n", "x"),
        ("u\0@a.test", "x"),
        ("u@a.test", "x" * (LONGEST + 1)),
    ],
)
def test_what_is_not_asked(address: str, password: str) -> None:
    def run(command: Sequence[str], stdin: str) -> Output:
        raise AssertionError(command)

    assert ask_dovecot(address, password, run=run).said is Said.NOT_ASKED
