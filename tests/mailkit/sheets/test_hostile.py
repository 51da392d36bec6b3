"""Files made to keep the panel busy, or to break it, are refused soon and with a word."""

from __future__ import annotations

import io
import random
import zipfile

import pytest

from mailkit.sheets import SheetError, open_file, read_head, reading, xlsx
from tests.mailkit.sheets.workbook import HEAD, sheet, workbook


def code_of(data: bytes) -> str:
    with pytest.raises(SheetError) as caught:
        list(open_file(io.BytesIO(data)).records)
    return caught.value.code


def test_no_sheet_is_deep() -> None:
    shallow = workbook([], sheet=sheet("<a>" * 29 + "</a>" * 29))
    assert list(open_file(io.BytesIO(shallow)).records) == []
    assert code_of(workbook([], sheet=sheet("<a>" * 30 + "</a>" * 30))) == "file.zip_bomb"


def test_no_tag_is_endless() -> None:
    # Of random digits, which do not pack so well that it is told by that.
    digits = random.Random(7).randbytes(700_000).hex()
    assert code_of(workbook([], sheet=sheet(f'<c r="{digits}"/>'))) == "file.zip_bomb"


def test_a_workbook_has_so_many_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    book = workbook(
        [["domain"]], shared=HEAD + "<sst><si><t>domain</t></si>" + "<si/>" * 9 + "</sst>"
    )
    monkeypatch.setattr(xlsx, "MOST_TEXTS", 10)
    open_file(io.BytesIO(book))
    monkeypatch.setattr(xlsx, "MOST_TEXTS", 9)
    assert code_of(book) == "file.too_many_texts"


def test_the_number_of_a_row_may_be_nonsense() -> None:
    cell = '<c r="A2" t="inlineStr"><is><t>a.test</t></is></c>'
    data = sheet(cell).replace('<row r="2">', f'<row r="{"9" * 5000}">')
    (record,) = open_file(io.BytesIO(workbook([], sheet=data))).records
    assert (record.line, record.values) == (2, {"domain": "a.test"})


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, zipfile.ZIP_DEFLATED])
def test_a_part_that_does_not_unpack(method: int) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as book:
        book.writestr("xl/workbook.xml", "<workbook/>" + "x" * 200)
    data = bytearray(out.getvalue())
    # Behind the header of 30 bytes and the name.
    for place in range(55, 90):
        data[place] ^= 0x55
    assert code_of(bytes(data)) == "file.xlsx"


def test_blanks_alone_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_PIECE", 10)
    monkeypatch.setattr(reading, "MOST_BLANKS", 100)
    file = io.BytesIO(b" \n" * 500)
    with pytest.raises(SheetError, match="empty"):
        open_file(file)
    assert file.tell() <= 130
    (record,) = open_file(io.BytesIO(b"\n" * 90 + b"domain\na.test\n")).records
    assert record.line == 92


@pytest.mark.parametrize("row", [r'{"domain": "a\ud800.test"}', r'{"a\udfff": 1, "domain": "x"}'])
def test_half_a_letter_in_json(row: str) -> None:
    for text in (f'[{{"domain": "b.test"}},\n{row}]', f'{{"exact": true,\n"domains": [{row}]}}'):
        with pytest.raises(SheetError) as caught:
            list(open_file(io.BytesIO(text.encode())).records)
        assert (caught.value.code, caught.value.line) == ("file.encoding", 2)


def test_half_a_letter_in_what_a_document_says_of_itself() -> None:
    assert (
        code_of(rb'{"note": {"x": ["\ud800"]}, "domains": [{"domain": "a.test"}]}')
        == "file.encoding"
    )
    whole = rb'[{"domain": "\ud83d\ude00.test"}]'
    (record,) = open_file(io.BytesIO(whole)).records
    assert record.values == {"domain": "\U0001f600.test"}


@pytest.mark.parametrize("kind", ["json", "facts", "xlsx", "csv"])
def test_for_the_columns_no_more_than_the_beginning_is_read(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(reading, "_PIECE", 1000)
    facts = ",".join(f'"{number}": 1' for number in range(2000))
    book = workbook(
        [["domain"]], shared=HEAD + "<sst>" + "<si><t>domain</t></si>" * 2000 + "</sst>"
    )
    data = {
        "json": b"[" + b" " * 20_000 + b'{"domain": "a.test"}]',
        "facts": f'{{{facts}, "domains": [{{"domain": "a.test"}}]}}'.encode(),
        "xlsx": book,
        "csv": b"domain" + b"," * 20_000 + b"\n",
    }[kind]
    file = io.BytesIO(data)
    with pytest.raises(SheetError, match="far"):
        open_file(file, most=5000)
    open_file(io.BytesIO(data), most=100_000)
    monkeypatch.setattr(reading, "HEAD", 5000)
    with pytest.raises(SheetError, match="far"):
        read_head(io.BytesIO(data))
