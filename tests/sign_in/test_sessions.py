"""Sessions: how long they last, who sees and ends them, what a planted one opens."""

from __future__ import annotations

import hashlib
import time
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from accounts.models import Session
from accounts.services import set_operator_password
from accounts.sessions import BEGAN, SessionStore, prune_sessions
from audit.models import Entry
from mailboxes.models import Mailbox
from mailboxes.services.mailboxes import set_mailbox_password
from mailkit.passwords import Scheme, hash_password
from tests.conftest import PASSWORD

from .conftest import ANNA, sign_in

PAGE = "/account/security/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Safari/604.1"


def signed_in(name: str = "alice", **more: str) -> Client:
    client = Client(**more)
    assert sign_in(client, name).status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get(PAGE).status_code == 200


def row_of(client: Client) -> Session:
    return Session.objects.get(pk=client.session.session_key)


def test_a_session_knows_whose_it_is(superadmin):
    client = signed_in()
    assert row_of(client).user == superadmin
    client.post("/logout/")
    assert not Session.objects.filter(user=superadmin).exists()


def test_it_ends_so_long_after_the_sign_in_however_much_it_is_used(superadmin, configured):
    configured(session_hours=12, idle_minutes=1440)
    client = signed_in()
    session = client.session
    session[BEGAN] = time.time() - 12 * 3600 + 60
    session.save()
    assert is_in(client)
    assert timezone.now() < row_of(client).expire_date < timezone.now() + timedelta(seconds=61)
    session[BEGAN] = time.time() - 12 * 3600 - 1
    session.save()
    assert not is_in(client)


def test_it_ends_when_it_is_not_used(superadmin, configured):
    configured(idle_minutes=30)
    client = signed_in()
    left = row_of(client).expire_date - timezone.now()
    assert timedelta(minutes=29) < left <= timedelta(minutes=30)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert not is_in(client)


def test_using_it_puts_the_end_off_once_a_minute(superadmin, configured):
    configured(idle_minutes=30)
    client = signed_in()
    soon = timezone.now() + timedelta(minutes=3)
    Session.objects.update(seen_at=timezone.now() - timedelta(minutes=27), expire_date=soon)
    client.get("/operators/")
    row = row_of(client)
    assert row.expire_date > soon + timedelta(minutes=20)
    assert timezone.now() - row.seen_at < timedelta(seconds=5)
    Session.objects.update(expire_date=soon)
    client.get("/operators/")
    assert row_of(client).expire_date == soon, "within the same minute nothing is written"


def test_the_cookie_lasts_as_long_as_the_session_may(superadmin, configured):
    configured(session_hours=3)
    client = Client()
    cookie = sign_in(client, "alice").cookies["sessionid"]
    assert 3 * 3600 - 5 <= cookie["max-age"] <= 3 * 3600
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_a_visitors_session_is_short(client, db):
    session = client.session
    session["x"] = 1
    session.save()
    row = Session.objects.get()
    assert row.user is None
    assert row.expire_date < timezone.now() + timedelta(minutes=31)


def test_a_planted_session_key_opens_nothing(superadmin):
    """Session fixation: the key changes with the sign-in, and the planted one stays a visitor's."""
    attacker = Client()
    session = attacker.session
    session["planted"] = "here"
    session.save()
    victim = Client()
    victim.cookies["sessionid"] = session.session_key
    sign_in(victim, "alice")
    assert is_in(victim)
    assert victim.session.session_key != session.session_key
    assert not is_in(attacker)
    assert not Session.objects.filter(pk=session.session_key).exists()


def test_a_made_up_key_is_not_taken_over(superadmin):
    victim = Client()
    victim.cookies["sessionid"] = "a" * 32
    sign_in(victim, "alice")
    assert victim.cookies["sessionid"].value != "a" * 32


def test_signing_in_as_somebody_else_leaves_nothing_of_the_first(superadmin, domain_admin):
    client = signed_in()
    session = client.session
    session["of alice"] = 1
    session.save()
    client.post("/logout/")
    sign_in(client, "bob")
    assert "of alice" not in client.session


# --- the page ---


def test_ones_own_sessions_are_listed(superadmin, domain_admin):
    mine = signed_in(HTTP_USER_AGENT=FIREFOX, REMOTE_ADDR="192.0.2.1")
    signed_in(HTTP_USER_AGENT=SAFARI, REMOTE_ADDR="2001:db8::7")
    signed_in("bob", HTTP_USER_AGENT="curl/8.0", REMOTE_ADDR="203.0.113.9")
    page = mine.get(PAGE).content.decode()
    for text in ("Firefox, Linux", "Safari, iPhone", "192.0.2.1", "2001:db8::7", "this one"):
        assert text in page
    assert "203.0.113.9" not in page
    for row in Session.objects.all():
        assert row.session_key not in page


def test_the_others_are_ended_together(superadmin, domain_admin):
    mine, other, bobs = signed_in(), signed_in(), signed_in("bob")
    response = mine.post("/account/security/sessions/end/", follow=True)
    assert "1 other session is ended" in response.content.decode()
    assert is_in(mine)
    assert not is_in(other)
    assert is_in(bobs)


def ending(client: Client) -> str:
    """Where the other sessions' page ends the session of this browser."""
    key = client.session.session_key
    return f"/account/security/sessions/{hashlib.sha256(key.encode()).hexdigest()[:16]}/end/"


def test_one_other_is_ended(superadmin):
    mine, lost, home = signed_in(), signed_in(), signed_in()
    url = ending(lost)
    assert url in mine.get(PAGE).content.decode()
    response = mine.post(url, follow=True)
    assert "The session is ended." in response.content.decode()
    assert [is_in(one) for one in (mine, lost, home)] == [True, False, True]
    entry = Entry.objects.get(action="end_sessions")
    assert (entry.object_key, entry.changes) == ("alice", {"sessions": [None, "1"]})


def test_one_that_has_ended_meanwhile_is_no_error(superadmin):
    mine, lost = signed_in(), signed_in()
    url = ending(lost)
    lost.post("/logout/")
    assert mine.post(url).status_code == 302
    assert not Entry.objects.filter(action="end_sessions").exists()


def test_nobody_ends_the_session_of_another(superadmin, domain_admin):
    mine, bobs = signed_in(), signed_in("bob")
    mine.post(ending(bobs))
    assert is_in(bobs)


@pytest.mark.parametrize("how", ["own page", "superadmin"])
def test_a_new_password_ends_an_operators_other_sessions(superadmin, domain_admin, root, how):
    bobs, others = signed_in("bob"), signed_in("bob")
    new = "a brand new secret 9"
    if how == "own page":
        data = {"old_password": PASSWORD, "password1": new, "password2": new}
        assert bobs.post("/password/", data).status_code == 302
        assert is_in(bobs)
    else:
        set_operator_password(actor=root, name="bob", password=new)
        assert not is_in(bobs)
    assert not is_in(others)


@pytest.mark.parametrize("how", ["own page", "operator", "sql"])
def test_a_new_password_ends_an_owners_other_sessions(anna, root, how):
    mine, others = signed_in(ANNA), signed_in(ANNA)
    new = "a brand new secret 9"
    if how == "own page":
        data = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
        assert mine.post("/account/password/", data).status_code == 302
        page = mine.get(PAGE).content.decode()
        assert "End all others" not in page, "the others are dead and not listed"
    elif how == "operator":
        set_mailbox_password(actor=root, email=ANNA, password=new)
        assert not is_in(mine)
    else:
        Mailbox.objects.update(password=hash_password(new, Scheme.SHA512_CRYPT, 5000))
        assert not is_in(mine)
    assert not is_in(others)


def test_they_go_with_the_person(superadmin, domain_admin):
    signed_in("bob")
    domain_admin.delete()
    assert not Session.objects.exists()


def test_what_has_ended_is_deleted(superadmin):
    signed_in()
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    prune_sessions()
    assert not Session.objects.exists()


def test_two_requests_at_once_lose_nothing(superadmin):
    """Noting the use writes no data, so that it cannot write old ones."""
    client = signed_in()
    first = SessionStore(client.session.session_key)
    first.load()
    first.seen_at = timezone.now() - timedelta(hours=1)
    second = SessionStore(client.session.session_key)
    second["message"] = "kept"
    second.save()
    first.note_use()
    assert SessionStore(client.session.session_key)["message"] == "kept"


def test_pages_of_the_signed_in_are_not_left_in_the_browser(superadmin, client):
    assert "no-store" in signed_in().get("/operators/")["Cache-Control"]
    assert not client.get("/healthz").has_header("Set-Cookie")


def test_cookies_are_for_tls_only_where_there_is_tls():
    assert django_settings.SESSION_COOKIE_SECURE is django_settings.MAILADMIN.behind_tls
    assert django_settings.CSRF_COOKIE_SECURE is django_settings.MAILADMIN.behind_tls
