"""What an undo would do to mail is told first: circles, dead ends, mailboxes without a domain."""

from __future__ import annotations

import pytest

from audit.actor import Actor, ActorKind
from audit.models import Entry
from audit.refusals import NeedsConfirmation, codes_of
from domains.services import create_domain
from mailboxes.models import Forwarding, Mailbox
from mailboxes.services.domains import delete_domain
from mailboxes.services.forwardings import change_forwarding, create_forwarding, delete_forwarding
from mailboxes.services.mailboxes import create_mailbox, delete_mailbox
from tests.undo.helpers import SECRET, newest
from undo.services import plan_undo, undo

pytestmark = pytest.mark.usefixtures("world")


def warned_of(root, entry: Entry) -> list[str]:
    with pytest.raises(NeedsConfirmation) as caught:
        undo(actor=root, entry_id=entry.pk)
    planned = [warning.code for warning in plan_undo(actor=root, entry_id=entry.pk).warnings]
    assert codes_of(caught.value) == planned
    return planned


def test_a_forwarding_that_a_newer_one_makes_a_circle(root) -> None:
    create_forwarding(actor=root, source="one@a.test", destination="two@far.test")
    change_forwarding(actor=root, key="one@a.test", source="one@a.test", destination="anna@a.test")
    entry = newest()
    create_forwarding(actor=root, source="two@far.test", destination="one@a.test", force=True)
    assert warned_of(root, entry) == ["loop"]
    assert Forwarding.objects.get(pk="one@a.test").destination == "anna@a.test"
    undo(actor=root, entry_id=entry.pk, force=True)
    assert Forwarding.objects.get(pk="one@a.test").destination == "two@far.test"


def test_a_circle_that_is_there_anyway_is_no_news(root) -> None:
    Forwarding.objects.create(source="x@far.test", destination="y@far.test")
    Forwarding.objects.create(source="y@far.test", destination="x@far.test")
    create_forwarding(actor=root, source="z@far.test", destination="ok@far.test", force=True)
    delete_forwarding(actor=root, key="z@far.test")
    assert plan_undo(actor=root, entry_id=newest().pk).warnings == []


def test_a_mailbox_that_newer_forwardings_lead_to(root) -> None:
    create_mailbox(actor=root, email="carl@a.test", password=SECRET)
    entry = newest()
    create_forwarding(actor=root, source="c@a.test", destination="carl@a.test")
    assert warned_of(root, entry) == ["dead_target"]
    (warning,) = plan_undo(actor=root, entry_id=entry.pk).warnings
    assert "c@a.test would lead nowhere" in warning.message
    undo(actor=root, entry_id=entry.pk, force=True)
    assert not Mailbox.objects.filter(pk="carl@a.test").exists()


def test_a_forwarding_whose_mailbox_is_gone_since(root) -> None:
    create_forwarding(actor=root, source="b@a.test", destination="bert@a.test")
    delete_forwarding(actor=root, key="b@a.test")
    entry = newest()
    assert plan_undo(actor=root, entry_id=entry.pk).warnings == []
    delete_mailbox(actor=root, email="bert@a.test")
    deleted = newest()
    assert warned_of(root, entry) == ["dead_target"]
    (warning,) = plan_undo(actor=root, entry_id=entry.pk).warnings
    assert "bert@a.test is gone since" in warning.message
    undo(actor=root, entry_id=deleted.pk)
    undo(actor=root, entry_id=entry.pk)
    assert Forwarding.objects.get(pk="b@a.test").destination == "bert@a.test"


def test_a_forwarding_that_led_nowhere_before_is_no_news(root) -> None:
    create_forwarding(actor=root, source="b@a.test", destination="nobody@a.test", force=True)
    delete_forwarding(actor=root, key="b@a.test")
    assert plan_undo(actor=root, entry_id=newest().pk).warnings == []


def test_a_mailbox_whose_mail_a_newer_forwarding_takes_away(root) -> None:
    delete_mailbox(actor=root, email="bert@a.test")
    entry = newest()
    create_forwarding(
        actor=root, source="bert@a.test", destination="x@far.test, bert@a.test", force=True
    )
    assert plan_undo(actor=root, entry_id=entry.pk).warnings == []
    change_forwarding(actor=root, key="bert@a.test", destination="x@far.test", force=True)
    assert warned_of(root, entry) == ["mail_taken_away"]
    (warning,) = plan_undo(actor=root, entry_id=entry.pk).warnings
    assert "bert@a.test to x@far.test" in warning.message
    undo(actor=root, entry_id=entry.pk, force=True)
    assert Mailbox.objects.filter(pk="bert@a.test").exists()


def test_a_forwarding_that_took_the_mail_away_before_is_no_news(root) -> None:
    create_forwarding(actor=root, source="bert@a.test", destination="x@far.test", force=True)
    delete_mailbox(actor=root, email="bert@a.test")
    assert plan_undo(actor=root, entry_id=newest().pk).warnings == []
    delete_domain(actor=root, domain="a.test")
    assert plan_undo(actor=root, entry_id=newest().pk).warnings == []


def test_what_is_warned_of_names_no_address_of_others(root) -> None:
    bob = Actor(ActorKind.DOMAIN_ADMIN, "bob", domains=frozenset({"a.test"}))
    create_forwarding(actor=root, source="b@a.test", destination="anna@b.test")
    delete_forwarding(actor=bob, key="b@a.test")
    entry = newest()
    delete_mailbox(actor=root, email="anna@b.test", dependents="keep")
    (warning,) = plan_undo(actor=bob, entry_id=entry.pk).warnings
    assert "anna@b.test" not in warning.message
    assert "an address in another domain is gone since" in warning.message


def test_a_domain_that_has_mailboxes_since(root) -> None:
    create_domain(actor=root, domain="c.test")
    entry = newest()
    assert plan_undo(actor=root, entry_id=entry.pk).warnings == []
    create_mailbox(actor=root, email="anna@c.test", password=SECRET)
    assert warned_of(root, entry) == ["orphans"]


def test_the_page_asks_for_a_confirmation(admin, root) -> None:
    create_domain(actor=root, domain="c.test")
    pk = newest().pk
    create_mailbox(actor=root, email="anna@c.test", password=SECRET)
    page = admin.get(f"/audit/{pk}/undo/").content.decode()
    assert "Postfix refuses mail to them" in page
    assert 'name="force"' in page
    again = admin.post(f"/audit/{pk}/undo/")
    assert again.status_code == 200
    assert 'name="force"' in again.content.decode()
    assert admin.post(f"/audit/{pk}/undo/", {"force": "on"}).status_code == 302


def test_the_command_takes_force(run, root) -> None:
    create_domain(actor=root, domain="c.test")
    pk = str(newest().pk)
    create_mailbox(actor=root, email="anna@c.test", password=SECRET)
    code, _out, err = run("audit", "undo", pk)
    assert code == 1
    assert "--force" in err
    assert run("audit", "undo", pk, "--force")[0] == 0
