"""What was typed into a dangerous form is kept while the password is asked for again."""

from __future__ import annotations

import html
import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.models import Entry
from audit.sign_ins import SIGN_INS
from domains.services import create_domain
from mailboxes.models import Forwarding, Mailbox
from mailboxes.services.mailboxes import create_mailbox
from tests.conftest import PASSWORD

from .conftest import ANNA
from .test_asked_again import AGAIN, NEW, signed_in

LIST = "admin:mailboxes_forwarding_changelist"
FORCE = {"force": "on"}
# (URL name, its arguments, what is posted): pages with something to type.
TYPED = [
    ("create_operator", [], {"username": "carol", "password1": NEW, "password2": NEW}),
    ("show_operator", ["bob"], {"domains": "a.test\nb.test", "force": "on"}),
    ("set_operator_password", ["bob"], {"password1": NEW, "password2": NEW}),
    ("set_mailbox_password", [ANNA], {"password1": NEW, "password2": NEW}),
    ("invite_owner", [ANNA], {"address": "x@far.example"}),
    (
        "create_forwarding",
        [],
        {"source": ANNA, "destination": "x@far.example\ny@far.example", **FORCE},
    ),
    ("create_forwarding", [], {"source": " ANNA@a.test", "destination": "x@far.example", **FORCE}),
    ("change_forwarding", ["bert@a.test"], {"destination": "x@far.example", **FORCE}),
    (
        "change_forwarding",
        ["info@a.test"],
        {"source": ANNA, "destination": "x@far.example", **FORCE},
    ),
    ("admin:mailboxes_mailbox_change", [ANNA], {"password1": NEW, "password2": NEW}),
    (
        "admin:mailboxes_forwarding_add",
        [],
        {"source": ANNA, "destination": "x@far.example", **FORCE},
    ),
    (
        "admin:mailboxes_forwarding_change",
        ["bert@a.test"],
        {"source": "bert@a.test", "destination": "x@far.example", **FORCE},
    ),
    (LIST, [], {"action": "delete_selected", "_selected_action": ANNA}),
    (LIST, [], {"_save": "Save", "form-0-destination": "x"}),
]
# What asks for nothing: nobody's mail or sign-in goes to somebody else.
HARMLESS = [
    ("create_forwarding", [], {"source": "new@a.test", "destination": "x@far.example"}),
    ("change_forwarding", ["info@a.test"], {"destination": "x@far.example"}),
    ("create_mailbox", [], {"email": "new@a.test", "password1": NEW, "password2": NEW}),
    ("admin:mailboxes_mailbox_change", [ANNA], {"password1": "", "password2": ""}),
    ("admin:mailboxes_forwarding_change", ["info@a.test"], {"destination": "x@far.example"}),
    ("admin:mailboxes_forwarding_add", [], {"source": "new@a.test", "destination": "x@f.example"}),
]


@pytest.fixture
def tables(superadmin, domain_admin, anna_user, root) -> None:
    """A mailbox with a forwarding, and a forwarding of no mailbox."""
    create_mailbox(actor=root, email="bert@a.test", password=PASSWORD)
    for source in ("bert@a.test", "info@a.test"):
        Forwarding.objects.create(source=source, destination="old@far.example")


def everything() -> tuple[object, ...]:
    """What the posts of TYPED change."""
    return (
        list(Mailbox.objects.values_list().order_by("pk")),
        list(Forwarding.objects.values_list().order_by("pk")),
        list(User.objects.values_list("username", "password").order_by("pk")),
        Entry.objects.exclude(action__in=SIGN_INS).count(),
    )


def kept_in(page: str) -> list[tuple[str, str]]:
    """The hidden fields of the form that asks for the password."""
    form = page[page.index('action="/login/again/"') : page.index("</form>", page.index(AGAIN))]
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return [(name, html.unescape(value)) for name, value in fields]


@pytest.mark.parametrize(("name", "args", "typed"), TYPED)
def test_what_was_typed_is_kept_and_carried_out_afterwards(tables, name, args, typed) -> None:
    client = signed_in("alice", ago=1000)
    before = everything()
    url = reverse(name, args=args)
    response = client.post(url, typed)
    assert response.status_code == 307
    assert response["Location"].startswith(f"{AGAIN}?next={url.partition('@')[0]}")
    # The browser posts the same form there.
    page = client.post(response["Location"], typed)
    assert page.status_code == 200
    assert "What you typed is kept" in page.content.decode()
    wrong = client.post(AGAIN, {**dict(kept_in(page.content.decode())), "password": "not it"})
    kept = dict(kept_in(wrong.content.decode()))
    assert {key: kept.get(key) for key in typed} == typed
    assert everything() == before
    response = client.post(AGAIN, {**kept, "password": PASSWORD})
    assert (response.status_code, response["Location"]) == (307, url)
    done = client.post(url, {**kept, "password": PASSWORD})
    assert done.status_code in (200, 302)
    assert AGAIN not in done.get("Location", "")
    # One page asks before it deletes, the other has no such row to save.
    assert (everything() != before) is (name != LIST)


@pytest.mark.parametrize("wanted", ["", "https://evil.test/", "/forwardings/?q=" + "x" * 2000])
def test_what_cannot_be_gone_back_to_is_not_said_to_be_kept(tables, wanted) -> None:
    client = signed_in("alice", ago=1000)
    page = client.post(AGAIN, {"next": wanted, "source": "x@a.test"}).content.decode()
    assert "What you typed is kept" not in page
    assert "x@a.test" not in page


@pytest.mark.parametrize(("name", "args", "typed"), TYPED[:-2])
def test_a_recent_sign_in_is_not_asked(tables, name, args, typed) -> None:
    before = everything()
    response = signed_in("alice", ago=800).post(reverse(name, args=args), typed)
    assert response.status_code in (200, 302)
    assert AGAIN not in response.get("Location", "")
    assert everything() != before


@pytest.mark.parametrize(("name", "args", "typed"), HARMLESS)
def test_what_is_not_dangerous_is_not_asked(tables, name, args, typed) -> None:
    response = signed_in("alice", ago=1000).post(reverse(name, args=args), typed)
    assert AGAIN not in response.get("Location", "")


def test_looking_at_a_row_asks_nothing(tables) -> None:
    client = signed_in("alice", ago=1000)
    for name in ("change_forwarding", "admin:mailboxes_forwarding_change"):
        assert client.get(reverse(name, args=["bert@a.test"])).status_code == 200


def test_a_mailbox_of_another_domain_is_not_told_by_being_asked(tables, root) -> None:
    create_domain(actor=root, domain="b.test")
    create_mailbox(actor=root, email="carl@b.test", password=PASSWORD)
    client = signed_in("bob", ago=1000)
    answers = [
        client.post("/forwardings/add/", {"source": source, "destination": "x@far.example"})
        for source in ("carl@b.test", "nobody@b.test")
    ]
    assert [answer.status_code for answer in answers] == [200, 200]


def test_an_owners_own_forwarding(anna_user) -> None:
    client = signed_in(ANNA, ago=1000)
    url = "/account/forwarding/"
    assert client.get(url)["Location"] == f"{AGAIN}?next={url}"
    typed = {"destination": "x@far.example", "keep_copy": "on"}
    assert client.post(url, typed).status_code == 307
    page = client.post(f"{AGAIN}?next={url}", typed)
    kept = dict(kept_in(page.content.decode()))
    answer = client.post(AGAIN, {**kept, "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (307, url)
    assert client.post(url, kept)["Location"] == "/account/"
    assert Forwarding.objects.get().destination == f"{ANNA}, x@far.example"


@pytest.mark.parametrize("wanted", ["//evil.example/x", "https://evil.example/", "/mailboxes/"])
def test_what_was_typed_is_handed_to_no_page_but_the_one_it_was_for(anna_user, wanted) -> None:
    client = signed_in(ANNA, ago=1000)
    answer = client.post(AGAIN, {"next": wanted, "password": PASSWORD, "destination": "x"})
    assert (answer.status_code, answer["Location"]) == (302, "/account/")


def test_asking_again_needs_the_token_of_the_page(anna_user) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(anna_user, backend="accounts.backends.MailboxOwnerBackend")
    typed = {"next": "/account/forwarding/", "destination": "x@far.example"}
    assert client.post(AGAIN, typed).status_code == 403
