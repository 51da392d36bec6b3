"""Fields that no form has change nothing, and no field leads out of the granted domains."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Grant, User
from domains.models import Domain, Transport
from mailboxes.models import Forwarding, Mailbox
from tests.access.walk import address, every_route
from tests.conftest import PASSWORD

from .contents import contents

NEW = "another horse 43 battery"
# As a list, so that a form that takes the last or the first of two is found out too.
FURTHER = {
    "is_superadmin": "1",
    "is_active": "1",
    "is_staff": "1",
    "kind": "operator",
    "identity": "00000000-0000-0000-0000-000000000000",
    "domains": ["a.test", "b.test"],
    "grants": "b.test",
    "max_mailboxes": "1000000",
    "max_forwardings": "1000000",
    "limits": "1000000",
    "actor": "alice",
    "actor_kind": "superadmin",
    "user": "1",
    "user_id": "1",
    "owner": "alice",
    "username": "alice",
    "pk": "1",
    "id": "1",
    "address": "evil@far.test",
    "confirmed": "1",
    "pending": "evil@far.test",
    "recovery": "evil@far.test",
    "_method": "DELETE",
    "_state": "x",
    "group": "00000000-0000-0000-0000-000000000000",
    "kept": "x",
    "undoes": "1",
    "rp_id": "evil.example",
    "last_step": "0",
    "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
    "digest": "x",
    "token": "x",
    "next": "//evil.example",
    "_popup": "1",
}
B_ROWS = {Mailbox: "theirs@b.test", Forwarding: "info@b.test", Transport: "x@b.test"}


@pytest.fixture
def theirs(cast) -> dict[str, Client]:
    """The cast, with rows in b.test, which Bob must neither see nor change."""
    Mailbox.objects.create(email=B_ROWS[Mailbox], password="{PLAIN}theirs")
    Forwarding.objects.create(source=B_ROWS[Forwarding], destination=B_ROWS[Mailbox])
    Transport.objects.create(domain=B_ROWS[Transport], transport="smtp:")
    User.objects.filter(username="bob").update(max_mailboxes=5, max_forwardings=5)
    return cast


def people() -> list[tuple[object, ...]]:
    fields = ("username", "kind", "is_superadmin", "is_active", "identity", "max_mailboxes")
    return sorted(User.objects.values_list(*fields), key=repr)


def in_b() -> list[tuple[object, ...]]:
    """Every row of b.test, whatever column says so."""
    found: list[tuple[object, ...]] = []
    for model in (Domain, Mailbox, Forwarding, Transport):
        rows = model.objects.filter(pk__endswith="b.test")
        found += sorted(rows.values_list(*(field.name for field in model._meta.fields)))
    return found


@pytest.mark.parametrize("name", ["nobody", "domain_admin", "owner", "suspended_owner"])
def test_fields_that_no_form_has_change_nobody(theirs, name):
    """Posted to every address, beside nothing else that would be valid."""
    before = people(), in_b(), sorted(Grant.objects.values_list("user__username", "domain"))
    for url in [address(route) for route in every_route()]:
        if "logout" not in url and "sessions/end" not in url:
            theirs[name].post(url, FURTHER)
    assert (
        people(),
        in_b(),
        sorted(Grant.objects.values_list("user__username", "domain")),
    ) == before


FORMS = {
    "/mailboxes/add/": {"email": "new@a.test", "password1": NEW, "password2": NEW},
    "/mailboxes/anna@a.test/password/": {"password1": NEW, "password2": NEW},
    "/forwardings/add/": {"source": "new@a.test", "destination": "anna@a.test"},
    "/forwardings/info@a.test/": {"source": "info@a.test", "destination": "stan@a.test"},
    "/transports/add/": {"domain": "new@a.test", "transport": "smtp:"},
    "/transports/x@a.test/": {"domain": "x@a.test", "transport": "smtp:[mx.far.test]"},
    "/admin/mailboxes/mailbox/add/": {"email": "new@a.test", "password1": NEW, "password2": NEW},
    "/admin/mailboxes/forwarding/add/": {"source": "new@a.test", "destination": "anna@a.test"},
    "/admin/domains/transport/add/": {"domain": "new@a.test", "transport": "smtp:"},
    "/admin/mailboxes/mailbox/anna_40a.test/change/": {"email": "anna@a.test"},
    "/admin/mailboxes/forwarding/info_40a.test/change/": {
        "source": "info@a.test",
        "destination": "stan@a.test",
    },
    "/admin/domains/transport/x_40a.test/change/": {
        "domain": "x@a.test",
        "transport": "smtp:[mx.far.test]",
    },
}


@pytest.mark.parametrize("path", FORMS)
def test_beside_valid_fields_they_change_nobody(theirs, path):
    before = people(), in_b(), sorted(Grant.objects.values_list("user__username", "domain"))
    extra = {name: value for name, value in FURTHER.items() if name not in FORMS[path]}
    response = theirs["domain_admin"].post(path, {**extra, **FORMS[path], "force": "1"})
    assert response.status_code in (200, 302)
    assert (
        people(),
        in_b(),
        sorted(Grant.objects.values_list("user__username", "domain")),
    ) == before


KEYS = ("email", "source", "domain")


OUTSIDE: list[str | list[str]] = [
    "new@b.test",
    "@b.test",
    "b.test",
    ".b.test",
    "*",
    "new@B.TEST",
    "new@b.test.",
    "new@a.test@b.test",
    '"new@a.test"@b.test',
    "new@a.test,new@b.test",
    "new@a.test\nnew@b.test",
    ["new@a.test", "new@b.test"],
    ["new@b.test", "new@a.test"],
    "theirs@b.test",
    "info@b.test",
    "x@b.test",
    "new@nowhere.test",
    "",
]


@pytest.mark.parametrize("path", FORMS)
def test_no_row_is_made_in_or_moved_to_another_domain(theirs, path):
    before = in_b()
    for key in OUTSIDE:
        data = {name: key if name in KEYS else value for name, value in FORMS[path].items()}
        theirs["domain_admin"].post(path, {**data, "force": "1"})
        assert in_b() == before, key
    for model in (Mailbox, Forwarding, Transport):
        for pk in model.objects.values_list("pk", flat=True):
            assert pk.rpartition("@")[2] in ("a.test", "b.test"), pk
            assert pk.endswith("@a.test") or pk == B_ROWS[model], pk
    assert {*Domain.objects.values_list("pk", flat=True)} == {"a.test", "b.test"}


# What a plan leaves, and what everybody leaves who comes along.
PLANS = frozenset({"mailadmin_session", "mailadmin_audit_entry", "mailadmin_job"})


@pytest.mark.parametrize(
    "model", ["mailboxes/mailbox", "mailboxes/forwarding", "domains/transport"]
)
@pytest.mark.parametrize(
    "action", ["delete_selected", "suspend_mailboxes", "delete_forwardings", "new_passwords"]
)
def test_no_bulk_action_reaches_rows_of_another_domain(theirs, model, action):
    before = contents(PLANS)
    theirs["domain_admin"].post(
        f"/admin/{model}/",
        {
            "action": action,
            "_selected_action": list(B_ROWS.values()),
            "select_across": "0",
            "post": "yes",
            "index": "0",
        },
    )
    assert contents(PLANS) == before


def test_a_domain_admin_raises_no_limit_of_his_own(theirs):
    User.objects.filter(username="bob").update(max_mailboxes=2)
    data = {"email": "more@a.test", "password1": NEW, "password2": NEW, "force": "1"}
    for path in ("/mailboxes/add/", "/admin/mailboxes/mailbox/add/"):
        theirs["domain_admin"].post(path, {**FURTHER, **data})
    assert not Mailbox.objects.filter(pk="more@a.test").exists()


def test_an_owner_names_no_other_mailbox(theirs):
    """His pages take the mailbox from the session alone."""
    owner = theirs["owner"]
    others = Mailbox.objects.exclude(pk="anna@a.test")
    before = sorted(others.values_list("email", "password"))
    for name in ("email", "username", "mailbox", "user", "source"):
        data = {
            "old_password": PASSWORD,
            "new_password1": NEW,
            "new_password2": NEW,
            "destination": "x@far.test",
            "address": "x@far.test",
            "password": PASSWORD,
            name: "stan@a.test",
        }
        for path in ("/account/forwarding/", "/account/recovery/", "/account/password/"):
            owner.post(f"{path}?{name}=stan@a.test", data)
    assert sorted(others.values_list("email", "password")) == before
    assert not Forwarding.objects.filter(source="stan@a.test").exists()
    assert not User.objects.filter(username="stan@a.test", recovery__isnull=False).exists()
