"""Bulk edits as Django admin makes them: each is one action."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.messages.storage.base import BaseStorage
from django.http import HttpRequest
from django.test import RequestFactory

from domains.models import Domain, Transport
from mailboxes.models import Forwarding, Mailbox
from tests.undo.random_changes import FAR, TRANSPORTS, ByService, RandomChanges


class _Unsaid(BaseStorage):
    """What the admin says to the browser; nobody reads it here."""

    def _get(self, *args: Any, **kwargs: Any) -> tuple[list[Any], bool]:
        return [], True

    def _store(self, messages: list[Any], *args: Any, **kwargs: Any) -> list[Any]:
        return []


def _request(world: RandomChanges, **posted: str) -> HttpRequest:
    request = RequestFactory().post("/admin/", {"confirmed": "1", **posted})
    request.actor = world.actor
    request._messages = _Unsaid(request)
    return request


def _rows(model: type, keys: list[str]) -> Any:
    return model.objects.filter(pk__in=keys).order_by("pk")


def _action(model: type, name: str) -> ByService:
    def act(world: RandomChanges) -> None:
        chosen = _rows(model, world.some_of(model))
        getattr(admin.site._registry[model], name)(_request(world), chosen)

    return act


def _new_passwords(world: RandomChanges) -> None:
    chosen = world.some_of(Mailbox)
    for key in chosen:
        world.passwords.pop(key, None)
    _action_on(world, Mailbox, "new_passwords", chosen)


def _replace_target(world: RandomChanges) -> None:
    chosen = world.some_of(Forwarding)
    targets = [one for row in _rows(Forwarding, chosen) for one in row.destinations]
    old = world.random.choice(targets or ["nobody@far.example"])
    new = world.random.choice([*FAR, "n@new.example"])
    _action_on(world, Forwarding, "replace_target", chosen, old=old, new=new, force="on")


def _action_on(
    world: RandomChanges, model: type, name: str, keys: list[str], **posted: str
) -> None:
    getattr(admin.site._registry[model], name)(_request(world, **posted), _rows(model, keys))


def _delete_selected(world: RandomChanges) -> None:
    model = world.random.choice([Domain, Mailbox, Forwarding, Transport])
    chosen = world.some_of(model, 1 if model is Domain else 4)
    # What Django's `delete_selected` calls once it was confirmed.
    admin.site._registry[model].delete_queryset(_request(world), _rows(model, chosen))


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
    "admin_suspend": _action(Mailbox, "suspend"),
    "admin_resume": _action(Mailbox, "resume"),
    "admin_new_passwords": _new_passwords,
    "admin_replace_target": _replace_target,
    "admin_delete_selected": _delete_selected,
    "admin_edit_forwarding": _edit_list(Forwarding, "destination", RandomChanges.targets),
    "admin_edit_transport": _edit_list(
        Transport, "transport", lambda world: world.random.choice(TRANSPORTS)
    ),
}
