"""The change log in words: what an action, a kind of object and a field are called."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor, ActorKind
from audit.models import Entry
from audit.sign_ins import ATTEMPTS, REFUSE_SIGN_IN, SIGN_IN, SIGN_INS, SIGN_OUT

# Between who did it and the object's key.
ACTIONS: dict[str, Any] = {
    "create_domain": _("added the domain"),
    "delete_domain": _("deleted the domain"),
    "create_mailbox": _("added the mailbox"),
    "set_mailbox_password": _("set the password of"),
    "change_own_password": _("changed the own password of"),
    "rehash": _("signed in, which renewed the weak hash of"),
    "set_recovery_address": _("named a recovery address of"),
    "confirm_recovery_address": _("confirmed the recovery address of"),
    "remove_recovery_address": _("removed the recovery address of"),
    "ask_for_recovery": _("had a link sent to the recovery address of"),
    "recover_password": _("set the password by a recovery link of"),
    "invite_owner": _("invited the owner of"),
    "accept_invitation": _("set the password by an invitation of"),
    "confirm_owner": _("confirmed the owner of"),
    "remove_factors": _("removed second factor and recovery address of"),
    "set_up_authenticator": _("set up the authenticator app of"),
    "remove_authenticator": _("removed the authenticator app of"),
    "add_passkey": _("added a passkey of"),
    "rename_passkey": _("renamed a passkey of"),
    "remove_passkey": _("removed a passkey of"),
    "make_recovery_codes": _("made recovery codes of"),
    "reset_second_factor": _("reset the second factor of"),
    "end_sessions": _("ended other sessions of"),
    "suspend_mailbox": _("suspended the mailbox"),
    "resume_mailbox": _("resumed the mailbox"),
    "delete_mailbox": _("deleted the mailbox"),
    "create_forwarding": _("added the forwarding of"),
    "change_forwarding": _("changed the forwarding of"),
    "delete_forwarding": _("deleted the forwarding of"),
    "move_forwarding": _("moved between domains the forwarding of"),
    "create_transport": _("added the transport for"),
    "change_transport": _("changed the transport for"),
    "delete_transport": _("deleted the transport for"),
    "move_transport": _("moved between domains the transport for"),
    "create_operator": _("added the operator"),
    "change_operator": _("changed role or limits of"),
    "set_operator_password": _("set the password of the operator"),
    "enable_operator": _("enabled the operator"),
    "disable_operator": _("disabled the operator"),
    "delete_operator": _("deleted the operator"),
    "grant_domain": _("granted a domain to"),
    "revoke_domain": _("revoked a domain from"),
    "change_dns_mails": _("changed the mails about DNS to"),
    "publish_dns": _("published the DNS record"),
    "make_dkim_key": _("made the DKIM key"),
    "give_dkim_key": _("added the DKIM key"),
    "switch_dkim_key": _("let this DKIM key sign:"),
    "replace_dkim_key": _("let this DKIM key sign no more:"),
    "retire_dkim_key": _("retired the DKIM key"),
    "change_dns_settings": _("changed the DNS settings of"),
    "export_rows": _("exported:"),
    "export_hashes": _("exported with their password hashes:"),
    "stop_dns_check": _("stopped the DNS check of all domains, begun"),
    "undo": _("undid a change of"),
    SIGN_IN: _("signed in"),
    SIGN_OUT: _("signed out"),
    REFUSE_SIGN_IN: _("was refused at sign-in as"),
}
# As a choice of the filter.
CHOICES: dict[str, Any] = {
    "create_domain": _("Domain added"),
    "delete_domain": _("Domain deleted"),
    "create_mailbox": _("Mailbox added"),
    "set_mailbox_password": _("Mailbox password set"),
    "change_own_password": _("Own password changed"),
    "rehash": _("Weak hash renewed"),
    "set_recovery_address": _("Recovery address named"),
    "confirm_recovery_address": _("Recovery address confirmed"),
    "remove_recovery_address": _("Recovery address removed"),
    "ask_for_recovery": _("Recovery link sent"),
    "recover_password": _("Password recovered"),
    "invite_owner": _("Owner invited"),
    "accept_invitation": _("Invitation accepted"),
    "confirm_owner": _("Owner confirmed"),
    "remove_factors": _("Owner's second factor removed"),
    "set_up_authenticator": _("Authenticator app set up"),
    "remove_authenticator": _("Authenticator app removed"),
    "add_passkey": _("Passkey added"),
    "rename_passkey": _("Passkey renamed"),
    "remove_passkey": _("Passkey removed"),
    "make_recovery_codes": _("Recovery codes made"),
    "reset_second_factor": _("Second factor reset"),
    "end_sessions": _("Other sessions ended"),
    "suspend_mailbox": _("Mailbox suspended"),
    "resume_mailbox": _("Mailbox resumed"),
    "delete_mailbox": _("Mailbox deleted"),
    "create_forwarding": _("Forwarding added"),
    "change_forwarding": _("Forwarding changed"),
    "delete_forwarding": _("Forwarding deleted"),
    "move_forwarding": _("Forwarding moved between domains"),
    "create_transport": _("Transport added"),
    "change_transport": _("Transport changed"),
    "delete_transport": _("Transport deleted"),
    "move_transport": _("Transport moved between domains"),
    "create_operator": _("Operator added"),
    "change_operator": _("Operator changed"),
    "set_operator_password": _("Operator password set"),
    "enable_operator": _("Operator enabled"),
    "disable_operator": _("Operator disabled"),
    "delete_operator": _("Operator deleted"),
    "grant_domain": _("Domain granted"),
    "revoke_domain": _("Domain revoked"),
    "change_dns_mails": _("Mails about DNS changed"),
    "publish_dns": _("DNS record published"),
    "make_dkim_key": _("DKIM key made"),
    "give_dkim_key": _("DKIM key added by hand"),
    "switch_dkim_key": _("DKIM key signs"),
    "replace_dkim_key": _("DKIM key signs no more"),
    "retire_dkim_key": _("DKIM key retired"),
    "change_dns_settings": _("DNS settings changed"),
    "export_rows": _("Exported"),
    "export_hashes": _("Exported with password hashes"),
    "stop_dns_check": _("DNS check stopped"),
    "undo": _("Undo"),
    SIGN_IN: _("Signed in"),
    SIGN_OUT: _("Signed out"),
    REFUSE_SIGN_IN: _("Sign-in refused"),
}
KINDS: dict[str, Any] = {
    "domain": _("Domain"),
    "mailbox": _("Mailbox"),
    "forwarding": _("Forwarding"),
    "transport": _("Transport"),
    "operator": _("Operator"),
    "owner": _("Mailbox owner"),
    "dns": _("DNS record"),
    "dkim": _("DKIM key"),
    "dns_settings": _("DNS settings"),
    "export": _("Export"),
    "dns_check": _("DNS check"),
}
FIELDS: dict[str, Any] = {
    "domain": _("Domain"),
    "email": _("Address"),
    "password": _("Password hash"),
    "source": _("Source"),
    "destination": _("Destinations"),
    "transport": _("Transport"),
    "username": _("Name"),
    "role": _("Role"),
    "active": _("Active"),
    "outcome": _("Outcome"),
    "grant": _("Granted domain"),
    "max_mailboxes": _("Mailboxes at most"),
    "max_forwardings": _("Forwardings at most"),
    "recovery_address": _("Recovery address"),
    "factors": _("Second factor and recovery address"),
    "link": _("Link"),
    "authenticator": _("Authenticator app"),
    "passkey": _("Passkey"),
    "recovery_codes": _("Recovery codes"),
    "second_factor": _("Second factor"),
    "sessions": _("Sessions"),
    "mail_address": _("Mail address"),
    "dns_mails": _("Mails about DNS"),
    "records": _("Records"),
    "selector": _("Selector"),
    "key_type": _("Type of key"),
    "key_state": _("State of the key"),
    "selectors": _("DKIM selectors"),
    "method": _("Method"),
    "reason": _("Reason"),
    "format": _("Format"),
    "q": _("Search"),
    "state": _("State"),
    ATTEMPTS: _("Attempts"),
}
WHO = {
    ActorKind.COMMAND: _("by command"),
    ActorKind.SUPERADMIN: _("superadmin"),
    ActorKind.DOMAIN_ADMIN: _("domain admin"),
    ActorKind.MAILBOX_OWNER: _("mailbox owner"),
    ActorKind.NOBODY: _("not signed in"),
}


def entries_visible_to(actor: Actor) -> QuerySet[Entry]:
    """Changes newest first, without sign-ins: all of them, or those of the actor's domains."""
    entries: QuerySet[Entry] = Entry.objects.visible_to(actor)
    return entries.exclude(action__in=SIGN_INS).order_by("-id")


def undone_by(entries: Iterable[Entry]) -> dict[int, int]:
    """{id: id of the entry that took it back} of those that are undone; one query at most."""
    undone = [entry.pk for entry in entries if entry.undone]
    if not undone:
        return {}
    by = Entry.objects.filter(undoes__in=undone).order_by("pk")
    # The last one counts: those before were taken back themselves.
    return {entry_id: pk for entry_id, pk in by.values_list("undoes", "pk") if entry_id is not None}


def action_words(action: str) -> str:
    """What an action is called, between who did it and the object's key."""
    return str(ACTIONS.get(action, action.replace("_", " ")))


def field_words(entry: Entry, name: str) -> str:
    """What a field of an entry is called; a transport's `domain` is its key."""
    if entry.object_type == "transport" and name == "domain":
        return str(_("Key"))
    if name.startswith("off "):
        return str(_("Switched off: %(check)s") % {"check": name.removeprefix("off ")})
    return str(FIELDS.get(name, name))


def who_words(entry: Entry) -> str:
    """What the one who did it is: superadmin, domain admin, by command ..."""
    return str(WHO.get(ActorKind(entry.actor_kind), entry.actor_kind))
