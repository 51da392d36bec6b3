"""Every code of a broken file has words, with what they need filled in."""

from __future__ import annotations

import pytest

from bulk.import_forms import ImportForm
from bulk.importing.file_words import WORDS, unreadable
from mailkit.sheets import CODES, SheetError


def test_every_code_has_words_and_none_is_left_over() -> None:
    assert set(WORDS) == set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_the_words_are_whole(code: str) -> None:
    everything = ("encoding", "found", "wanted", "sign", "limit", "value", "detail", "field")
    params = dict.fromkeys((*everything, "column", "name", "size"), "X")
    error = unreadable(SheetError(code, 7, **params))
    assert error.code == code
    assert str(error).startswith("Line 7: ")
    assert "%(" not in str(error)


@pytest.mark.parametrize("choose", [False, True])
def test_a_request_looks_at_the_beginning_only(
    monkeypatch: pytest.MonkeyPatch, choose: bool
) -> None:
    monkeypatch.setattr("bulk.import_forms.HEAD", 1000)
    text = "[" + " " * 5000 + '{"domain": "a.test"}]'
    form = ImportForm({"text": text, "choose": choose})
    # Unless the columns are to be chosen, a worker reads on.
    assert form.is_valid() is not choose
    assert ("cannot be chosen" in str(form.errors)) is choose
