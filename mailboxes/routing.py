"""Where mail to an address would go, asked before a row is written: loops, dead ends, lost mail."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.refusals import Findings
from domains.locks import one_at_a_time
from domains.models import Domain, Transport
from domains.postfix import route_settings
from mailboxes.models import Forwarding, Mailbox
from mailboxes.naming import named
from mailkit.postfix.aliases import (
    Changed,
    Expansion,
    ExpansionError,
    Rules,
    entry_addresses,
    expand,
    expand_many,
    takes_mail_away,
    with_row,
)
from mailkit.postfix.fates import dead_targets
from mailkit.postfix.resolve import rules_of

BATCH = 500
# So many addresses of a domain are followed when the whole domain is forwarded to another one.
FOLLOWED = 2000


@dataclass(frozen=True)
class DatabaseTables:
    """The four tables as Postfix would find their rows; without one mailbox, if asked so."""

    without_mailbox: str = ""

    def domains(self, names: Sequence[str]) -> Set[str]:
        """See mailkit.postfix.resolve.ResolveTables."""
        return {key.lower() for key in _keys(Domain, names)}

    def transports(self, keys: Sequence[str]) -> Mapping[str, str]:
        """See mailkit.postfix.resolve.ResolveTables."""
        found: dict[str, str] = {}
        for batch in _batches(keys):
            rows = Transport.objects.filter(pk__in=batch)
            for key, value in rows.values_list("domain", "transport"):
                found[key.lower()] = value
        return found

    def forwardings(self, keys: Sequence[str]) -> Mapping[str, str]:
        """See mailkit.postfix.aliases.Tables."""
        found: dict[str, str] = {}
        for batch in _batches(keys):
            rows = Forwarding.objects.filter(pk__in=batch)
            for source, destination in rows.values_list("source", "destination"):
                found[source.lower()] = destination or ""
        return found

    def mailboxes(self, keys: Sequence[str]) -> Set[str]:
        """See mailkit.postfix.aliases.Tables."""
        return {key.lower() for key in _keys(Mailbox, keys)} - {self.without_mailbox}


def _keys(model: Any, keys: Collection[str]) -> Iterator[str]:
    for batch in _batches(keys):
        yield from model.objects.filter(pk__in=batch).values_list("pk", flat=True)


def _rules() -> Rules:
    return rules_of(route_settings())


def _batches(keys: Collection[str]) -> list[list[str]]:
    ordered = list(keys)
    return [ordered[start : start + BATCH] for start in range(0, len(ordered), BATCH)]


def check_route(
    findings: Findings,
    source: str,
    targets: list[str],
    *,
    actor: Actor,
    without: str | None = None,
) -> None:
    """Judge a forwarding that would be written: refuse a loop, warn of lost mail.

    `without`: the source this row has now, for a change. What is said names only addresses that
    the actor may see or has typed.
    """
    # Two halves of a loop must see each other.
    one_at_a_time(Forwarding)
    tables = with_row(DatabaseTables(), source, targets, without=without)
    _judge({source: findings}, {source: targets}, tables, actor)


def check_routes(
    findings: Mapping[str, Findings], rows: Mapping[str, list[str]], *, actor: Actor
) -> None:
    """Judge forwardings whose destinations change together, {source: targets}: see check_route.

    Each is followed with the new destinations of the others, save those that are refused. Only
    looks: whoever is about to write has `one_at_a_time(Forwarding)` first.
    """
    left = dict(rows)
    while left:
        judged = {source: Findings() for source in left}
        changed = {source.lower(): ", ".join(targets) for source, targets in left.items()}
        _judge(judged, left, Changed(DatabaseTables(), changed), actor)
        refused = {source for source, found in judged.items() if found.refusals}
        for source in refused or left:
            findings[source].refusals.update(judged[source].refusals)
            findings[source].warnings.update(judged[source].warnings)
        if not refused:
            return
        left = {source: targets for source, targets in left.items() if source not in refused}


def _judge(
    findings: Mapping[str, Findings], rows: Mapping[str, list[str]], tables: Changed, actor: Actor
) -> None:
    rules = _rules()
    starts = {source: _starts(source, targets) for source, targets in rows.items()}
    every = [address for addresses in starts.values() for address in addresses]
    expansions = expand_many(every, tables, rules)
    sound = [one for one in expansions.values() if one.error is None]
    recipients = list(dict.fromkeys(to for one in sound for to in one.recipients))
    dead = dead_targets(recipients, DatabaseTables(), route_settings())
    with_mailbox = tables.mailboxes(list(rows))
    for source, targets in rows.items():
        typed = [source, *targets]
        endless = [expansions[one] for one in starts[source] if expansions[one].error is not None]
        if endless:
            _refuse_endless(findings[source], endless[0], actor, typed)
            continue
        expansion = expansions[starts[source][0]]
        # What a whole domain leads to depends on the address; a dead one there is no news.
        if not targets[0].startswith("@"):
            reached = set(expansion.recipients)
            lost = [one for one in dead if one in reached]
            _warn_of_dead_ends(findings[source], lost, actor, typed)
        there = source.lower() in with_mailbox
        if there and takes_mail_away(source, expansion, rules.delimiter):
            _warn_of_mail_taken_away(findings[source], source)


def _starts(source: str, targets: list[str]) -> list[str]:
    whole_domain = targets[0].startswith("@")
    return entry_addresses(source, _local_parts_with_rows(targets[0]) if whole_domain else [])


def _warn_of_mail_taken_away(findings: Findings, source: str) -> None:
    findings.warn(
        "destination",
        "mail_taken_away",
        _(
            "%(address)s has a mailbox, which would get no more mail. To keep a copy there, "
            "add %(address)s to the destinations."
        ),
        address=source,
    )


def check_mailbox_gets_mail(findings: Findings, email: str, actor: Actor) -> None:
    """Warn of a new mailbox whose address a forwarding sends elsewhere without a copy."""
    rules = _rules()
    expansion = expand(email, Changed(DatabaseTables(), users={email: True}), rules)
    if expansion.error is not None or not takes_mail_away(email, expansion, rules.delimiter):
        return
    findings.warn(
        "email",
        "mail_taken_away",
        _(
            "A forwarding sends mail for %(address)s to %(recipients)s: the new mailbox would get "
            "none. To keep a copy there, add %(address)s to the forwarding's destinations."
        ),
        address=email,
        recipients=", ".join(named(expansion.recipients[:5], actor, [email])),
    )


def leads_nowhere_without(email: str) -> bool:
    """Whether mail to this address would reach nobody if its mailbox were gone."""
    address = email.lower()
    own = Forwarding.objects.by_key(address)
    kept = [one for one in own.destinations if one.lower() != address] if own else []
    rows = {address: ", ".join(kept) if kept else None}
    expansion = expand(address, Changed(DatabaseTables(), rows, users={address: False}), _rules())
    if expansion.error is not None:
        return False
    tables = DatabaseTables(without_mailbox=address)
    return set(expansion.recipients) <= set(
        dead_targets(expansion.recipients, tables, route_settings())
    )


def _local_parts_with_rows(target: str) -> list[str]:
    """Local parts with rows of their own in `@target`, and in what that stands for in turn."""
    found: dict[str, None] = {}
    followed: set[str] = set()
    while target.startswith("@") and target not in followed:
        followed.add(target)
        rows = Forwarding.objects.in_domain(target[1:]).order_by("pk")
        for source in rows.values_list("pk", flat=True)[:FOLLOWED]:
            found.setdefault(source.rpartition("@")[0].lower())
        row = Forwarding.objects.by_key(target)
        target = row.destinations[0].lower() if row and row.destinations else ""
    return [local for local in found if local]


def _refuse_endless(
    findings: Findings, expansion: Expansion, actor: Actor, typed: list[str]
) -> None:
    if expansion.loop is not None:
        findings.refuse(
            "destination",
            "loop",
            _(
                "This forwarding would go in a circle: %(loop)s. Postfix would accept no mail for "
                "it (451, alias expansion error)."
            ),
            loop=" → ".join(named(expansion.loop, actor, typed)),
        )
    elif expansion.error is ExpansionError.SIZE:
        findings.refuse(
            "destination",
            "too_many_recipients",
            _("This leads to more than 1,000 recipients: Postfix would refuse every mail (451)."),
        )
    else:
        findings.refuse(
            "destination",
            "endless",
            _("Postfix could not follow this forwarding to its end and would refuse mail (451)."),
        )


def _warn_of_dead_ends(findings: Findings, dead: list[str], actor: Actor, typed: list[str]) -> None:
    if dead:
        findings.warn(
            "destination",
            "dead_target",
            _(
                "Mail to %(addresses)s would be accepted and then returned to its sender: it has "
                "neither a mailbox nor a forwarding, or a transport returns its mail."
            ),
            addresses=", ".join(named(dead[:10], actor, typed)),
        )
