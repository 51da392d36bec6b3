"""A workbook is read by another library as it was written, texts only."""

from __future__ import annotations

import io
import warnings
from contextlib import suppress

import pytest
from openpyxl import load_workbook

from mailkit.xlsx import NOT_KEPT, SheetWriter, length

TEXTS = [
    *(
        "",
        "anna@a.test",
        "=1+1",
        "#N/A",
        "TRUE",
        "1.50",
        "007",
        "2024-02-29",
        " a ",
        "a\r\nb\rc\nd",
    ),
    *("<t>&amp;</t>", "]]>", "é\U0001f600", "tab\there", "\x7f\x85\u2028", "x" * 32_767),
]


def test_texts_are_kept_and_stay_texts() -> None:
    file = io.BytesIO()
    with SheetWriter(file, "mailboxes") as sheet:
        sheet.row([(f"n{number}", False) for number in range(800)])
        sheet.row([(text, text.startswith("=")) for text in TEXTS])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        book = load_workbook(file)
    (only,) = book.worksheets
    assert only.title == "mailboxes"
    assert [cell.value for cell in only[1]] == [f"n{number}" for number in range(800)]
    cells = only[2][: len(TEXTS)]
    assert [cell.value or "" for cell in cells] == TEXTS
    assert {cell.number_format for cell in cells} == {"@"}
    assert {cell.data_type for cell in cells} <= {"s", "inlineStr"}
    assert [cell.value for cell in cells if cell.quotePrefix] == ["=1+1"]


def test_after_an_error_it_is_no_workbook() -> None:
    file = io.BytesIO()
    with suppress(LookupError), SheetWriter(file, "x") as sheet:
        sheet.row([("a", False)])
        raise LookupError
    with pytest.raises(SyntaxError):
        load_workbook(file)


@pytest.mark.parametrize("text", ["\x00", "\x07", "\x1f", "\ufffe", "_x0041_", "a_xFFfe_b"])
def test_what_has_no_place_is_told(text: str) -> None:
    assert NOT_KEPT.search(text)


@pytest.mark.parametrize("text", ["\t\n\r", "\x7f", "\ufffd", "_x041_", "x0041_", "\U0001f600"])
def test_what_has_its_place_is_not(text: str) -> None:
    assert not NOT_KEPT.search(text)


def test_length_is_as_excel_counts() -> None:
    assert (length("é"), length("\U0001f600")) == (1, 2)
