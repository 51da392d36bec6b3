"""No kind of change is forgotten: it is in the property test, or written down why it is not.

The kinds are found in the code: the actions that the log knows, the services, Django admin's
bulk actions. A new one fails here (or in `test_undo_property.py`) until somebody has thought of it.
"""

from __future__ import annotations

import uuid

import pytest
from django.contrib import admin
from django.test import RequestFactory

from audit.actor import Actor
from audit.admin_base import ServiceAdmin
from audit.kept import TABLES
from audit.log import new_entry
from audit.models import Entry
from audit.reading import ACTIONS
from audit.sign_ins import SIGN_INS
from dnshealth.change_settings import ACTION as DNS_SETTINGS
from dnshealth.sending import ACTION as PUBLISHED
from tests.undo.kinds import SERVICES
from tests.undo.services_run import all_services
from undo.checks import NOT_UNDOABLE, why_not
from undo.rows import ACTION

# Logged in the operator's name as not undoable, and in a mailbox owner's as any other password.
OF_BOTH = {"change_own_password"}
# Every change of the property test is taken back by it, and some of these are taken back again.
BY_UNDO = {ACTION}
# Of no mail table, taken back by tests/dnshealth: one at the name server; the other in a table of
# the panel, where a domain's settings are lost once it was deleted, made anew and set again.
ELSEWHERE = {PUBLISHED, DNS_SETTINGS}
ACTIONS_MADE = (set(ACTIONS) - set(NOT_UNDOABLE) - set(SIGN_INS) - BY_UNDO - ELSEWHERE) | OF_BOTH

# What begins so is no change of the mail tables, because:
NOT_PLAYED = {
    "accounts.confirming.": "who the owner is was for people to say: NOT_UNDOABLE",
    "accounts.link_requests.": "counts who asks for mails",
    "accounts.throttle.": "counts refused sign-ins",
    "accounts.recovery._set_recovery_address": "the owner's own secret: NOT_UNDOABLE",
    "accounts.recovery.confirm_recovery_address": "the owner's own secret: NOT_UNDOABLE",
    "accounts.recovery._remove_recovery_address": "the owner's own secret: NOT_UNDOABLE",
    "accounts.second_factor.services.": "factors and sessions do not come back: NOT_UNDOABLE",
    "accounts.services.create_operator": "an account does not go or come by undo: NOT_UNDOABLE",
    "accounts.services.add_operator": "as create_operator",
    "accounts.services.delete_operator": "as create_operator",
    "accounts.services.set_operator_password": "no hash of an operator is kept: NOT_UNDOABLE",
    "accounts.services.change_own_operator_password": "as set_operator_password",
    "accounts.services.forget_former_grants": "takes what undo cannot bring back any more",
    "bulk.": "calls the services of the tables, each of which is played; tests/bulk undoes jobs",
    "mailboxes.services.exports.": "changes no row: NOT_UNDOABLE",
    "mailboxes.open_sessions.": "puts a request to Dovecot off",
    "mailboxes.target_refresh.": "derives a table of the panel's own from the forwardings",
    "mailboxes.services.left_behind.": "a worker's part of a deletion: tests/targets takes it back",
    "mailserver.lint_runs.": "keeps a report of what was read",
    "mailserver.mending.": "calls the row's own service: tests/mailserver/test_mending.py",
    "dnshealth.": "stores what was looked up and set for the checks: see ELSEWHERE",
}
SERVICES_MADE = {name for name in all_services() if not name.startswith(tuple(NOT_PLAYED))}


@pytest.mark.parametrize("begins", NOT_PLAYED)
def test_what_is_left_out_is_there(begins: str) -> None:
    assert any(name.startswith(begins) for name in all_services())


def test_the_services_of_the_mail_tables_are_played() -> None:
    """That they are is counted by the property test; this is what it counts."""
    assert {
        "domains.services.change_transport",
        "mailboxes.services.own.set_own_forwarding",
        "mailboxes.services.rehash._rehash",
        "undo.services.undo",
    } <= SERVICES_MADE


@pytest.mark.parametrize("action", sorted(NOT_UNDOABLE))
def test_a_page_says_why_an_action_is_not_undone(root: Actor, action: str) -> None:
    assert action in ACTIONS
    assert not action.endswith(tuple(TABLES)), "rows of the mail tables come back"
    entry = Entry(group=uuid.uuid4(), action=action, object_type="operator", object_key="carol")
    why = why_not(root, entry, None, seen=True)
    assert why is not None
    assert (why.code, why.message) == ("not_undoable", NOT_UNDOABLE[action])


def test_an_action_that_nobody_wrote_down_is_not_logged(root: Actor) -> None:
    """So that `ACTIONS` has them all."""
    with pytest.raises(ValueError, match="frobnicate"):
        new_entry(actor=root, action="frobnicate", object_type="mailbox", key="x", changes={})


def _of_the_panel() -> list[ServiceAdmin]:
    return [one for one in admin.site._registry.values() if isinstance(one, ServiceAdmin)]


@pytest.mark.parametrize("model_admin", _of_the_panel(), ids=lambda one: one.opts.model_name)
def test_bulk_actions_of_django_admin_are_played(root: Actor, model_admin: ServiceAdmin) -> None:
    request = RequestFactory().get("/admin/")
    request.actor = root
    kinds = {f"admin_{name}" for name in model_admin.get_actions(request)}
    if model_admin.list_editable:
        kinds.add(f"admin_edit_{model_admin.opts.model_name}")
    assert kinds
    assert kinds - set(SERVICES) == set()
