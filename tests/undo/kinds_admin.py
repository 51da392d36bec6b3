"""Bulk edits as Django admin makes them: each is one action."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.test import RequestFactory

from bulk.models import Job
from bulk.running import run
from bulk.services import confirm_job
from domains.models import Domain, Transport
from mailboxes.models import Forwarding, Mailbox
from tests.undo.random_changes import FAR, TRANSPORTS, ByService, RandomChanges


def _request(world: RandomChanges, **posted: Any) -> HttpRequest:
    request = RequestFactory().post("/admin/", posted)
    request.actor = world.actor
    return request


def _rows(model: type, keys: list[str]) -> Any:
    return model.objects.filter(pk__in=keys).order_by("pk")


def _by_job(world: RandomChanges, model: type, kind: str, keys: list[str], **values: str) -> None:
    """What Django calls for the action, and yes to the plan that it leads to."""
    if not keys:
        return
    model_admin = admin.site._registry[model]
    request = _request(world, values="1", _selected_action=keys, **values)
    action, _name, _words = model_admin.get_actions(request)[kind]
    action(model_admin, request, _rows(model, keys))
    job = Job.objects.latest("pk")
    confirm_job(actor=world.actor, job=job, force=True, in_background=False)
    run(job.pk)


def _action(model: type, kind: str, most: int = 4, **values: str) -> ByService:
    def act(world: RandomChanges) -> None:
        _by_job(world, model, kind, world.some_of(model, most), **values)

    return act


def _deletes(model: type, kind: str, most: int = 4) -> ByService:
    def act(world: RandomChanges) -> None:
        dependents = world.random.choice(["remove", "keep"])
        _by_job(world, model, kind, world.some_of(model, most), dependents=dependents)

    return act


def _new_passwords(world: RandomChanges) -> None:
    chosen = world.some_of(Mailbox)
    for key in chosen:
        world.passwords.pop(key, None)
    _by_job(world, Mailbox, "new_passwords", chosen)


def _redirects(kind: str) -> ByService:
    def act(world: RandomChanges) -> None:
        chosen = world.some_of(Forwarding)
        targets = [one for row in _rows(Forwarding, chosen) for one in row.destinations]
        old = world.random.choice(targets or ["nobody@far.example"])
        new = world.random.choice([*FAR, "n@new.example"])
        if kind == "replace_in_destinations":
            old, new = (f"@{one.rpartition('@')[2]}" for one in (old, new))
        _by_job(world, Forwarding, kind, chosen, old=old, new=new)

    return act


def _edit_list(model: type, column: str, value: Callable[[RandomChanges], str]) -> ByService:
    def edit(world: RandomChanges) -> None:
        request = _request(world)
        rows = _rows(model, world.some_of(model))
        formset = admin.site._registry[model].get_changelist_formset(request)
        data = {"form-TOTAL_FORMS": str(len(rows)), "form-INITIAL_FORMS": str(len(rows))}
        for form in formset(queryset=rows):
            data |= {form.add_prefix(name): form[name].value() or "" for name in form.fields}
            data |= {form.add_prefix(column): value(world), form.add_prefix("force"): "on"}
        # Django saves what is valid; the services are called when it asks.
        formset(data, queryset=rows).is_valid()

    return edit


# By the names that Django admin has for its actions, with `edit_` for lists edited in place.
KINDS: dict[str, ByService] = {
    "admin_suspend_mailboxes": _action(Mailbox, "suspend_mailboxes"),
    "admin_resume_mailboxes": _action(Mailbox, "resume_mailboxes"),
    "admin_new_passwords": _new_passwords,
    "admin_delete_mailboxes": _deletes(Mailbox, "delete_mailboxes"),
    "admin_move_destination": _redirects("move_destination"),
    "admin_replace_in_destinations": _redirects("replace_in_destinations"),
    "admin_add_destination": _redirects("add_destination"),
    "admin_remove_destination": _redirects("remove_destination"),
    "admin_delete_forwardings": _action(Forwarding, "delete_forwardings"),
    "admin_replace_in_transports": _action(
        Transport, "replace_in_transports", old="smtp", new="relay"
    ),
    "admin_delete_transports": _action(Transport, "delete_transports"),
    "admin_delete_domains": _deletes(Domain, "delete_domains", 1),
    "admin_edit_forwarding": _edit_list(Forwarding, "destination", RandomChanges.targets),
    "admin_edit_transport": _edit_list(
        Transport, "transport", lambda world: world.random.choice(TRANSPORTS)
    ),
}
