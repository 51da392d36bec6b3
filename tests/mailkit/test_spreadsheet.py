"""No cell begins as a formula, and each can be read back as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailkit.spreadsheet import guarded, unguarded

CASES = [
    ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
    ("+1", "'+1"),
    ("-1", "'-1"),
    ("@example.org", "'@example.org"),
    ("\t=1", "'\t=1"),
    ("\r=1", "'\r=1"),
    ("\n=1", "'\n=1"),
    ("＝1", "'＝1"),
    ("＠example.org", "'＠example.org"),
    ("'=1", "''=1"),
    ("''@a.test", "'''@a.test"),
    ("'tis@a.test", "'tis@a.test"),
    ("''", "''"),
    ("anna@example.org", "anna@example.org"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "written"), CASES, ids=[repr(text) for text, _ in CASES])
def test_no_cell_begins_as_a_formula(text: str, written: str) -> None:
    assert guarded(text) == written
    assert unguarded(written) == text


@given(st.text(alphabet="'=@a＋\t\n", max_size=6))
def test_what_is_guarded_is_read_as_it_was(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert guarded(text)[:1] not in {"=", "@", "＋", "\t", "\n"}
