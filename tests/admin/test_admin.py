"""Django admin for the four tables: the panel's rules, its change log, and no hash anywhere."""

from __future__ import annotations

import re
from unittest.mock import patch
from urllib.parse import quote

import pytest
from django.contrib.admin.utils import quote as admin_quote
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.models import Entry
from audit.recent import SESSION_KEY
from bulk.models import Job
from domains.models import Domain, Transport
from domains.state import state_of
from mailboxes.models import Forwarding, Mailbox
from mailboxes.passwords import hashed
from mailkit.passwords import is_locked, verify

NEW = "another long secret 8"
BOXES = "/admin/mailboxes/mailbox/"
FORWARDINGS = "/admin/mailboxes/forwarding/"
DOMAINS = "/admin/domains/domain/"
TRANSPORTS = "/admin/domains/transport/"
ODD = [
    "a/b@x.test",
    "_5F@x.test",
    "100%@x.test",
    "o'brien@x.test",
    'quo"te@x.test',
    "with blank@x.test",
    "Capital@X.test",
    "ünï@x.test",
    "a?b#c&d=e@x.test",
]


def errors(response) -> str:
    assert response.status_code == 200
    found = re.findall(r'<ul class="errorlist[^>]*>(.*?)</ul>', response.content.decode(), re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", one) for one in found)


def change(url: str, key: str) -> str:
    return f"{url}{quote(admin_quote(key))}/change/"


def delete(url: str, key: str) -> str:
    return f"{url}{quote(admin_quote(key))}/delete/"


def actions() -> list[str]:
    return list(Entry.objects.order_by("id").values_list("action", flat=True))


@pytest.fixture
def quiet(anna) -> None:
    """Only what happens from here on stands in the log."""
    Entry.objects.all().delete()


def test_each_table_is_added_to_changed_and_deleted_from_by_the_services(admin, two_domains):
    assert admin.post(DOMAINS + "add/", {"domain": "New.test"}).status_code == 302
    box = {"email": "Max@a.test", "password1": NEW, "password2": NEW}
    assert admin.post(BOXES + "add/", box).status_code == 302
    assert verify(NEW, Mailbox.objects.get(pk="max@a.test").password)
    forwarding = {"source": "f@a.test", "destination": "max@a.test"}
    assert admin.post(FORWARDINGS + "add/", forwarding).status_code == 302
    transport = {"domain": "far.test", "transport": "smtp:"}
    assert admin.post(TRANSPORTS + "add/", transport).status_code == 302
    box = {"password1": NEW + "!", "password2": NEW + "!"}
    assert admin.post(change(BOXES, "max@a.test"), box).status_code == 302
    assert verify(NEW + "!", Mailbox.objects.get(pk="max@a.test").password)
    forwarding["destination"] = "max@a.test\nx@far.test"
    assert admin.post(change(FORWARDINGS, "f@a.test"), forwarding).status_code == 302
    assert Forwarding.objects.get().destination == "max@a.test, x@far.test"
    transport["transport"] = "relay:"
    assert admin.post(change(TRANSPORTS, "far.test"), transport).status_code == 302
    for url, key in (
        (TRANSPORTS, "far.test"),
        (FORWARDINGS, "f@a.test"),
        (BOXES, "max@a.test"),
        (DOMAINS, "new.test"),
    ):
        assert admin.post(delete(url, key), {"post": "yes"}).status_code == 302
    assert actions() == [
        "create_domain",
        "create_mailbox",
        "create_forwarding",
        "create_transport",
        "set_mailbox_password",
        "change_forwarding",
        "change_transport",
        "delete_transport",
        "delete_forwarding",
        "delete_mailbox",
        "delete_domain",
    ]
    assert {entry.actor for entry in Entry.objects.all()} == {"alice"}


@pytest.mark.parametrize(
    ("url", "data", "words"),
    [
        (DOMAINS, {"domain": "nodot"}, "no dot"),
        (DOMAINS, {"domain": "a.test"}, "exists already"),
        (BOXES, {"email": "é@a.test", "password1": NEW, "password2": NEW}, "ASCII"),
        (BOXES, {"email": "anna@a.test", "password1": NEW, "password2": NEW}, "exists already"),
        (BOXES, {"email": "x@a.test", "password1": NEW, "password2": "y"}, "differ"),
        (BOXES, {"email": "x@a.test", "password1": "", "password2": ""}, "Type a password"),
        (FORWARDINGS, {"source": "x@a.test", "destination": "|cat"}, "command"),
        (FORWARDINGS, {"source": "x@a.test", "destination": "x+1@a.test"}, "circle"),
        (TRANSPORTS, {"domain": "x.test", "transport": "carrier:pigeon"}, "no service"),
    ],
)
def test_what_the_panel_refuses_is_refused_here(admin, quiet, url, data, words):
    assert words in errors(admin.post(url + "add/", {**data, "force": "on"}))
    assert actions() == []


@pytest.mark.parametrize(
    ("url", "data"),
    [
        (BOXES, {"email": "x@far.test", "password1": NEW, "password2": NEW}),
        (BOXES, {"email": "x@a.test", "password1": "password", "password2": "password"}),
        (FORWARDINGS, {"source": "x@a.test", "destination": "nobody@a.test"}),
        (FORWARDINGS, {"source": "anna@a.test", "destination": "x@far.test"}),
        (TRANSPORTS, {"domain": "*", "transport": "smtp:"}),
        (TRANSPORTS, {"domain": "a.test", "transport": "smtp:"}),
    ],
)
def test_a_warning_asks_for_the_box_and_takes_it(admin, quiet, url, data):
    response = admin.post(url + "add/", data)
    assert errors(response)
    assert 'type="checkbox" name="force"' in response.content.decode()
    assert actions() == []
    assert admin.post(url + "add/", {**data, "force": "on"}).status_code == 302
    assert len(actions()) == 1


@pytest.mark.parametrize("key", ODD)
def test_whatever_stands_in_the_tables_is_opened_changed_and_deleted(admin, db, key):
    Mailbox.objects.create(email=key, password="{PLAIN}x")
    Forwarding.objects.create(source=key, destination="x@far.test")
    Transport.objects.create(domain=key, transport="smtp:")
    for url in (BOXES, FORWARDINGS, TRANSPORTS):
        assert admin.get(url).status_code == 200
        assert admin.get(change(url, key)).status_code == 200
    assert admin.post(change(BOXES, key), {"password1": NEW, "password2": NEW}).status_code == 302
    # A mailbox of the same address loses its mail by this, which is warned of.
    data = {"source": key, "destination": "y@far.test", "force": "on"}
    assert admin.post(change(FORWARDINGS, key), data).status_code == 302
    assert Forwarding.objects.get(pk=key).destination == "y@far.test"
    data = {"domain": key, "transport": "relay:"}
    assert admin.post(change(TRANSPORTS, key), data).status_code == 302
    for url, model in ((BOXES, Mailbox), (FORWARDINGS, Forwarding), (TRANSPORTS, Transport)):
        assert admin.get(delete(url, key)).status_code == 200
        assert admin.post(delete(url, key), {"post": "yes"}).status_code == 302
        assert not model.objects.exists()


def test_no_page_has_the_hash(admin, anna):
    stored = anna.password
    pages = [
        BOXES,
        BOXES + "?q=anna",
        BOXES + "?state=suspended",
        change(BOXES, anna.email),
        delete(BOXES, anna.email),
        change(BOXES, anna.email).replace("change", "history"),
        "/admin/",
    ]
    for page in pages:
        html = admin.get(page).content.decode()
        assert stored not in html
        assert stored[-20:] not in html
    # Nor can it be set: the column is no field.
    admin.post(change(BOXES, anna.email), {"password": "{PLAIN}x", "email": "other@a.test"})
    assert Mailbox.objects.get().password == stored


def test_the_list_edits_all_or_nothing(admin, quiet):
    Transport.objects.create(domain="one.test", transport="smtp:")
    Transport.objects.create(domain="two.test", transport="smtp:")
    data = {
        "form-TOTAL_FORMS": "2",
        "form-INITIAL_FORMS": "2",
        "form-0-domain": "one.test",
        "form-0-transport": "relay:",
        "form-1-domain": "two.test",
        "form-1-transport": "carrier:pigeon",
        "_save": "Save",
    }
    assert "no service" in errors(admin.post(TRANSPORTS, data))
    assert set(Transport.objects.values_list("transport", flat=True)) == {"smtp:"}
    assert actions() == []
    data["form-1-transport"] = "lmtp:"
    assert admin.post(TRANSPORTS, data).status_code == 302
    assert dict(Transport.objects.values_list("domain", "transport")) == {
        "one.test": "relay:",
        "two.test": "lmtp:",
    }
    assert actions() == ["change_transport", "change_transport"]
    assert Entry.objects.values("group").distinct().count() == 1


def run(client: Client, url: str, action: str, keys: list[str], **more: str):
    """Choose the action on ticked rows; answers the page that it leads to."""
    data = {"action": action, "_selected_action": keys, "index": "0", **more}
    return client.post(url, data, follow=True)


def confirm(client: Client, page):
    """Say yes to the plan on the page."""
    assert page.redirect_chain[-1][0].startswith("/bulk/")
    return client.post(page.redirect_chain[-1][0] + "confirm/", follow=True)


def test_bulk_actions_show_their_plan_first_and_are_one_action(admin, quiet):
    Mailbox.objects.create(email="ben@a.test", password="{PLAIN}x")
    keys = ["anna@a.test", "ben@a.test"]
    page = run(admin, BOXES, "suspend_mailboxes", keys)
    assert "ben@a.test" in page.content.decode()
    assert actions() == []
    confirm(admin, page)
    assert all(is_locked(row.password) for row in Mailbox.objects.all())
    confirm(admin, run(admin, BOXES, "resume_mailboxes", keys))
    assert not any(is_locked(row.password) for row in Mailbox.objects.all())
    assert Entry.objects.values("group").distinct().count() == 2
    page = confirm(admin, run(admin, BOXES, "new_passwords", keys))
    page = admin.post(page.redirect_chain[-1][0] + "passwords/")
    assert "no-store" in page["Cache-Control"]
    shown = re.findall(r"<code>([^<]+)</code>", page.content.decode())
    assert len(shown) == 2
    for row, password in zip(Mailbox.objects.order_by("pk"), shown, strict=True):
        assert verify(password, row.password)
    assert shown[0] not in str(list(Entry.objects.values()))
    asked = run(admin, BOXES, "delete_mailboxes", keys)
    assert "First the plan" in asked.content.decode()
    data = {"action": "delete_mailboxes", "values": "1", "which": "ticked", "key": keys}
    data["dependents"] = "remove"
    confirm(admin, admin.post("/bulk/begin/mailbox/", data, follow=True))
    assert not Mailbox.objects.exists()


def test_all_that_match_are_chosen_without_a_key_in_the_page(admin, quiet):
    Mailbox.objects.bulk_create(
        Mailbox(email=f"u{number:03}@a.test", password="{PLAIN}x") for number in range(60)
    )
    html = admin.get(BOXES + "?q=u0").content.decode()
    assert "Select all that match" in html
    with CaptureQueriesContext(connection) as found:
        page = run(admin, BOXES + "?q=u0", "suspend_mailboxes", ["u000@a.test"], select_across="1")
    counts = [one["sql"] for one in found if "COUNT(" in one["sql"] and '"users"' in one["sql"]]
    # No further than a page by offset reaches.
    assert [sql for sql in counts if "LIMIT" not in sql] == []
    confirm(admin, page)
    rows = Mailbox.objects.exclude(pk="anna@a.test")
    assert all(is_locked(row.password) for row in rows)
    assert not is_locked(Mailbox.objects.get(pk="anna@a.test").password)
    # Its filters too.
    run(admin, BOXES + "?state=suspended", "resume_mailboxes", ["u000@a.test"], select_across="1")
    assert Job.objects.first().items == 60


def test_a_destination_is_replaced_in_the_chosen_forwardings(admin, quiet):
    Forwarding.objects.create(source="one@a.test", destination="old@far.test, anna@a.test")
    Forwarding.objects.create(source="two@a.test", destination="old@far.test")
    Forwarding.objects.create(source="three@a.test", destination="old@far.test")
    page = run(admin, FORWARDINGS, "move_destination", ["one@a.test", "two@a.test"])
    assert "one@a.test" in page.content.decode()

    def replace(old: str, new: str):
        data = {"action": "move_destination", "values": "1", "which": "ticked", "old": old}
        data |= {"new": new, "key": ["one@a.test", "two@a.test"]}
        return confirm(admin, admin.post("/bulk/begin/forwarding/", data, follow=True))

    replace("OLD@far.test", "new@far.test")
    assert dict(Forwarding.objects.values_list("source", "destination")) == {
        "one@a.test": "new@far.test, anna@a.test",
        "two@a.test": "new@far.test",
        "three@a.test": "old@far.test",
    }
    # One that is refused is named; the others are done.
    page = replace("new@far.test", "two+1@a.test")
    assert "in a circle" in page.content.decode()
    assert Forwarding.objects.get(pk="one@a.test").destination == "new@far.test, anna@a.test"


def test_deleting_says_what_else_goes(admin, anna):
    Forwarding.objects.create(source="info@a.test", destination="anna@a.test")
    assert "info@a.test" in admin.get(delete(BOXES, "anna@a.test")).content.decode()
    html = admin.get(delete(DOMAINS, "a.test")).content.decode()
    assert "1 mailboxes go too" in html
    admin.post(delete(DOMAINS, "a.test"), {"post": "yes"})
    assert not Mailbox.objects.exists()
    assert not Forwarding.objects.exists()


def test_a_row_changed_in_another_tab_is_not_overwritten(admin, two_domains):
    Transport.objects.create(domain="far.test", transport="smtp:")
    opened = state_of({"domain": "far.test", "transport": "smtp:"})
    assert opened in admin.get(change(TRANSPORTS, "far.test")).content.decode()
    Transport.objects.update(transport="lmtp:")
    data = {"domain": "far.test", "transport": "relay:", "state": opened}
    assert "Somebody changed" in errors(admin.post(change(TRANSPORTS, "far.test"), data))
    assert Transport.objects.get().transport == "lmtp:"


def test_a_domain_admin_works_in_his_domains_only(bob, anna):
    Mailbox.objects.create(email="x@b.test", password="{PLAIN}x")
    Forwarding.objects.create(source="x@b.test", destination="y@far.test")
    html = bob.get(BOXES).content.decode()
    assert "anna@a.test" in html
    assert "b.test" not in html
    assert bob.get(change(BOXES, "x@b.test")).status_code == 302
    assert bob.get(delete(FORWARDINGS, "x@b.test")).status_code in (302, 404)
    assert bob.post(delete(BOXES, "x@b.test"), {"post": "yes"}).status_code in (302, 403, 404)
    for action in ("suspend_mailboxes", "new_passwords"):
        confirm(bob, run(bob, BOXES, action, ["x@b.test"]))
    assert Mailbox.objects.get(pk="x@b.test").password == "{PLAIN}x"
    data = {"email": "new@b.test", "password1": NEW, "password2": NEW, "force": "on"}
    assert "not one of the domains" in errors(bob.post(BOXES + "add/", data))
    assert bob.get(DOMAINS + "add/").status_code == 403
    assert bob.get(delete(DOMAINS, "a.test")).status_code == 403
    assert bob.post(delete(DOMAINS, "a.test"), {"post": "yes"}).status_code == 403
    assert Domain.objects.filter(pk="a.test").exists()


def test_owners_and_strangers_stay_outside(owner, client):
    for page in ("/admin/", BOXES, FORWARDINGS, DOMAINS, TRANSPORTS, BOXES + "add/"):
        assert owner.get(page).status_code == 403
        assert client.get(page)["Location"].startswith("/login/?next=/admin/")


def test_deleting_asks_for_the_password_when_the_sign_in_is_old(admin, anna):
    session = admin.session
    session[SESSION_KEY] = 0.0
    session.save()
    response = admin.post(delete(BOXES, anna.email), {"post": "yes"})
    assert response["Location"].startswith("/login/again/")
    assert Mailbox.objects.exists()


@pytest.mark.parametrize("action", ["delete_mailboxes", "new_passwords", "suspend_mailboxes"])
def test_so_does_an_action_on_many_rows(admin, anna, action):
    session = admin.session
    session[SESSION_KEY] = 0.0
    session.save()
    before = anna.password
    data = {"action": action, "_selected_action": [anna.email], "index": "0"}
    response = admin.post(BOXES, data)
    assert response["Location"].startswith("/login/again/?next=/admin/mailboxes/")
    assert Mailbox.objects.get().password == before
    assert admin.get(BOXES).status_code == 200


@pytest.mark.parametrize("url", [BOXES, FORWARDINGS, TRANSPORTS, DOMAINS])
def test_a_list_asks_the_same_number_of_queries_for_few_and_many_rows(admin, db, url):
    def fill(first: int, last: int) -> None:
        for number in range(first, last):
            Domain.objects.create(domain=f"d{number}.test")
            Mailbox.objects.create(email=f"m{number}@d.test", password="{PLAIN}x")
            Forwarding.objects.create(source=f"f{number}@d.test", destination="x@far.test")
            Transport.objects.create(domain=f"t{number}.test", transport="smtp:")

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert admin.get(url).status_code == 200
        return len(found)

    fill(0, 3)
    queries()
    few = queries()
    fill(3, 60)
    assert queries() == few


def test_search_and_filters(admin, anna):
    Mailbox.objects.create(email="ben@b.test", password="{CRYPT}$!${PLAIN}x")
    Forwarding.objects.create(source="@a.test", destination="anna@a.test")
    Forwarding.objects.create(source="f@b.test", destination="ben@b.test")
    for query, shown, hidden in (
        ("?q=ann", "anna@a.test", "ben@b.test"),
        ("?q=%40b.test", "ben@b.test", "anna@a.test"),
        ("?domain=b.test", "ben@b.test", "anna@a.test"),
        ("?state=suspended", "ben@b.test", "anna@a.test"),
        ("?state=other", "", "anna@a.test"),
    ):
        html = admin.get(BOXES + query).content.decode().split('id="changelist-form"')[-1]
        assert shown in html, query
        assert hidden not in html, query
    html = admin.get(FORWARDINGS + "?kind=domain").content.decode()
    assert "f@b.test" not in html
    html = admin.get(FORWARDINGS + "?q=ben@b").content.decode()
    assert "f@b.test" in html


@pytest.mark.parametrize("where", ["add", "change"])
def test_a_password_is_hashed_before_the_transaction_begins(admin, anna, where):
    """On SQLite every other writer would wait for it."""
    outside = len(connection.savepoint_ids)
    seen: list[int] = []

    def hashing(password: str) -> str:
        seen.append(len(connection.savepoint_ids))
        return hashed(password)

    typed = {"password1": NEW, "password2": NEW}
    with patch("mailboxes.services.mailboxes.hashed", hashing):
        if where == "add":
            admin.post(BOXES + "add/", {"email": "new@a.test", **typed})
        else:
            admin.post(change(BOXES, anna.email), typed)
    assert seen == [outside]


def test_a_row_deleted_while_its_form_is_saved(admin, anna):
    with patch("mailboxes.admin.set_mailbox_password", side_effect=Mailbox.DoesNotExist("anna")):
        answer = admin.post(change(BOXES, anna.email), {"password1": NEW, "password2": NEW})
    assert "deleted or renamed meanwhile" in errors(answer)


@pytest.mark.parametrize("lookup", ["password__startswith", "password", "email__contains"])
def test_no_lookup_in_the_address_tells_a_hash(admin, bob, anna, lookup):
    for client in (admin, bob):
        answer = client.get(BOXES, {lookup: "{SHA512"})
        assert answer.status_code in (302, 400)
