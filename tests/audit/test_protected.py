"""Former rows are never shown: no page, export, command, repr, JSON or dump has a hash."""

from __future__ import annotations

import copy
import json
import pickle
from io import StringIO

import pytest
from django import forms
from django.core import serializers
from django.core.management import call_command
from django.template import Context, Template
from django.test import Client

from audit.kept import kept_of
from audit.models import Entry
from audit.protected import HIDDEN, Protected
from mailboxes.models import Mailbox
from mailboxes.services.domains import delete_domain
from mailboxes.services.mailboxes import (
    create_mailbox,
    resume_mailbox,
    set_mailbox_password,
    suspend_mailbox,
)
from undo.services import plan_undo, undo

SECRET = "correct horse 42 battery"
# What any hash of any scheme in this test has in it.
HASHLIKE = ("$6$", "ab01FAX", "PLAINTEXT-AS-STORED")


@pytest.fixture
def history(two_domains: None, root) -> None:
    """Changes of hashes of every sort: made, set, locked, deleted, undone."""
    create_mailbox(actor=root, email="anna@a.test", password=SECRET)
    Mailbox.objects.create(email="des@a.test", password="ab01FAX.bQRSU")
    Mailbox.objects.create(email="plain@a.test", password="{PLAIN}PLAINTEXT-AS-STORED")
    for email in ("anna@a.test", "des@a.test", "plain@a.test"):
        suspend_mailbox(actor=root, email=email)
        resume_mailbox(actor=root, email=email)
        set_mailbox_password(actor=root, email=email, password=SECRET + "2")
    undo(actor=root, entry_id=Entry.objects.first().pk)
    delete_domain(actor=root, domain="a.test")
    undo(actor=root, entry_id=Entry.objects.first().pk)
    kept = [entry.kept.open() for entry in Entry.objects.with_kept() if entry.kept]
    assert all(any(sign in text for text in kept) for sign in HASHLIKE), "or this tests nothing"


def assert_clean(text: str, where: object) -> None:
    """Neither the signs of a hash nor the ends of those that are or were stored."""
    assert not [sign for sign in HASHLIKE if sign in text], where
    stored = set(Mailbox.objects.values_list("password", flat=True))
    for kept in map(kept_of, Entry.objects.with_kept()):
        rows = (*kept.before, *kept.after) if kept else ()
        stored |= {row["password"] for row in rows if "password" in row}
    assert len(stored) > 5
    assert not [one for one in stored if one[-12:] in text], where


def test_no_page_and_no_export_has_a_hash(history: None, admin: Client) -> None:
    ids = list(Entry.objects.values_list("pk", flat=True))
    group = Entry.objects.filter(action="delete_domain").get().group
    paths = ["/", "/audit/", "/audit/?q=anna", f"/audit/?group={group}", "/audit/?kind=mailbox"]
    for pk in ids:
        paths += [f"/audit/{pk}/", f"/audit/{pk}/undo/", f"/audit/{pk}/undo/?only=1"]
    for path in paths:
        response = admin.get(path)
        assert response.status_code == 200, path
        assert_clean(response.content.decode(), path)
    for path in ("/audit/export/", "/audit/export/?format=json"):
        export = b"".join(admin.get(path).streaming_content).decode()
        assert "anna@a.test" in export
        assert_clean(export, path)


def test_no_other_page_has_a_former_hash(history: None, admin: Client) -> None:
    for path in (
        "/mailboxes/",
        "/mailboxes/anna@a.test/",
        "/domains/a.test/",
        "/admin/mailboxes/mailbox/",
        "/admin/mailboxes/mailbox/anna_40a.test/change/",
        "/admin/mailboxes/mailbox/anna_40a.test/history/",
    ):
        response = admin.get(path)
        assert response.status_code == 200, path
        assert "anna@a.test" in response.content.decode(), path
        assert_clean(response.content.decode(), path)


def test_a_refused_undo_has_no_hash(history: None, admin: Client) -> None:
    Mailbox.objects.filter(pk="anna@a.test").update(password="{PLAIN}PLAINTEXT-AS-STORED 2")
    for pk in Entry.objects.values_list("pk", flat=True):
        response = admin.post(f"/audit/{pk}/undo/", follow=True)
        assert_clean(response.content.decode(), pk)


def test_no_command_prints_a_hash(history: None, run) -> None:
    said = [run("audit", "list"), run("audit", "list", "--json"), run("audit", "prune")]
    for pk in Entry.objects.values_list("pk", flat=True):
        said += [run("audit", "show", str(pk)), run("audit", "show", str(pk), "--json")]
        said += [run("audit", "undo", str(pk)), run("audit", "undo", str(pk), "--json", "--force")]
    assert_clean(repr(said), "commands")


def test_dumps_and_serializers_leave_the_column_out(history: None) -> None:
    out = StringIO()
    call_command("dumpdata", "audit", stdout=out)
    assert "object_key" in out.getvalue()
    assert "kept" not in out.getvalue()
    assert_clean(out.getvalue(), "dumpdata")
    assert_clean(serializers.serialize("json", Entry.objects.with_kept()), "serializer")


def test_no_form_has_the_column() -> None:
    form = forms.modelform_factory(Entry, fields="__all__")
    assert "kept" not in form.base_fields


def test_reprs_values_and_templates_say_protected(history: None, root) -> None:
    entry = Entry.objects.with_kept().filter(object_type="mailbox").first()
    assert isinstance(entry.kept, Protected)
    shown = [
        repr(entry),
        str(entry),
        repr(entry.__dict__),
        repr(list(Entry.objects.values())),
        repr(list(Entry.objects.with_kept().values_list())),
        f"{entry.kept} {entry.kept!r}",
        Template("{{ entry.kept }} {{ entry }}").render(Context({"entry": entry})),
        json.dumps(list(Entry.objects.values()), default=str),
        repr(plan_undo(actor=root, entry_id=entry.pk)),
        repr(plan_undo(actor=root, entry_id=entry.pk).steps),
    ]
    for text in shown:
        assert_clean(text, text[:80])
    assert HIDDEN in str(entry.kept)


def test_json_and_pickle_refuse_it() -> None:
    secret = Protected("x")
    with pytest.raises(TypeError):
        json.dumps(secret)
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        copy.deepcopy(secret)


def test_the_column_takes_nothing_unwrapped(db) -> None:
    with pytest.raises(TypeError):
        Entry.objects.create(
            action="x", object_type="domain", object_key="a.test", kept="bare text"
        )


def test_it_is_left_in_the_database_unless_asked_for(history: None) -> None:
    assert "kept" in Entry.objects.first().get_deferred_fields()
    assert "kept" not in Entry.objects.with_kept().first().get_deferred_fields()
