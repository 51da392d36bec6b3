"""What speaks against an undo: nothing to undo it with, or not yours to undo."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.kept import TABLES, Kept, days, key_of, oldest
from audit.models import Entry
from audit.reversal import How, Obstacle, RowStep
from audit.sign_ins import SIGN_INS
from dnshealth.sending import KIND as PUBLISHED
from mailboxes.models import Forwarding, Mailbox
from undo.dns import KIND as DNS_SETTINGS
from undo.operators import UNDOABLE
from undo.rows import domain_in_log

_PASSWORD = _("An operator's former password does not come back: set a new one.")
_LINK = _("A link that went out cannot be called back: making a new one ends an invitation's.")
_FACTOR = _("A second factor is set up and removed by its owner; an operator may reset it.")
_RECOVERY = _("A recovery address is its owner's own: he names or removes it.")
_OWNER = _("Whether the owner is the same was for people to say: look at the mailbox's page.")
_EXPORT = _("An export changed nothing.")
# Actions that change no row of the mail tables and no operator, and why they are not taken back.
NOT_UNDOABLE: dict[str, Any] = {
    "create_operator": _("An operator who was added is not taken back here: delete him instead."),
    "delete_operator": _("A deleted operator does not come back: add him anew."),
    "set_operator_password": _PASSWORD,
    # Of an operator; a mailbox owner's is a row of `users`.
    "change_own_password": _PASSWORD,
    "invite_owner": _LINK,
    "ask_for_recovery": _LINK,
    "set_recovery_address": _RECOVERY,
    "confirm_recovery_address": _RECOVERY,
    "remove_recovery_address": _RECOVERY,
    "confirm_owner": _OWNER,
    "remove_factors": _OWNER,
    "set_up_authenticator": _FACTOR,
    "remove_authenticator": _FACTOR,
    "add_passkey": _FACTOR,
    "rename_passkey": _FACTOR,
    "remove_passkey": _FACTOR,
    "make_recovery_codes": _FACTOR,
    "reset_second_factor": _FACTOR,
    "end_sessions": _("A session that was ended stays so: sign in anew."),
    "make_dkim_key": _("A new DKIM key is not taken back here: retire it instead."),
    "give_dkim_key": _("A DKIM key added by hand is not taken back here: retire it instead."),
    "switch_dkim_key": _(
        "On the domain's DKIM page the old key can sign again, until it is retired."
    ),
    "replace_dkim_key": _(
        "On the domain's DKIM page the old key can sign again, until it is retired."
    ),
    "retire_dkim_key": _("A retired DKIM key does not come back: make a new one."),
    "export_rows": _EXPORT,
    "export_hashes": _EXPORT,
    "stop_dns_check": _("A DNS check that was stopped is not gone on with: begin a new one."),
    "change_dns_mails": _("Whoever wants other mails about DNS chooses them anew."),
}


def why_not(actor: Actor, entry: Entry, kept: Kept | None, *, seen: bool) -> Obstacle | None:
    """What keeps this actor from taking back this entry, whatever the rows are like; or None.

    `seen`: whether it is one of those that he sees.
    """
    if entry.action in SIGN_INS:
        return Obstacle(entry, "not_a_change", _("A sign-in is no change: nothing to undo."))
    if not seen or not _is_his(actor, entry, kept):
        return Obstacle(
            entry,
            "outside_domains",
            _("This changed something that is not in the domains you manage, so it is not yours."),
        )
    if entry.object_type == "operator" and entry.action in UNDOABLE:
        return None
    if entry.object_type == DNS_SETTINGS:
        return None
    if entry.object_type == PUBLISHED:
        words = _(
            "This was sent to a name server, and is taken back there, as a whole: from the page "
            "that shows what was sent, or by “audit undo %(id)s”."
        )
        return Obstacle(entry, "published", words % {"id": entry.pk})
    if entry.object_type not in TABLES:
        words = NOT_UNDOABLE.get(entry.action, _("This kind of change cannot be undone."))
        return Obstacle(entry, "not_undoable", words)
    if kept is not None:
        return None
    message: Any
    if not days():
        message = _("Nothing is kept for undo here: MAILADMIN_UNDO_DAYS is 0.")
    elif entry.time < oldest():
        message = _("What undo needs is kept for %(days)s days, and this is older.") % {
            "days": days()
        }
    else:
        message = _("Nothing was kept of this change when it was made.")
    return Obstacle(entry, "not_kept", message)


def _is_his(actor: Actor, entry: Entry, kept: Kept | None) -> bool:
    if actor.touches_everything:
        return True
    if entry.object_type in ("domain", "operator") or not actor.may_touch(entry.domain):
        return False
    # A rename may have led from one domain into another.
    keys = [] if kept is None else [key_of(kept, row) for row in (*kept.before, *kept.after)]
    return all(actor.may_touch(domain_in_log(entry.object_type, key)) for key in keys)


def over_limit(actor: Actor, entry: Entry, steps: Sequence[RowStep]) -> Iterator[Obstacle]:
    """A domain admin gets no more rows back than he may have."""
    limits: list[tuple[str, Any, int | None]] = [
        ("mailbox", Mailbox, actor.limits.mailboxes),
        ("forwarding", Forwarding, actor.limits.forwardings),
    ]
    for kind, model, limit in limits:
        if limit is None or actor.touches_everything:
            continue
        signs = {How.PUT_BACK: 1, How.TAKE_OUT: -1, How.SET_BACK: 0}
        more = sum(signs[step.how] for step in steps if step.entry.object_type == kind)
        if more <= 0:
            continue
        # Counted no further than the limit.
        there = len(model.objects.visible_to(actor).values_list("pk")[: limit + 1])
        if there + more > limit:
            yield Obstacle(
                entry,
                f"limit.{TABLES[kind]}",
                _(
                    "Of this kind you may have %(limit)s in your domains; with what comes back "
                    "there would be more."
                )
                % {"limit": limit},
            )
