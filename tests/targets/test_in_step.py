"""The table of targets is in step after whatever the panel writes, and again after SQL wrote."""

from __future__ import annotations

import pytest
from django.db import connection

from audit.actor import Actor, ActorKind
from audit.models import Entry
from domains.models import Domain
from mailboxes.models import Forwarding, ForwardingTarget, TargetsState
from mailboxes.services.domains import delete_domain
from mailboxes.services.forwardings import (
    change_forwarding,
    create_forwarding,
    delete_forwarding,
)
from mailboxes.services.mailboxes import delete_mailbox
from mailboxes.services.own import set_own_forwarding
from mailboxes.target_refresh import refresh_targets
from mailboxes.targets import key_of, rows_for, source_of, targets_in
from mailkit.addresses import lowered, split_destination
from tests.account.conftest import ANNA
from undo.services import undo

from .conftest import by_sql, in_step

FAR = "x@far.example"


def create(root):
    create_forwarding(actor=root, source="new@a.test", destination=f"{ANNA}\n{FAR}", force=True)


def change(root):
    change_forwarding(actor=root, key="info@a.test", destination="y@far.example")


def rename(root):
    change_forwarding(actor=root, key="info@a.test", source="news@a.test", destination=FAR)


def delete(root):
    delete_forwarding(actor=root, key="info@a.test")


def delete_target(root):
    delete_mailbox(actor=root, email=ANNA)


def delete_all(root):
    delete_domain(actor=root, domain="a.test")


@pytest.mark.parametrize("change", [create, change, rename, delete, delete_target, delete_all])
def test_it_is_in_step_after_a_change_and_after_its_undo(anna, root, change):
    Domain.objects.get_or_create(domain="a.test")
    by_sql("info@a.test", f"{ANNA}, {FAR}")
    by_sql("other@b.test", ANNA)
    refresh_targets()
    before = sorted(Forwarding.objects.values_list("source", "destination"))

    change(root)

    assert sorted(Forwarding.objects.values_list("source", "destination")) != before
    assert in_step()
    undo(actor=root, entry_id=Entry.objects.first().pk, force=True)
    assert sorted(Forwarding.objects.values_list("source", "destination")) == before
    assert in_step()


def test_an_owners_own_forwarding_is_in_it(anna):
    owner_actor = Actor(ActorKind.MAILBOX_OWNER, ANNA)
    for destination in (FAR, "z@far.example", ""):
        set_own_forwarding(actor=owner_actor, destination=destination, keep_copy=True, force=True)
        assert in_step()
        assert ForwardingTarget.objects.exists() is bool(destination)


@pytest.mark.parametrize(
    ("sql", "mended"),
    [
        ("INSERT INTO forwardings VALUES ('sql@a.test', 'b@far.example')", 1),
        ("UPDATE forwardings SET destination = 'b@far.example' WHERE source = 'one@a.test'", 1),
        ("UPDATE forwardings SET destination = '' WHERE source = 'one@a.test'", 1),
        ("UPDATE forwardings SET source = 'sql@a.test' WHERE source = 'one@a.test'", 2),
        ("DELETE FROM forwardings WHERE source = 'one@a.test'", 1),
        ("DELETE FROM forwardings", 2),
        ("UPDATE mailadmin_forwarding_target SET target = 'x@y.test'", 2),
        (
            "INSERT INTO forwardings VALUES ('sql@a.test', 'Öß <a b>; \"q r\"@X.test, 9%@y')",
            1,
        ),
    ],
)
def test_what_sql_did_is_mended(db, sql, mended):
    by_sql("one@a.test", f"{ANNA}, {FAR}")
    by_sql("two@a.test", FAR)
    assert refresh_targets().mended == 2
    with connection.cursor() as cursor:
        cursor.execute(sql.replace("%", "%%") if connection.vendor == "sqlite" else sql)
    assert not in_step()

    assert refresh_targets().mended == mended

    assert in_step()
    assert refresh_targets().mended == 0
    assert TargetsState.objects.get().rows == Forwarding.objects.count()


def test_it_is_mended_over_many_batches(db, monkeypatch):
    monkeypatch.setattr("mailboxes.target_refresh.BATCH", 7)
    monkeypatch.setattr("mailboxes.target_refresh.MENDED", 3)
    Forwarding.objects.bulk_create(
        Forwarding(source=f"f{n:03}@a.test", destination=f"t{n % 5}@a.test, {FAR}")
        for n in range(50)
    )
    assert refresh_targets().mended == 50
    Forwarding.objects.filter(pk__lt="f025").delete()
    Forwarding.objects.filter(pk__gt="f040").update(destination=ANNA)

    assert refresh_targets().mended == 35

    assert in_step()


@pytest.mark.parametrize(
    "text",
    [
        "a@b.test",
        "a@b.test, c@d.test",
        "a@b.test,c@d.test",
        "A@B.test",
        "a@b.test, ",
        "a@b.test  c@d.test",
        "Anna <anna@b.test>; otto@b.test",
        '"a b"@c.test',
        "@b.test",
        "a@b.test\nc@d.test",
        "nobody",
        "",
    ],
)
def test_the_quick_way_to_split_says_the_same(text):
    assert targets_in(text) == {lowered(one) for one in split_destination(text)}


@pytest.mark.parametrize("source", ["a@b.test", "ä@b.test", "a b@c", "100%25@x", "ａ\t@\x7f"])
def test_a_key_leads_back_to_its_source(source):
    assert key_of(source).isascii()
    assert source_of(key_of(source)) == source


def test_a_source_that_no_mail_can_have_is_left_out():
    assert list(rows_for("ä" * 60 + "@a.test", [ANNA])) == []
    assert len(list(rows_for("a@a.test", [ANNA, "x" * 400 + "@a.test"]))) == 2
