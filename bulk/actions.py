"""What can be done with many rows of a list at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.forms import ServiceForm
from bulk import forms
from bulk.kinds import KINDS
from bulk.selection import AT_ONCE


@dataclass(frozen=True)
class Action:
    """`kind`: of the job that it begins. `noun`: of the rows. `form`: what it asks for first.

    `ends_in`: the page that the rows' list is. `dangerous`: its button is red.
    """

    kind: str
    noun: str
    label: Any
    lead: Any
    form: type[ServiceForm] | None = None
    superadmins: bool = False
    dangerous: bool = False

    def is_for(self, actor: Actor) -> bool:
        """Whether this actor has it."""
        return actor.is_operator and (actor.touches_everything or not self.superadmins)

    @property
    def at_once(self) -> int:
        """So many rows are done in the request."""
        return int(getattr(KINDS[self.kind], "at_once", AT_ONCE))


_ACTIONS = (
    Action(
        "suspend_mailboxes",
        "mailbox",
        _("Suspend"),
        _("Mail still arrives; nobody can sign in until they are resumed."),
    ),
    Action("resume_mailboxes", "mailbox", _("Resume"), _("Their former passwords work again.")),
    Action(
        "new_passwords",
        "mailbox",
        _("Set new passwords"),
        _("Each gets a password that the panel makes. They are shown to you once, afterwards."),
    ),
    Action(
        "delete_mailboxes",
        "mailbox",
        _("Delete …"),
        _(
            "With “remove”, forwardings lose these mailboxes as a target where they would lead "
            "nowhere, and are deleted when none is left. Mail on disk stays."
        ),
        forms.DependentsForm,
        dangerous=True,
    ),
    Action(
        "move_destination",
        "forwarding",
        _("Replace a destination …"),
        _("Forwardings that do not lead to it stay as they are."),
        forms.MoveForm,
    ),
    Action(
        "replace_in_destinations",
        "forwarding",
        _("Replace text in destinations …"),
        _("What comes out is checked like any other destination before it is saved."),
        forms.ReplaceDestinationTextForm,
    ),
    Action(
        "add_destination",
        "forwarding",
        _("Add a destination …"),
        _("Forwardings that lead to it already stay as they are."),
        forms.AddDestinationForm,
    ),
    Action(
        "remove_destination",
        "forwarding",
        _("Remove a destination …"),
        _("A forwarding that would have no destination left is refused: delete it instead."),
        forms.RemoveDestinationForm,
    ),
    Action(
        "delete_forwardings",
        "forwarding",
        _("Delete"),
        _("Mail to them goes nowhere any more, unless there is a mailbox of the same address."),
        dangerous=True,
    ),
    Action(
        "replace_in_transports",
        "transport",
        _("Replace text in transports …"),
        _("A next hop that moves, say. What comes out is checked before it is saved."),
        forms.ReplaceTransportTextForm,
    ),
    Action(
        "delete_transports",
        "transport",
        _("Delete"),
        _("Postfix then delivers or relays by its own rules."),
        dangerous=True,
    ),
    Action(
        "delete_domains",
        "domain",
        _("Delete …"),
        _(
            "With “remove”, their mailboxes, forwardings and transports go too, and forwardings of "
            "other domains lose their targets in them. Mail on disk stays."
        ),
        forms.DependentsForm,
        superadmins=True,
        dangerous=True,
    ),
)
ACTIONS = {one.kind: one for one in _ACTIONS}


def actions_on(noun: str, actor: Actor) -> list[Action]:
    """The actions that this actor has on rows of this kind."""
    return [one for one in _ACTIONS if one.noun == noun and one.is_for(actor)]
