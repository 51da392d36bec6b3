"""The command `audit` in a process of its own: wrong usage."""

from __future__ import annotations

import pytest

from tests.servers.panel import Panel


@pytest.mark.parametrize(
    "arguments",
    [
        ("audit",),
        ("audit", "undo"),
        ("audit", "undo", "x"),
        ("audit", "list", "--limit", "-1"),
        ("audit", "list", "--kind", "nothing"),
    ],
)
def test_wrong_usage_exits_with_2(arguments, tmp_path) -> None:
    done = Panel(f"sqlite:///{tmp_path}/db").manage(*arguments)
    assert done.returncode == 2, done.stderr
    assert "usage" in done.stderr
