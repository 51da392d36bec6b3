"""Each code with which a step of a DKIM key is refused stands in the documentation."""

from __future__ import annotations

import re
from pathlib import Path

from mailkit.dkim.signing import Obstacle

ROOT = Path(__file__).parents[2]


def test_each_refusal_is_documented() -> None:
    page = (ROOT / "docs" / "dkim.md").read_text("utf-8")
    rows = re.findall(r"^\| `(dkim\.\w+|changed_meanwhile)` \| .+ \|$", page, re.M)
    services = (ROOT / "dnshealth" / "dkim" / "services.py").read_text("utf-8")
    raised = set(re.findall(r'"(dkim\.\w+|changed_meanwhile)"', services))
    assert len(rows) == len(set(rows))
    assert set(rows) == raised | {str(one) for one in Obstacle}
