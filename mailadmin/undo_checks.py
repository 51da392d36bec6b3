"""What speaks against an undo: nothing to undo it with, not yours to undo, or mail lost by it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.kept import TABLES, Kept, days, key_of, oldest
from audit.models import Entry
from audit.reversal import Board, How, Obstacle, RowStep
from audit.sign_ins import SIGN_INS
from dnshealth.publishing import KIND as PUBLISHED
from domains.postfix import delimiter
from domains.schema import is_found
from mailadmin.undo_dns import KIND as DNS_SETTINGS
from mailadmin.undo_operators import UNDOABLE
from mailadmin.undo_rows import domain_in_log
from mailboxes.dependents import (
    extent_of,
    forwarding_keys,
    forwardings_losing,
    mailbox_keys,
)
from mailboxes.models import Forwarding, Mailbox
from mailboxes.naming import named
from mailboxes.routing import DatabaseTables
from mailkit.postfix.aliases import Changed, Expansion, Rules, entry_addresses, expand_many
from mailkit.tables.content import text_of

# So many forwardings are followed, and so many removed mailboxes looked after: each of the latter
# reads all forwardings.
FOLLOWED = 500
LOOKED_AFTER = 20

WORDS = {
    "create_operator": _("An operator who was added is not taken back here: delete him instead."),
    "delete_operator": _("A deleted operator does not come back: add him anew."),
    "set_operator_password": _("An operator's former password does not come back: set a new one."),
    "make_dkim_key": _("A new DKIM key is not taken back here: retire it instead."),
    "give_dkim_key": _("A DKIM key added by hand is not taken back here: retire it instead."),
    "switch_dkim_key": _(
        "On the domain's DKIM page the old key can sign again, until it is retired."
    ),
    "replace_dkim_key": _(
        "On the domain's DKIM page the old key can sign again, until it is retired."
    ),
    "retire_dkim_key": _("A retired DKIM key does not come back: make a new one."),
    "change_own_password": _("An operator's former password does not come back: set a new one."),
}


def why_not(actor: Actor, entry: Entry, kept: Kept | None) -> Obstacle | None:
    """What keeps this actor from taking back this entry, whatever the rows are like; or None."""
    if entry.action in SIGN_INS:
        return Obstacle(entry, "not_a_change", _("A sign-in is no change: nothing to undo."))
    if not _is_his(actor, entry, kept):
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
        words = WORDS.get(entry.action, _("This kind of change cannot be undone."))
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


def warn(actor: Actor, steps: Sequence[RowStep], board: Board) -> list[ValidationError]:
    """What undo would do to mail, and did not do when the change was made."""
    return [*_circles(actor, steps, board), *_dead_ends(actor, steps), *_orphans(steps)]


def _circles(actor: Actor, steps: Sequence[RowStep], board: Board) -> Iterator[ValidationError]:
    """Forwardings that newer ones would make endless."""
    rows: dict[str, str | None] = {}
    users: dict[str, bool] = {}
    sources: list[str] = []
    for step in steps:
        for key in {step.key, step.key_now}:
            if not is_found(step.table, key):
                continue
            found = board.rows(step.table, key)
            if step.table == "forwardings":
                rows[key.lower()] = text_of(found[0]["destination"]) if found else None
                sources += [key.lower()] if found else []
            elif step.table == "users":
                users[key.lower()] = bool(found)
    starts = [address for source in sources[:FOLLOWED] for address in entry_addresses(source)]
    if not starts:
        return
    rules = Rules(delimiter=delimiter())
    then = expand_many(starts, Changed(DatabaseTables(), rows, users), rules)
    endless = {address: one for address, one in then.items() if one.error is not None}
    now = expand_many(endless, DatabaseTables(), rules)
    for address, expansion in endless.items():
        if now[address].error is None:
            yield _endless(actor, expansion)


def _endless(actor: Actor, expansion: Expansion) -> ValidationError:
    if expansion.loop is not None:
        circle = _("Mail would go in a circle, which Postfix refuses (451): %(loop)s.") % {
            "loop": " → ".join(named(expansion.loop, actor))
        }
        return ValidationError(circle, "loop")
    text = _("Postfix could not follow mail to %(address)s to its end and would refuse it (451).")
    return ValidationError(text % {"address": expansion.address}, "endless")


def _dead_ends(actor: Actor, steps: Sequence[RowStep]) -> Iterator[ValidationError]:
    """Forwardings that lead to a mailbox which goes, and nowhere else."""
    touched = {step.key_now for step in steps if step.table == "forwardings"}
    going = [step for step in steps if step.table == "users" and step.how is How.TAKE_OUT]
    for step in going[:LOOKED_AFTER]:
        losing = [one for one in forwardings_losing(step.key) if one not in touched]
        if losing:
            text = _(
                "%(sources)s would lead nowhere without the mailbox %(email)s: mail to it would "
                "be accepted and then returned to its sender."
            )
            said = {"sources": ", ".join(named(losing[:5], actor)), "email": step.key}
            yield ValidationError(text % said, "dead_target")


def _orphans(steps: Sequence[RowStep]) -> Iterator[ValidationError]:
    """Mailboxes and forwardings of a domain which goes."""
    touched = {(step.table, step.key_now) for step in steps}
    going = [step for step in steps if step.table == "domains" and step.how is How.TAKE_OUT]
    for step in going[:LOOKED_AFTER]:
        extent = extent_of(step.key)
        keys = [("users", key) for key in mailbox_keys(extent)]
        keys += [("forwardings", key) for key in forwarding_keys(extent)]
        if any(key not in touched for key in keys):
            text = _(
                "There are mailboxes or forwardings in %(domain)s: Postfix refuses mail to them "
                "once the domain is gone."
            )
            yield ValidationError(text % {"domain": step.key}, "orphans")
