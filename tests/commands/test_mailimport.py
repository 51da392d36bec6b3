"""`mailimport`: a plan, all or nothing or the good rows, exit codes, and what it prints."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from audit.models import Entry
from bulk import running
from bulk.models import Job, Part, Role, State
from domains.models import Domain
from mailboxes.models import Mailbox
from tests.bulk.importing import HASH
from worker.loop import Loop

pytestmark = pytest.mark.django_db
Run = Callable[..., tuple[int, str]]
TWO_GOOD = f"email,password_hash\na@a.test,{HASH}\nb@a.test,{HASH}\n"
ONE_BAD = TWO_GOOD + f"c@,{HASH}\n"
ONE_WARNED = TWO_GOOD + "c@a.test,rl0uE0wO1zY3Y\n"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    Domain.objects.create(domain="a.test")

    def call(data: str | bytes, *options: str) -> tuple[int, str]:
        file = tmp_path / "rows.csv"
        file.write_bytes(data.encode() if isinstance(data, str) else data)
        out = io.StringIO()
        try:
            call_command("mailimport", str(file), *options, stdout=out)
        except SystemExit as error:
            return int(error.code or 0), out.getvalue()
        return 0, out.getvalue()

    return call


def made() -> list[str]:
    return list(Mailbox.objects.order_by("pk").values_list("pk", flat=True))


CASES: dict[str, tuple[str, list[str], int, list[str]]] = {
    "all good": (TWO_GOOD, [], 0, ["a@a.test", "b@a.test"]),
    "all or nothing": (ONE_BAD, [], 1, []),
    "good rows only": (ONE_BAD, ["--good-rows-only"], 0, ["a@a.test", "b@a.test"]),
    "a warning": (ONE_WARNED, [], 1, []),
    "a warning, good rows": (ONE_WARNED, ["--good-rows-only"], 0, ["a@a.test", "b@a.test"]),
    "a warning, force": (ONE_WARNED, ["--force"], 0, ["a@a.test", "b@a.test", "c@a.test"]),
    "dry": (TWO_GOOD, ["--dry-run"], 0, []),
    "dry and bad": (ONE_BAD, ["--dry-run"], 1, []),
    "dry, warned and force": (ONE_WARNED, ["--dry-run", "--force"], 0, []),
    "broken": ("email,password\na\n", [], 1, []),
}


@pytest.mark.parametrize(("data", "options", "code", "boxes"), CASES.values(), ids=CASES)
def test_what_it_does_and_how_it_ends(
    run: Run, data: str, options: list[str], code: int, boxes: list[str]
) -> None:
    assert run(data, *options)[0] == code
    assert made() == boxes
    assert not Part.objects.filter(role__in=[Role.UPLOAD, Role.SECRET]).exists()


def test_all_or_nothing_needs_undo(run: Run, settings: Any) -> None:
    settings.MAILADMIN = type(settings.MAILADMIN)(**{**vars(settings.MAILADMIN), "undo_days": 0})
    with pytest.raises(CommandError, match="--good-rows-only"):
        run(TWO_GOOD)
    assert not Job.objects.exists()
    assert run(TWO_GOOD, "--dry-run")[0] == 0
    assert run(TWO_GOOD, "--good-rows-only")[0] == 0


def test_wrong_usage(run: Run) -> None:
    for option in ("--column=nope=x", "--column=email", "--encoding=klingon"):
        with pytest.raises(CommandError):
            run(TWO_GOOD, option)


def test_columns_and_encoding_can_be_told(run: Run) -> None:
    data = f"Wo;Schlüssel\na@a.test;{HASH}\n".encode("cp1252")
    columns = ("--column", "email=Wo", "--column", "password_hash=Schlüssel")
    assert "--encoding cp1252" in run(data, *columns)[1]
    assert run(data, *columns, "--encoding", "cp1252")[0] == 0
    assert made() == ["a@a.test"]


def test_reasons_come_with_their_line_and_nothing_a_terminal_obeys(run: Run) -> None:
    _code, out = run(TWO_GOOD + f"\x1b[31m@a.test,{HASH}\n")
    assert "line 4: \\x1b[31m@a.test: " in out
    assert "\x1b" not in out


def test_it_says_how_to_undo_it(run: Run) -> None:
    _code, out = run(TWO_GOOD)
    entry = Entry.objects.order_by("pk").first()
    assert entry is not None
    assert f"audit undo {entry.pk}" in out
    call_command("audit", "undo", str(entry.pk), stdout=io.StringIO())
    assert made() == []


def test_as_json(run: Run) -> None:
    code, out = run(ONE_BAD, "--json")
    data: dict[str, Any] = json.loads(out)
    assert (code, data["state"], data["done"]) == (1, "cancelled", 0)
    (refused,) = data["refused"]
    assert (refused["line"], refused["code"]) == (4, "domain.empty")
    assert data["force_would_do"] is False
    assert json.loads(run(ONE_WARNED, "--json")[1])["force_would_do"] is True


def test_ctrl_c_takes_all_or_nothing_back(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "ITEMS", 1)
    steps = []

    def interrupting(job: Job) -> None:
        if job.state == State.APPLYING and not steps:
            steps.append(made())
            raise KeyboardInterrupt

    monkeypatch.setattr(
        "bulk.management.commands.mailimport.Command._progress", lambda self: interrupting
    )
    code, out = run(TWO_GOOD)
    assert (code, steps, made()) == (1, [["a@a.test"]], [])
    assert "taken back" in out


class Killed(BaseException):
    """The process dies here."""


MANY = "email,password_hash\n" + "".join(f"u{number}@a.test,{HASH}\n" for number in range(9))


def after_each_part(monkeypatch: pytest.MonkeyPatch, do: Callable[[Job], None]) -> None:
    """Parts of three rows; `do` is called when one is written."""
    monkeypatch.setattr(running, "ITEMS", 3)
    monkeypatch.setattr(running, "tell", lambda job: job.state == State.APPLYING and do(job))


def test_no_worker_comes_in_between_and_one_follows_a_killed_command(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = []

    def part(job: Job) -> None:
        parts.append(job.done)
        if len(parts) == 2:
            raise Killed
        # So long did that take.
        DBTaskResult.objects.update(run_after=timezone.now())

    after_each_part(monkeypatch, part)
    with pytest.raises(Killed):
        run(MANY)
    assert parts == [3, 6]
    loop = Loop(interval=0.0)
    assert not loop.step()
    assert len(made()) == 6

    DBTaskResult.objects.update(run_after=timezone.now())
    after_each_part(monkeypatch, lambda job: None)
    assert loop.step()
    assert (Job.objects.get().state, len(made())) == (State.DONE, 9)


@pytest.mark.parametrize("options", [[], ["--json"]], ids=["words", "json"])
def test_one_that_a_worker_took_over_says_so(
    run: Run, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    after_each_part(monkeypatch, lambda job: Job.objects.update(position=2) and None)
    code, out = run(MANY, *options)
    assert code == 1
    if options:
        assert json.loads(out)["state"] == "applying"
    else:
        assert "A worker carries it on" in out
