"""Taking back what was done to operators: grants, roles and limits, disabled or enabled.

The services of `accounts` do it, with their own rules (the last superadmin stays) and their own
entries in the log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts import services
from accounts.models import User
from audit.actor import Actor
from audit.models import Entry
from audit.reversal import Obstacle, newer_entry

GRANTS = ("grant_domain", "revoke_domain")
FLAGS = ("enable_operator", "disable_operator")
UNDOABLE = frozenset((*GRANTS, *FLAGS, "change_operator"))


@dataclass(frozen=True)
class OperatorStep:
    """One change of an operator, taken back by `carry_out(actor)`."""

    entry: Entry
    carry_out: Callable[[Actor], object]


@dataclass
class Operators:
    """The operators as they would be after the steps so far."""

    _known: dict[str, dict[str, str | None] | None] = field(default_factory=dict)
    _since: dict[str, datetime] = field(default_factory=dict)

    def plan_step(self, entry: Entry) -> OperatorStep | Obstacle:
        """How to take this change back, played on the operators; or what is in the way."""
        name = entry.object_key
        state = self._state(name)
        if state is None:
            return Obstacle(
                entry, "gone", _("There is no operator “%(name)s” any more.") % {"name": name}
            )
        if self._since[name] > entry.time:
            return _another_one(entry, name)
        pairs = {_field(name, pair): pair for name, pair in entry.changes.items()}
        for name_of_field, (_before, after) in pairs.items():
            if state.get(name_of_field) != after:
                newer = newer_entry(entry, name)
                return Obstacle(
                    entry,
                    "changed",
                    _("The operator “%(name)s” is not as this change left it.") % {"name": name},
                    newer,
                )
        state.update({name_of_field: before for name_of_field, (before, _after) in pairs.items()})
        return OperatorStep(entry, lambda actor: _carry_out(actor, entry))

    def _state(self, name: str) -> dict[str, str | None] | None:
        if name not in self._known:
            user = User.objects.operators().filter(username=name).first()
            self._known[name] = None if user is None else _as_logged(user)
            if user is not None:
                self._since[name] = user.created_at
        return self._known[name]


def _another_one(entry: Entry, name: str) -> Obstacle:
    """Somebody else has the name now; he shall not get what was another's."""
    added = Entry.objects.about("operator", name).filter(action="create_operator")
    return Obstacle(
        entry,
        "gone",
        _("“%(name)s” is another operator now, who was added after this change.") % {"name": name},
        added.filter(pk__gt=entry.pk).order_by("-pk").first(),
    )


def _as_logged(user: User) -> dict[str, str | None]:
    grants = user.grants.in_force().values_list("domain", flat=True)
    return {
        "active": str(user.is_active),
        "role": "superadmin" if user.is_superadmin else "domain admin",
        "max_mailboxes": _number(user.max_mailboxes),
        "max_forwardings": _number(user.max_forwardings),
        **{f"grant {domain}": domain for domain in grants},
    }


def _number(limit: int | None) -> str | None:
    return None if limit is None else str(limit)


def _field(name: str, pair: Iterable[str | None]) -> str:
    """Each grant is a field of its own."""
    return f"grant {next(one for one in pair if one)}" if name == "grant" else name


def _carry_out(actor: Actor, entry: Entry) -> None:
    name = entry.object_key
    changes: dict[str, list[Any]] = entry.changes
    if entry.action in GRANTS:
        before, after = changes["grant"]
        if before is None:
            services.revoke_domains(actor=actor, name=name, domains=[after])
        else:
            services.give_back_domain(actor=actor, name=name, domain=before, revoked=entry)
    elif entry.action in FLAGS:
        active = changes["active"][0] == "True"
        services.set_operator_active(actor=actor, name=name, active=active)
    else:
        _set_role_back(actor, name, {field: before for field, (before, _after) in changes.items()})


def _set_role_back(actor: Actor, name: str, before: dict[str, str | None]) -> None:
    user = User.objects.get(username=name)
    state = {**_as_logged(user), **before}
    services.change_operator(
        actor=actor,
        name=name,
        superadmin=state["role"] == "superadmin",
        domains=None,
        max_mailboxes=_limit(state["max_mailboxes"]),
        max_forwardings=_limit(state["max_forwardings"]),
        force=True,
    )


def _limit(text: str | None) -> int | None:
    return None if text is None else int(text)
