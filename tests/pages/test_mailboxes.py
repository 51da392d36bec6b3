"""The pages of mailboxes."""

from __future__ import annotations

import pytest
from django.test import Client

from audit.actor import Actor
from audit.models import Entry
from domains.models import Domain, Transport
from mailboxes.models import Forwarding, Mailbox
from mailboxes.services.mailboxes import create_mailbox, delete_mailbox
from mailkit.passwords import is_locked, verify

from .reading import PASSWORD, read

pytestmark = pytest.mark.usefixtures("two_domains")


def _new(email: str = "anna@a.test", password: str = PASSWORD, **more: str) -> dict[str, str]:
    return {"email": email, "password1": password, "password2": password, **more}


def _hash(email: str = "anna@a.test") -> str:
    return Mailbox.objects.get(pk=email).password or ""


@pytest.mark.parametrize(
    "password", [PASSWORD, " blanks stay ", "{PLAIN}not a hash", "pässwörd lang"]
)
def test_a_mailbox_is_added_and_its_password_fits(admin: Client, password: str) -> None:
    response = admin.post("/mailboxes/add/", _new(" Anna@A.test", password))

    assert (response.status_code, response["Location"]) == (302, "/mailboxes/anna@a.test/")
    assert verify(password, _hash())
    assert "is ready" in read(admin.get("/mailboxes/anna@a.test/")).text
    entry = Entry.objects.get()
    assert (entry.action, entry.actor) == ("create_mailbox", "alice")


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (_new(""), "email"),
        (_new("anna"), "email"),
        (_new("@a.test"), "email"),
        (_new("an na@a.test"), "email"),
        (_new("änna@a.test"), "email"),
        (_new("a+b@a.test"), "email"),
        (_new(password=""), "password1"),
        (_new(password="with\ttab in it"), "password1"),
        ({**_new(), "password2": "another"}, "password2"),
        ({"email": "anna@a.test"}, "password1"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    admin: Client, data: dict[str, str], field: str
) -> None:
    found = read(admin.post("/mailboxes/add/", data))

    assert found.is_invalid(field)
    assert found.value("email") == data["email"]
    assert not Mailbox.objects.exists()
    assert not found.has("force")


def test_a_taken_address_is_refused_and_the_passwords_stay_typed(
    admin: Client, anna: Mailbox
) -> None:
    found = read(admin.post("/mailboxes/add/", _new(password="yet another one")))

    assert found.is_invalid("email")
    assert found.value("password1") == found.value("password2") == "yet another one"
    assert "no-store" in found.response["Cache-Control"]


def test_a_password_never_stands_in_a_page_that_no_post_asked_for(admin: Client) -> None:
    read(admin.post("/mailboxes/add/", _new("bad", "secret never shown")))

    assert "secret never shown" not in read(admin.get("/mailboxes/add/")).html


@pytest.mark.parametrize(
    "data", [_new("anna@c.test"), _new(password="123456"), _new(password="short")]
)
def test_a_warning_asks_and_force_does_it(admin: Client, data: dict[str, str]) -> None:
    found = read(admin.post("/mailboxes/add/", data))

    assert found.has("force")
    assert 'role="alert"' in found.html
    assert found.value("email") == data["email"]
    assert found.value("password1") == data["password1"]
    assert not Mailbox.objects.exists()
    assert admin.post("/mailboxes/add/", {**data, "force": "on"}).status_code == 302


def test_force_lifts_no_refusal_and_stays_ticked(admin: Client) -> None:
    found = read(admin.post("/mailboxes/add/", _new("anna", force="on")))

    assert found.is_invalid("email")
    assert found.has("force")


def test_a_domain_admin_adds_only_in_his_domains(bob: Client) -> None:
    assert bob.post("/mailboxes/add/", _new()).status_code == 302
    assert read(bob.post("/mailboxes/add/", _new("x@b.test"))).is_invalid("email")


def test_the_domain_of_the_list_is_typed_already(admin: Client) -> None:
    assert read(admin.get("/mailboxes/add/?domain=a.test")).value("email") == "@a.test"


def test_an_address_that_was_there_before_is_warned_of(
    admin: Client, anna: Mailbox, root: Actor
) -> None:
    delete_mailbox(actor=root, email="anna@a.test")

    admin.post("/mailboxes/add/", _new())

    text = read(admin.get("/mailboxes/anna@a.test/")).text
    assert "There was a mailbox anna@a.test before" in text


def test_a_new_address_is_not_warned_of(admin: Client) -> None:
    admin.post("/mailboxes/add/", _new())

    assert "There was a mailbox" not in read(admin.get("/mailboxes/anna@a.test/")).text


# --- lists ---


def test_the_list_shows_states(admin: Client, anna: Mailbox) -> None:
    Mailbox.objects.create(email="des@a.test", password="ab01FAX.bQRSU")
    Mailbox.objects.create(email="cut@a.test", password="{SHA512-CRYPT}$6$yJA")
    Mailbox.objects.create(email="none@a.test", password="")
    Mailbox.objects.create(email="off@a.test", password="{CRYPT}$!$ab01FAX.bQRSU")

    text = read(admin.get("/mailboxes/")).text

    for state in ("in order", "weak hash", "truncated", "no password", "suspended"):
        assert state in text


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("an", {"anna@a.test"}),
        ("ANNA@A", {"anna@a.test"}),
        ("@b.test", {"bert@b.test"}),
        ("b.test", {"bert@b.test"}),
        ("nna", set()),
        ("nna&inside=1", {"anna@a.test"}),
        ("%25", set()),
    ],
)
def test_the_list_is_searched(
    admin: Client, anna: Mailbox, root: Actor, q: str, found: set[str]
) -> None:
    create_mailbox(actor=root, email="bert@b.test", password=PASSWORD)

    text = read(admin.get(f"/mailboxes/?q={q}")).text

    assert {one for one in ("anna@a.test", "bert@b.test") if one in text} == found


def test_nothing_found_offers_to_search_inside(admin: Client, anna: Mailbox) -> None:
    html = read(admin.get("/mailboxes/?q=nna")).html

    assert "inside=1" in html


def test_pages_go_by_key_and_keep_what_was_asked(admin: Client) -> None:
    Mailbox.objects.bulk_create(
        Mailbox(email=f"u{number:03}@a.test", password="") for number in range(120)
    )

    first = read(admin.get("/mailboxes/?domain=a.test"))
    assert "u049@a.test" in first.text
    assert "u050@a.test" not in first.text
    assert "domain=a.test&amp;after=u049%40a.test" in first.html

    third = read(admin.get("/mailboxes/?domain=a.test&after=u099@a.test"))
    assert "u119@a.test" in third.text
    assert 'rel="next"' not in third.html
    assert "First page" in third.text

    behind = read(admin.get("/mailboxes/?after=zzz"))
    assert "Nothing more" in behind.text


def test_a_domain_admin_lists_only_his(bob: Client, anna: Mailbox, root: Actor) -> None:
    create_mailbox(actor=root, email="bert@b.test", password=PASSWORD)

    text = read(bob.get("/mailboxes/")).text

    assert "anna@a.test" in text
    assert "bert@b.test" not in text
    for path in ("", "password/", "delete/"):
        assert bob.get(f"/mailboxes/bert@b.test/{path}").status_code == 404
    assert bob.post("/mailboxes/bert@b.test/suspend/").status_code == 404


# --- one mailbox ---


def test_the_page_shows_what_stands_in_the_other_tables(admin: Client, anna: Mailbox) -> None:
    Forwarding.objects.create(source="anna@a.test", destination="anna@a.test, x@far.example")
    Transport.objects.create(domain="a.test", transport="smtp:[192.0.2.1]")

    found = read(admin.get("/mailboxes/anna@a.test/"))

    for text in ("SHA512-CRYPT", "keeps a copy", "x@far.example", "smtp:[192.0.2.1]"):
        assert text in found.text


def test_the_most_specific_transport_is_shown(admin: Client, anna: Mailbox) -> None:
    Transport.objects.create(domain="*", transport="relay:[star.test]")
    Transport.objects.create(domain="anna@a.test", transport="discard:own")

    text = read(admin.get("/mailboxes/anna@a.test/")).text

    assert "discard:own" in text
    assert "star.test" not in text


def test_forwardings_that_lead_here_come_when_asked_for(
    admin: Client, bob: Client, anna: Mailbox
) -> None:
    Forwarding.objects.create(source="info@a.test", destination="anna@a.test")
    Forwarding.objects.create(source="info@b.test", destination="x@far.test,anna@a.test")
    Forwarding.objects.create(source="else@b.test", destination="susanna@a.test")

    before = read(admin.get("/mailboxes/anna@a.test/"))
    assert "?reach=1" in before.html
    assert "info@a.test" not in before.text

    after = read(admin.get("/mailboxes/anna@a.test/?reach=1")).text
    assert "info@a.test" in after
    assert "info@b.test" in after
    assert "else@b.test" not in after

    of_bob = read(bob.get("/mailboxes/anna@a.test/?reach=1")).text
    assert "info@a.test" in of_bob
    assert "info@b.test" not in of_bob
    assert "and 1 more" in of_bob


def test_a_mailbox_without_its_domain_says_so(admin: Client, anna: Mailbox) -> None:
    Domain.objects.filter(pk="a.test").delete()

    assert "There is no virtual domain a.test" in read(admin.get("/mailboxes/anna@a.test/")).text


def test_it_is_suspended_and_resumed(admin: Client, anna: Mailbox) -> None:
    before = _hash()

    assert admin.post("/mailboxes/anna@a.test/suspend/")["Location"] == "/mailboxes/anna@a.test/"
    assert is_locked(_hash())
    shown = read(admin.get("/mailboxes/anna@a.test/"))
    assert "mail still arrives" in shown.text
    assert "/mailboxes/anna@a.test/resume/" in shown.html

    assert admin.post("/mailboxes/anna@a.test/resume/").status_code == 302
    assert _hash() == before


def test_a_lock_that_does_not_fit_is_refused_in_words(
    admin: Client, anna: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domains.checks.too_wide", lambda table, column, text: 20)

    assert admin.post("/mailboxes/anna@a.test/suspend/").status_code == 302
    assert "mailtables upgrade" in read(admin.get("/mailboxes/anna@a.test/")).text
    assert not is_locked(_hash())


# --- password ---


def test_the_password_is_set(admin: Client, anna: Mailbox) -> None:
    opened = read(admin.get("/mailboxes/anna@a.test/password/"))
    data = {"password1": "a brand new one", "password2": "a brand new one"}

    response = admin.post(
        "/mailboxes/anna@a.test/password/", {**data, "state": opened.value("state")}
    )

    assert (response.status_code, response["Location"]) == (302, "/mailboxes/anna@a.test/")
    assert verify("a brand new one", _hash())


def test_without_state_the_row_is_not_compared(admin: Client, anna: Mailbox) -> None:
    data = {"password1": "a brand new one", "password2": "a brand new one"}

    assert admin.post("/mailboxes/anna@a.test/password/", data).status_code == 302


@pytest.mark.parametrize(
    ("password1", "password2", "field"),
    [
        ("", "", "password1"),
        ("one of them", "the other", "password2"),
        ("a\nb" * 5, "a\nb" * 5, "password1"),
    ],
)
def test_a_bad_password_is_refused(
    admin: Client, anna: Mailbox, password1: str, password2: str, field: str
) -> None:
    data = {"password1": password1, "password2": password2}

    assert read(admin.post("/mailboxes/anna@a.test/password/", data)).is_invalid(field)
    assert verify(PASSWORD, _hash())


# --- deleting ---


def test_the_page_shows_what_loses_its_target(admin: Client, anna: Mailbox) -> None:
    Forwarding.objects.create(source="info@a.test", destination="anna@a.test")

    found = read(admin.get("/mailboxes/anna@a.test/delete/"))

    for text in ("info@a.test", "mail on disk stays", "Suspend instead?"):
        assert text in found.text
    assert 'value="keep"' in found.html


def test_it_goes_and_forwardings_lose_it(admin: Client, anna: Mailbox) -> None:
    Forwarding.objects.create(source="info@a.test", destination="anna@a.test")
    Forwarding.objects.create(source="list@a.test", destination="anna@a.test, x@far.example")

    response = admin.post("/mailboxes/anna@a.test/delete/", {"confirm": "anna@a.test"})

    assert (response.status_code, response["Location"]) == (302, "/mailboxes/")
    assert not Mailbox.objects.exists()
    assert [str(one) for one in Forwarding.objects.all()] == ["list@a.test → x@far.example"]


def test_it_goes_and_forwardings_stay(admin: Client, anna: Mailbox) -> None:
    Forwarding.objects.create(source="info@a.test", destination="anna@a.test")

    data = {"confirm": "anna@a.test", "dependents": "keep"}

    assert admin.post("/mailboxes/anna@a.test/delete/", data).status_code == 302
    assert Forwarding.objects.count() == 1


@pytest.mark.parametrize("typed", ["", "a.test", "ANNA@A.TEST", "anna"])
def test_without_the_address_nothing_is_deleted(admin: Client, anna: Mailbox, typed: str) -> None:
    found = read(admin.post("/mailboxes/anna@a.test/delete/", {"confirm": typed}))

    assert found.is_invalid("confirm")
    assert Mailbox.objects.exists()


def test_an_unknown_mailbox_is_404(admin: Client) -> None:
    for path in ("", "password/", "delete/"):
        assert admin.get(f"/mailboxes/nobody@a.test/{path}").status_code == 404
