"""Each way in which publishing can fail stands in the documentation with what to do about it."""

from __future__ import annotations

import re
from pathlib import Path

from mailkit.dns.primary import Trouble

PAGE = Path(__file__).parents[3] / "docs" / "dns-publishing.md"


def test_each_trouble_is_documented() -> None:
    rows = re.findall(r"^\| `(publish\.\w+)` \| .+ \| .+ \|$", PAGE.read_text("utf-8"), re.M)
    assert rows == [trouble.value for trouble in Trouble]
