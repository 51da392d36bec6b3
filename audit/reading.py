"""Reading the change log: who may see which entries, and what an action is called."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.models import Entry
from audit.sign_ins import SIGN_INS

ACTIONS = {
    "create_domain": _("added the domain"),
    "delete_domain": _("deleted the domain"),
    "create_mailbox": _("added the mailbox"),
    "set_mailbox_password": _("set the password of"),
    "change_own_password": _("changed the own password of"),
    "rehash": _("signed in and so moved to a stronger hash:"),
    "suspend_mailbox": _("suspended the mailbox"),
    "resume_mailbox": _("resumed the mailbox"),
    "delete_mailbox": _("deleted the mailbox"),
    "create_forwarding": _("added the forwarding of"),
    "change_forwarding": _("changed the forwarding of"),
    "delete_forwarding": _("deleted the forwarding of"),
    "create_transport": _("added the transport for"),
    "change_transport": _("changed the transport for"),
    "delete_transport": _("deleted the transport for"),
    "create_operator": _("added the operator"),
    "set_operator_password": _("set the password of the operator"),
    "enable_operator": _("enabled the operator"),
    "disable_operator": _("disabled the operator"),
    "delete_operator": _("deleted the operator"),
    "grant_domain": _("granted a domain to"),
    "revoke_domain": _("revoked a domain from"),
}


def entries_visible_to(actor: Actor) -> QuerySet[Entry]:
    """Changes newest first, without sign-ins: all of them, or those of the actor's domains."""
    entries: QuerySet[Entry] = Entry.objects.visible_to(actor)
    return entries.exclude(action__in=SIGN_INS).order_by("-id")


def action_words(action: str) -> str:
    """What an action is called, between who did it and the object's key."""
    return str(ACTIONS.get(action, action.replace("_", " ")))
