"""Export of what a list shows: formats, filters, who may take what, hashes, the log."""

from __future__ import annotations

import csv
import io
import json

import pytest
from django.test import Client
from openpyxl import load_workbook

from audit.actor import Actor
from audit.models import Entry
from audit.recent import SESSION_KEY
from mailboxes.exports import rows as reading
from mailboxes.exports import sheet
from mailboxes.services.mailboxes import suspend_mailbox
from mailboxes.target_refresh import refresh_targets
from mailkit.spreadsheet import unguarded
from tests.exports.conftest import HASH, add_forwarding, add_mailbox, execute
from tests.pages.reading import read

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rows")]
KINDS = ("domains", "mailboxes", "forwardings", "transports")


def exported(client: Client, kind: str, query: str = "", **fields: str) -> str:
    return taken(client, kind, query, **{"format": "csv", **fields}).decode()


def taken(client: Client, kind: str, query: str = "", **fields: str) -> bytes:
    response = client.post(f"/export/{kind}/{query}", fields)
    assert response.status_code == 200, response
    assert response["Content-Disposition"].startswith(f'attachment; filename="{kind}')
    return b"".join(response.streaming_content)


def table(text: str, delimiter: str = ",") -> list[list[str]]:
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return [[unguarded(cell) for cell in line] for line in lines]


FORWARDINGS = [
    ["source", "destination"],
    ["=1+1@b.test", 'eve@b.test, "odd one"@far.test'],
    ["@a.test", "anna@a.test"],
    ["all@a.test", "anna@a.test, otto@a.test\nx@far.test"],
]


@pytest.mark.parametrize(("format", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_text_for_a_spreadsheet_is_safe_and_read_as_it_was(admin, format, delimiter) -> None:
    text = exported(admin, "forwardings", format=format)
    found = table(text, delimiter)
    assert [found[0], *sorted(found[1:])] == FORWARDINGS
    cells = [cell for line in csv.reader(io.StringIO(text), delimiter=delimiter) for cell in line]
    assert "'@a.test" in cells
    assert not any(cell.startswith(("=", "@", "+", "-")) for cell in cells)


def test_xlsx_has_texts_only_and_keeps_them_so(admin: Client) -> None:
    book = load_workbook(io.BytesIO(taken(admin, "forwardings", format="xlsx")))
    (only,) = book.worksheets
    found = [[cell.value for cell in line] for line in only.iter_rows()]
    assert [found[0], *sorted(found[1:])] == FORWARDINGS
    cells = {cell.value: cell for line in only.iter_rows() for cell in line}
    assert {cell.data_type for cell in cells.values()} == {"s"}
    assert {value for value, cell in cells.items() if cell.quotePrefix} == {
        "@a.test",
        "=1+1@b.test",
    }


@pytest.mark.parametrize("text", ["#N/A", "=1", "'=1", "''@a.test", "'tis", "1.50", "TRUE", " a "])
def test_xlsx_takes_nothing_for_something_else(admin: Client, text: str) -> None:
    add_forwarding("odd@a.test", text)
    book = load_workbook(io.BytesIO(taken(admin, "forwardings", "?q=odd@a", format="xlsx")))
    (_header, line) = book.worksheets[0].iter_rows(values_only=True)
    assert unguarded(line[1]) == text


def test_json_has_a_row_a_line(admin: Client) -> None:
    text = exported(admin, "forwardings", format="json")
    found = [list(row.values()) for row in json.loads(text)]
    assert sorted(found) == FORWARDINGS[1:]
    assert json.loads(text.splitlines()[1].rstrip(",")).keys() == {"source", "destination"}


@pytest.mark.parametrize(
    ("kind", "query", "keys"),
    [
        ("mailboxes", "?domain=a.test", ["anna@a.test", "otto@a.test"]),
        ("mailboxes", "?q=ott", ["otto@a.test"]),
        ("mailboxes", "?q=tto", []),
        ("mailboxes", "?q=tto&inside=1", ["otto@a.test"]),
        ("mailboxes", "?domain=b.test&q=anna", []),
        ("forwardings", "?q=far.test&domain=a.test", ["all@a.test"]),
        ("domains", "?q=b.t", ["b.test"]),
        ("domains", "?domain=A.test", ["a.test"]),
        ("transports", "?q=*", ["*"]),
        ("transports", "", ["*", "a.test"]),
    ],
)
def test_it_has_what_the_list_shows(admin: Client, kind: str, query: str, keys: list[str]) -> None:
    assert sorted(line[0] for line in table(exported(admin, kind, query))[1:]) == keys


@pytest.mark.parametrize("kind", KINDS)
def test_the_list_leads_to_it_with_its_filter(admin: Client, kind: str) -> None:
    page = admin.get(f"/{kind}/?q=a.t&after=a").content.decode()
    assert f'href="/export/{kind}/?q=a.t"' in page
    assert 'hx-select-oob="#list-export"' in page
    form = admin.get(f"/export/{kind}/?q=a.t").content.decode()
    assert "found by “a.t”" in form
    assert f'href="/{kind}/?q=a.t"' in form


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        ("mailboxes/mailbox", "mailboxes"),
        ("mailboxes/forwarding", "forwardings"),
        ("domains/domain", "domains"),
        ("domains/transport", "transports"),
    ],
)
def test_django_admin_leads_to_it_with_its_filter(admin: Client, page: str, kind: str) -> None:
    text = admin.get(f"/admin/{page}/?q=a.t&p=1").content.decode()
    assert f'href="/export/{kind}/?q=a.t"' in text


@pytest.mark.parametrize(
    ("kind", "query", "keys"),
    [
        ("mailboxes", "?state=suspended", ["eve@b.test"]),
        ("mailboxes", "?state=other", []),
        ("mailboxes", "?state=other&domain=x.test", ["old@x.test"]),
        ("forwardings", "?kind=domain", ["@a.test"]),
        ("forwardings", "?kind=address", ["=1+1@b.test", "all@a.test"]),
    ],
)
def test_it_has_what_django_admin_filters(
    admin: Client, root: Actor, kind: str, query: str, keys: list[str]
) -> None:
    suspend_mailbox(actor=root, email="eve@b.test")
    if "x.test" in query:
        execute("INSERT INTO users (email, password) VALUES ('old@x.test', 'rl0uE0wO1zY3Y')")
    assert sorted(line[0] for line in table(exported(admin, kind, query))[1:]) == keys


@pytest.mark.parametrize("kind", KINDS)
def test_a_domain_admin_exports_his_domains(bob: Client, kind: str) -> None:
    text = exported(bob, kind)
    assert "a.test" in text
    assert "b.test" not in text
    assert "*" not in text
    assert bob.post(f"/export/{kind}/?domain=b.test", {"format": "csv"}).status_code == 404


def test_every_row_is_read_once_in_batches(admin, bob, monkeypatch) -> None:
    monkeypatch.setattr(reading, "BATCH", 3)
    for number in range(10):
        add_mailbox(f"m{number}@a.test")
    keys = sorted([f"m{number}@a.test" for number in range(10)] + ["anna@a.test", "otto@a.test"])
    assert [line[0] for line in table(exported(bob, "mailboxes"))[1:]] == keys
    assert [line[0] for line in table(exported(admin, "mailboxes", "?domain=a.test"))[1:]] == keys


def test_no_hash_unless_a_superadmin_says_so(admin: Client, bob: Client) -> None:
    assert table(exported(admin, "mailboxes"))[0] == ["email"]
    assert HASH not in exported(admin, "mailboxes", format="json")
    found = table(exported(admin, "mailboxes", "?domain=b.test", hashes="1"))
    assert found == [["email", "password_hash"], ["eve@b.test", HASH]]
    assert 'name="hashes"' in admin.get("/export/mailboxes/").content.decode()
    assert 'name="hashes"' not in bob.get("/export/mailboxes/").content.decode()
    assert 'name="hashes"' not in admin.get("/export/domains/").content.decode()
    before = Entry.objects.count()
    response = bob.post("/export/mailboxes/", {"format": "csv", "hashes": "1"})
    assert response.status_code == 403
    assert Entry.objects.count() == before


def test_hashes_ask_for_the_password_again_and_go_on_then(admin: Client) -> None:
    session = admin.session
    session[SESSION_KEY] -= 16 * 60
    session.save()
    assert "anna@a.test" in exported(admin, "mailboxes")
    fields = {"format": "csv", "hashes": "1"}
    response = admin.post("/export/mailboxes/?q=anna", fields)
    assert response.status_code == 307
    assert response.url == "/login/again/?next=/export/mailboxes/%3Fq%3Danna"
    page = admin.post(response.url, fields).content.decode()
    assert '<input type="hidden" name="hashes" value="1">' in page
    assert not Entry.objects.filter(action="export_hashes").exists()


def test_it_is_logged_hashes_by_a_name_of_their_own(admin: Client) -> None:
    exported(admin, "transports", "?q=a.t&domain=a.test")
    one = Entry.objects.latest("pk")
    assert (one.action, one.object_type, one.object_key) == ("export_rows", "export", "transports")
    assert (one.actor, one.domain) == ("alice", "a.test")
    assert {name: after for name, (_, after) in one.changes.items()} == {
        "format": "csv",
        "domain": "a.test",
        "q": "a.t",
    }
    exported(admin, "mailboxes", hashes="1", format="json")
    assert Entry.objects.latest("pk").action == "export_hashes"
    page = admin.get("/audit/").content.decode()
    assert "exported with their password hashes:" in page


def refused(client: Client, kind: str, query: str = "", **fields: str) -> str:
    page = read(client.post(f"/export/{kind}/{query}", fields))
    assert page.is_invalid("format")
    return page.text


def test_what_a_sheet_cannot_hold_is_said_on_the_page(admin: Client, monkeypatch) -> None:
    add_forwarding("long@a.test", "x" * 32_768)
    assert "A cell of Excel holds 32,767 characters" in refused(admin, "forwardings", format="xlsx")
    add_forwarding("bell@a.test", "\x07")
    text = refused(admin, "forwardings", "?q=bell", format="xlsx")
    assert "no place for control characters" in text
    monkeypatch.setattr(sheet, "MOST_LINES", 3)
    assert "A sheet of Excel holds 3 lines" in refused(admin, "mailboxes", format="xlsx")
    assert not Entry.objects.filter(object_type="export").exists()
    assert taken(admin, "mailboxes", "?domain=a.test", format="xlsx")


def test_an_unknown_kind_or_format_is_refused(admin: Client) -> None:
    assert admin.get("/export/operators/").status_code == 404
    assert refused(admin, "mailboxes", format="pdf")
    assert "Choose a format." in refused(admin, "mailboxes")


def test_it_has_what_leads_there_and_no_more(admin: Client) -> None:
    found = table(exported(admin, "forwardings", "?to=anna@a.test"))
    assert sorted(line[0] for line in found[1:]) == ["@a.test", "all@a.test"]
    assert table(exported(admin, "forwardings", "?to=otto@a.test"))[1][0] == "all@a.test"
    assert len(table(exported(admin, "forwardings", "?to=none@a.test"))) == 1
    page = admin.get("/forwardings/?to=otto@a.test").content.decode()
    assert 'href="/export/forwardings/?to=otto%40a.test"' in page
    assert (
        "leading to otto@a.test"
        in admin.get("/export/forwardings/?to=otto@a.test").content.decode()
    )


def test_by_the_table_of_targets_it_finds_as_the_list_does(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    refresh_targets()
    monkeypatch.setattr("mailboxes.leading.FEW", 0)
    # Part of a destination is looked for only where that was asked for.
    assert len(table(exported(admin, "forwardings", "?q=tto"))) == 1
    assert len(table(exported(admin, "forwardings", "?q=tto&inside=1"))) == 2
    assert table(exported(admin, "forwardings", "?q=otto@a.test"))[1][0] == "all@a.test"
    assert table(exported(admin, "forwardings", "?to=otto@a.test"))[1][0] == "all@a.test"


@pytest.mark.parametrize(
    "page", ["domains/domain", "domains/transport", "mailboxes/mailbox", "mailboxes/forwarding"]
)
def test_django_admin_leads_to_the_import(admin: Client, page: str) -> None:
    assert 'href="/import/"' in admin.get(f"/admin/{page}/").content.decode()
