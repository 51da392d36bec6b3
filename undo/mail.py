"""What an undo would do to mail, said before it is done; only what is new since the change."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.models import KEY_LENGTH, Entry
from audit.reversal import Board, How, RowStep
from domains.postfix import route_settings
from domains.schema import is_found
from mailboxes.dependents import (
    extent_of,
    forwarding_keys,
    forwardings_losing,
    mailbox_keys,
)
from mailboxes.leading import leading
from mailboxes.naming import named
from mailboxes.routing import DatabaseTables
from mailkit.postfix.aliases import (
    Changed,
    Expansion,
    Rules,
    entry_addresses,
    expand_many,
    takes_mail_away,
)
from mailkit.postfix.fates import dead_targets
from mailkit.postfix.resolve import rules_of
from mailkit.tables.content import text_of

# So many forwardings and mailboxes are followed, and so many removed mailboxes looked after: for
# each of the latter all forwardings may be read.
FOLLOWED = 500
LOOKED_AFTER = 20


@dataclass(frozen=True)
class _After:
    """Forwardings and mailboxes of the steps as they will be; keys in lower case.

    `sources`: of the forwardings that will be there, `back`: the mailboxes that come back.
    """

    rows: dict[str, str | None] = field(default_factory=dict)
    users: dict[str, bool] = field(default_factory=dict)
    sources: list[str] = field(default_factory=list)
    back: list[str] = field(default_factory=list)

    @property
    def tables(self) -> Changed:
        return Changed(DatabaseTables(), self.rows, self.users)


def warn(actor: Actor, steps: Sequence[RowStep], board: Board) -> list[ValidationError]:
    """What undo would do to mail, and did not do when the change was made."""
    after = _after(steps, board)
    rules = rules_of(route_settings())
    return [
        *_circles(actor, after, rules),
        *_dead_targets(actor, steps, after, rules),
        *_mail_taken_away(actor, steps, after, rules),
        *_dead_ends(actor, steps),
        *_orphans(steps),
    ]


def _after(steps: Sequence[RowStep], board: Board) -> _After:
    after = _After()
    for step in steps:
        for key in {step.key, step.key_now}:
            if not is_found(step.table, key):
                continue
            found = board.rows(step.table, key)
            if step.table == "forwardings":
                after.rows[key.lower()] = text_of(found[0]["destination"]) if found else None
                after.sources.extend([key.lower()] if found else [])
            elif step.table == "users":
                after.users[key.lower()] = bool(found)
                after.back.extend([key.lower()] if found and step.how is How.PUT_BACK else [])
    return after


def _circles(actor: Actor, after: _After, rules: Rules) -> Iterator[ValidationError]:
    """Forwardings that newer ones would make endless."""
    starts = [address for one in after.sources[:FOLLOWED] for address in entry_addresses(one)]
    if not starts:
        return
    then = expand_many(starts, after.tables, rules)
    endless = {address: one for address, one in then.items() if one.error is not None}
    now = expand_many(endless, DatabaseTables(), rules)
    for address, expansion in endless.items():
        if now[address].error is None:
            yield _endless(actor, expansion)


def _dead_targets(
    actor: Actor, steps: Sequence[RowStep], after: _After, rules: Rules
) -> Iterator[ValidationError]:
    """Forwardings that would lead to a mailbox or forwarding which is gone since."""
    starts = [one for one in after.sources[:FOLLOWED] if not one.startswith("@")]
    if not starts:
        return
    expansions = expand_many(starts, after.tables, rules)
    sound = [one for one in expansions.values() if one.error is None]
    recipients = list(dict.fromkeys(to for one in sound for to in one.recipients))
    dead = dead_targets(recipients, DatabaseTables(), route_settings())
    back = {*after.sources, *(key for key, there in after.users.items() if there)}
    gone = _changed_since(steps, [one for one in dead if one not in back])
    if gone:
        text = _(
            "%(addresses)s is gone since: mail that comes there by what is brought back would be "
            "accepted and then returned to its sender."
        )
        said = {"addresses": ", ".join(named(gone[:10], actor))}
        yield ValidationError(text % said, "dead_target")


def _mail_taken_away(
    actor: Actor, steps: Sequence[RowStep], after: _After, rules: Rules
) -> Iterator[ValidationError]:
    """Mailboxes whose mail a newer forwarding of the same address sends elsewhere."""
    newer = _changed_since(steps, [one for one in after.back[:FOLLOWED] if one not in after.rows])
    if not newer:
        return
    expansions = expand_many(newer, after.tables, rules)
    for email, expansion in expansions.items():
        if expansion.error is None and takes_mail_away(email, expansion, rules.delimiter):
            text = _(
                "A newer forwarding sends mail for %(address)s to %(recipients)s: the mailbox "
                "that comes back would get none."
            )
            said = {
                "address": email,
                "recipients": ", ".join(named(expansion.recipients[:5], actor, [email])),
            }
            yield ValidationError(text % said, "mail_taken_away")


def _changed_since(steps: Sequence[RowStep], addresses: Collection[str]) -> list[str]:
    """Those of the addresses of which the log has a newer change of a mailbox or forwarding."""
    if not addresses:
        return []
    newest = max(step.entry.pk for step in steps)
    cut = {address[:KEY_LENGTH]: address for address in addresses}
    newer = Entry.objects.filter(
        pk__gt=newest,
        undone=False,
        object_type__in=("mailbox", "forwarding"),
        object_key__in=list(cut)[:FOLLOWED],
    )
    keys = {key.lower() for key in newer.values_list("object_key", flat=True)}
    return [address for key, address in cut.items() if key in keys]


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
    find = leading()
    for step in going[:LOOKED_AFTER]:
        losing = [one for one in forwardings_losing(step.key, find) if one not in touched]
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
