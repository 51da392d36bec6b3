"""Files as people have them are read as meant; broken ones say where and why."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from mailkit.sheets import CODES, Kind, SheetError, open_file, read_head
from tests.mailkit.sheets.workbook import HEAD, sheet, workbook

JSON_LINES = b'[{"email": "a@a.test", "password": 12},\n {"email": "b@a.test", "password": "x"}]'


def read(data: bytes, encoding: str = "", **how: Any) -> list[tuple[int, Kind, dict[str, Any]]]:
    found = open_file(io.BytesIO(data), encoding, **how)
    return [(one.line, one.kind, dict(one.values)) for one in found.records]


def box(line: int, email: str, password: str) -> tuple[int, Kind, dict[str, Any]]:
    return line, Kind.MAILBOXES, {"email": email, "password": password}


EXCEL = "E-Mail;Passwort\r\nanna@a.test;schön\r\n\r\n"
READ: dict[str, tuple[bytes, str, list[Any]]] = {
    "utf-8 with its mark": (EXCEL.encode("utf-8-sig"), "", [box(2, "anna@a.test", "schön")]),
    "utf-16": (EXCEL.encode("utf-16"), "", [box(2, "anna@a.test", "schön")]),
    "utf-16 without a mark": (EXCEL.encode("utf-16-le"), "", [box(2, "anna@a.test", "schön")]),
    "declared": (EXCEL.encode("cp1252"), "cp1252", [box(2, "anna@a.test", "schön")]),
    "a mark beats what is declared": (
        EXCEL.encode("utf-8-sig"),
        "cp1252",
        [box(2, "anna@a.test", "schön")],
    ),
    "tabs": (b"email\tpassword\na@a.test\tx\n", "", [box(2, "a@a.test", "x")]),
    "the sign that Excel is told": (b"sep=;\nemail;password\na;b\n", "", [box(3, "a", "b")]),
    "old Macs' line ends": (b"email,password\ra@a.test,x\r", "", [box(2, "a@a.test", "x")]),
    "empty lines and columns": (
        b"\nemail,password,,\n\na@a.test,x,,\n",
        "",
        [box(4, "a@a.test", "x")],
    ),
    "blanks in a password": (b'email,password\na@a.test," x "\n', "", [box(2, "a@a.test", " x ")]),
    "a line break in a cell": (
        b'source,destination\na@a.test,"b@a.test\nc@a.test"\nd@a.test,e@a.test\n',
        "",
        [
            (2, Kind.FORWARDINGS, {"source": "a@a.test", "destination": "b@a.test\nc@a.test"}),
            (4, Kind.FORWARDINGS, {"source": "d@a.test", "destination": "e@a.test"}),
        ],
    ),
    "address and goto": (
        b"address,goto\na@a.test,b@a.test\n",
        "",
        [(2, Kind.FORWARDINGS, {"source": "a@a.test", "destination": "b@a.test"})],
    ),
    "a list in JSON": (JSON_LINES, "", [box(1, "a@a.test", "12"), box(2, "b@a.test", "x")]),
    "a document": (
        b'{"domains": [{"domain": "a.test"}],\n"forwardings":\n[{"source": "x@a.test", '
        b'"destination": ["b@a.test", "c@a.test"]}]}',
        "",
        [
            (1, Kind.DOMAINS, {"domain": "a.test"}),
            (3, Kind.FORWARDINGS, {"source": "x@a.test", "destination": "b@a.test\nc@a.test"}),
        ],
    ),
    "a workbook": (
        workbook([["Domain", "Transport"], ["a.test", "smtp:"], ["", ""], ["b.test", "relay:"]]),
        "",
        [
            (2, Kind.TRANSPORTS, {"domain": "a.test", "transport": "smtp:"}),
            (4, Kind.TRANSPORTS, {"domain": "b.test", "transport": "relay:"}),
        ],
    ),
    "a number for a password": (
        workbook([["email", "password"], ["a@a.test", 12345678]]),
        "",
        [box(2, "a@a.test", "12345678")],
    ),
    "a number in Excel's writing": (
        workbook([], sheet=sheet('<c r="A2"><v>1.2E3</v></c>')),
        "",
        [(2, Kind.DOMAINS, {"domain": "1200"})],
    ),
}


@pytest.mark.parametrize(("data", "encoding", "rows"), READ.values(), ids=READ)
def test_it_is_read_as_meant(data: bytes, encoding: str, rows: list[Any]) -> None:
    assert read(data, encoding) == rows


_BOMB = HEAD + '<!DOCTYPE s [<!ENTITY a "xxxxxxxxxx"><!ENTITY b "&a;&a;&a;">]><s>&b;</s>'
BROKEN: dict[str, tuple[bytes, str, int]] = {
    "nothing": (b"", "file.empty", 0),
    "blanks": (b" \n\n", "file.empty", 0),
    "a picture": (b"\x89PNG\r\n\x1a\n", "file.binary", 1),
    "zeros": (b"email,password\n\0\0\0\1\2", "file.binary", 1),
    "a zero further down": (b"domain\n" + b"a.test\n" * 2000 + b"\0", "file.binary", 2002),
    "an archive": (b"\x1f\x8b\x08rest", "file.binary", 1),
    "an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "file.old_excel", 0),
    "cp1252 not declared": (
        b"email,password\n" + b"a,b\n" * 9 + "a@a.test,schön\n".encode("cp1252"),
        "file.encoding",
        11,
    ),
    "a row too wide": (b"source,destination\na@a,b@a,c@a\n", "file.ragged", 2),
    "a row too narrow": (b"email,password\na@a.test,x\nb@a.test\n", "file.ragged", 3),
    "a quotation mark left open": (b'email,password\na,b\n"c,d\ne,f\n', "file.quotes", 3),
    "a cell without an end": (b'domain\n"' + b"x" * 200_000 + b'"\n', "file.too_long", 2),
    "a line without an end": (b"domain\n" + b"x" * 3_000_000, "file.too_long", 2),
    "no names": (b"anna@a.test,secret\n", "file.no_header", 1),
    "names of something else": (b"foo,bar\n1,2\n", "file.unknown_columns", 1),
    "an address alone": (b"email\na@a.test\n", "file.no_password", 1),
    "two columns alike": (b"email,E-Mail,password\n", "file.duplicate_column", 1),
    "broken JSON": (b'[{"domain": "a.test"},\n{"domain": }]', "file.json", 2),
    "JSON cut off": (b'[{"domain": "a.test"},\n', "file.json", 2),
    "JSON and more": (b'[{"domain": "a.test"}] x', "file.json", 1),
    "a name twice": (b'[{"domain": "a.test", "domain": "b.test"}]', "file.json", 1),
    "deep JSON": (b'[{"domain": ' + b"[" * 200_000, "file.json", 1),
    "deep at once": (b"[" * 200_000, "file.json", 1),
    "a list of texts": (b'["a.test"]', "file.json_shape", 1),
    "a list of another name": (b'{"people": [{"domain": "a.test"}]}', "file.json_shape", 1),
    "an object for a value": (b'[{"domain": {"a": 1}}]', "file.json_value", 1),
    "true for a value": (b'[{"domain": true}]', "file.json_value", 1),
    "no workbook": (b"PK\x03\x04 and nothing of the kind", "file.xlsx", 0),
    "a formula": (
        workbook([], sheet=sheet('<c r="A2"><f>B2&amp;C2</f><v>x</v></c>')),
        "file.formula",
        2,
    ),
    "an error in a cell": (
        workbook([], sheet=sheet('<c r="A2" t="e"><v>#REF!</v></c>')),
        "file.cell_error",
        2,
    ),
    "a text that is not there": (
        workbook([], sheet=sheet('<c r="A2" t="s"><v>99</v></c>')),
        "file.xlsx",
        2,
    ),
    "entities": (workbook([["domain"]], shared=_BOMB), "file.zip_bomb", 0),
    "a zip bomb": (
        workbook([["domain"]], shared=HEAD + "<sst>" + "<si/>" * 4_000_000 + "</sst>"),
        "file.zip_bomb",
        0,
    ),
    "a huge cell": (
        workbook([], sheet=sheet(f'<c r="A2" t="str"><v>{"ab" * 100_000}</v></c>')),
        "file.too_long",
        2,
    ),
    "broken XML": (workbook([], sheet=sheet("<c>")), "file.xlsx", 0),
}


@pytest.mark.parametrize(("data", "code", "line"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_says_where_and_why(data: bytes, code: str, line: int) -> None:
    with pytest.raises(SheetError) as caught:
        read(data)
    assert (caught.value.code, caught.value.line) == (code, line)
    assert code in CODES


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7])
def test_it_does_not_matter_how_the_pieces_fall(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr("mailkit.sheets.reading._PIECE", size)
    assert read(EXCEL.encode("utf-16")) == [box(2, "anna@a.test", "schön")]
    assert read(JSON_LINES) == [box(1, "a@a.test", "12"), box(2, "b@a.test", "x")]


def test_columns_may_be_chosen() -> None:
    data = b"Wer;Was;email\nanna@a.test;x;y\n"
    assert read(data, chosen={"email": "wer", "password": "Was"}) == [box(2, "anna@a.test", "x")]
    assert read(data, chosen={"email": "#1", "password": "#3"}) == [box(2, "anna@a.test", "y")]
    with pytest.raises(SheetError, match=r"file\.no_such_column"):
        read(data, chosen={"email": "Adresse"})


def test_only_what_is_chosen_counts_where_all_was_chosen() -> None:
    data = b"email,password,domain\na@a.test,x,a.test\n"
    assert read(data, chosen={"domain": "#3"}, only=True) == [
        (2, Kind.DOMAINS, {"domain": "a.test"})
    ]


def test_the_head_shows_the_first_rows() -> None:
    head = read_head(io.BytesIO(b"Wer;Was\n1;2\n3;4\n"))
    assert (head.names, head.rows, head.by_name) == (
        ("Wer", "Was"),
        (("1", "2"), ("3", "4")),
        False,
    )
    assert read_head(io.BytesIO(JSON_LINES)).by_name
    assert read_head(io.BytesIO(b'{"domains": []}')).names == ()


def test_a_record_shows_no_password() -> None:
    (record,) = open_file(io.BytesIO(b"email,password\na@a.test,geheim\n")).records
    assert "geheim" not in repr(record)


GUARDED = [["source", "destination"], ["'@a.test", "''=1"], ["'tis@a.test", "'+x@a.test"]]
UNGUARDED = [
    (2, Kind.FORWARDINGS, {"source": "@a.test", "destination": "'=1"}),
    (3, Kind.FORWARDINGS, {"source": "'tis@a.test", "destination": "+x@a.test"}),
]


@pytest.mark.parametrize("form", ["csv", "tsv", "xlsx"])
def test_the_apostrophe_that_an_export_writes_is_taken_away(form: str) -> None:
    sign = {"csv": ",", "tsv": "\t"}.get(form)
    text = "".join(f"{(sign or '').join(row)}\r\n" for row in GUARDED)
    data = text.encode() if sign else workbook(GUARDED)
    assert read(data) == UNGUARDED
    assert read_head(io.BytesIO(data)).rows[0] == ("@a.test", "'=1")


def test_in_json_an_apostrophe_is_text() -> None:
    data = b'[{"source": "\'@a.test", "destination": "x@a.test"}]'
    assert read(data)[0][2]["source"] == "'@a.test"


@pytest.mark.parametrize("size", [1, 2, 3, 1 << 16])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_line_ends_within_a_cell_are_text(
    monkeypatch: pytest.MonkeyPatch, end: str, size: int
) -> None:
    monkeypatch.setattr("mailkit.sheets.reading._PIECE", size)
    lines = ["source,destination", '@a.test,"a\rb\r\nc\nd\r"', "x@a.test,y@a.test"]
    found = read(end.join(lines).encode())
    assert [row[2]["destination"] for row in found] == ["a\rb\r\nc\nd\r", "y@a.test"]


@pytest.mark.parametrize("names", ["email,password_hash,login", "Login,EMAIL,hash,password_hash"])
def test_a_name_of_its_own_goes_before_one_that_stands_for_it(names: str) -> None:
    columns = names.lower().split(",")
    wanted = {"email": "email", "password_hash": "password_hash"}
    assert read(f"{names}\n{','.join(columns)}\n".encode())[0][2] == wanted
    row = dict(zip(names.split(","), columns, strict=True))
    assert read(json.dumps([row]).encode())[0][2] == wanted
