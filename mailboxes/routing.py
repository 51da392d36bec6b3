"""Where mail to an address would go, asked before a row is written: loops, dead ends, lost mail."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.refusals import Findings
from domains.locks import one_at_a_time
from domains.models import Domain, Transport
from domains.postfix import route_settings
from mailboxes.known_tables import MailTables
from mailboxes.models import Forwarding, Mailbox
from mailboxes.naming import named
from mailkit.addresses import split_destination
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

    def sources_in(self, domain: str, most: int) -> list[str]:
        """See mailboxes.known_tables.MailTables."""
        rows = Forwarding.objects.in_domain(domain).order_by("pk")
        return list(rows.values_list("pk", flat=True)[:most])


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
    known: MailTables | None = None,
    coming: Container[str] = (),
) -> None:
    """Judge a forwarding that would be written: refuse a loop, warn of lost mail.

    `without`: the source this row has now, for a change. `known`: what has been looked up for many
    rows, whose caller lets them be written by nobody else meanwhile (`lock_routes`). `coming`:
    addresses that will be there in a moment. What is said names only addresses that the actor may
    see or has typed.
    """
    if known is None:
        lock_routes()
        known = DatabaseTables()
    tables = with_row(known, source, targets, without=without)
    _judge({source: findings}, {source: targets}, tables, actor, known, coming)


def check_routes(
    findings: Mapping[str, Findings], rows: Mapping[str, list[str]], *, actor: Actor
) -> None:
    """Judge forwardings whose destinations change together, {source: targets}: see check_route.

    Each is followed with the new destinations of the others, save those that are refused. Only
    looks: whoever is about to write has `lock_routes()` first.
    """
    left = dict(rows)
    known = DatabaseTables()
    while left:
        judged = {source: Findings() for source in left}
        changed = {source.lower(): ", ".join(targets) for source, targets in left.items()}
        _judge(judged, left, Changed(known, changed), actor, known)
        refused = {source for source, found in judged.items() if found.refusals}
        for source in refused or left:
            findings[source].refusals.update(judged[source].refusals)
            findings[source].warnings.update(judged[source].warnings)
        if not refused:
            return
        left = {source: targets for source, targets in left.items() if source not in refused}


def _judge(
    findings: Mapping[str, Findings],
    rows: Mapping[str, list[str]],
    tables: Changed,
    actor: Actor,
    known: MailTables,
    coming: Container[str] = (),
) -> None:
    rules = _rules()
    starts = {source: _starts(source, targets, known) for source, targets in rows.items()}
    every = [address for addresses in starts.values() for address in addresses]
    expansions = expand_many(every, tables, rules)
    sound = [one for one in expansions.values() if one.error is None]
    recipients = list(dict.fromkeys(to for one in sound for to in one.recipients))
    dead = [one for one in dead_targets(recipients, known, route_settings()) if one not in coming]
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


def _starts(source: str, targets: list[str], known: MailTables) -> list[str]:
    whole_domain = targets[0].startswith("@")
    return entry_addresses(
        source, _local_parts_with_rows(targets[0], known) if whole_domain else []
    )


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


def lock_routes() -> None:
    """Two halves of a loop must see each other: who checks routes does so one after the other."""
    one_at_a_time(Forwarding)


def look_up_routes(known: MailTables, rows: Mapping[str, Sequence[str]]) -> None:
    """Have `known` ask for all at once what `check_route` wants of {source: targets}."""
    rules = _rules()
    texts: dict[str, str | None] = {one.lower(): ", ".join(to) for one, to in rows.items()}
    starts = [address for source in rows for address in entry_addresses(source)]
    found = expand_many(starts, Changed(known, texts), rules)
    ends = {end: None for one in found.values() for end in one.recipients}
    dead_targets([*ends, *texts], known, route_settings())
    known.mailboxes(list(texts))
    known.domains(list(dict.fromkeys(key.rpartition("@")[2] for key in texts)))


def look_up_mailboxes(known: MailTables, emails: Sequence[str]) -> None:
    """Have `known` ask for all at once what `check_mailbox_gets_mail` wants of each address."""
    expand_many(known.forwardings(emails), _with_mailboxes(known, emails), _rules())
    known.domains(list(dict.fromkeys(email.rpartition("@")[2] for email in emails)))


def check_mailbox_gets_mail(
    findings: Findings, email: str, actor: Actor, known: MailTables | None = None
) -> None:
    """Warn of a new mailbox whose address a forwarding sends elsewhere without a copy."""
    known = known or DatabaseTables()
    if not known.forwardings([email]):
        # Without a row of its own there, `email2email` answers for it.
        return
    rules = _rules()
    expansion = expand(email, _with_mailboxes(known, [email]), rules)
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


def _with_mailboxes(known: MailTables, emails: Sequence[str]) -> Changed:
    return Changed(known, users=dict.fromkeys(emails, True))


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


def _local_parts_with_rows(target: str, known: MailTables) -> list[str]:
    """Local parts with rows of their own in `@target`, and in what that stands for in turn."""
    found: dict[str, None] = {}
    followed: set[str] = set()
    while target.startswith("@") and target not in followed:
        followed.add(target)
        for source in known.sources_in(target[1:], FOLLOWED):
            found.setdefault(source.rpartition("@")[0].lower())
        destinations = split_destination(known.forwardings([target]).get(target, ""))
        target = destinations[0].lower() if destinations else ""
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
