"""Tracing an address in the panel's own tables, and what of it somebody may see.

A domain admin follows addresses of his own domains. Where the way leads through rows of another
domain, or by a transport that is not his (`*`, `.parent`), he sees that it does, and not the row.
To a mailbox owner the own address alone is his.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from audit.actor import Actor
from domains.postfix import route_settings
from mailboxes.routing import DatabaseTables
from mailkit.addresses import AddressError, lowered, parse_domain
from mailkit.postfix.resolve import Class, ResolveTables
from mailkit.postfix.route import Delivery, Kind, Outcome, Step, Trace, Warn, trace

HIDDEN = "hidden"
# Kinds of steps that say what stands in a row of the address's own domain.
_OF_ROWS = frozenset({Kind.ALIAS, Kind.MAILBOX, Kind.TRANSPORT, Kind.DELIVERY})
_ARRIVED = frozenset({Outcome.RELAYED, Outcome.DISCARDED})
# The sender notices these too, or they are about the address itself.
_ABOUT_THE_MAIL = frozenset({Warn.LOOP, Warn.ENDLESS, Warn.DEAD_TARGET, Warn.MAIL_TAKEN_AWAY})


class OutsideDomainsError(LookupError):
    """The address lies in no domain of the actor."""


def trace_address(*, actor: Actor, address: str) -> Trace:
    """What becomes of a stranger's mail to an address, as far as the actor may see it.

    A domain with umlauts may be written as people write it. Raises OutsideDomainsError.
    """
    return follow(actor, with_a_label(address), DatabaseTables())


def follow(actor: Actor, address: str, tables: ResolveTables) -> Trace:
    """The same in these tables, which may be those that a change would make."""
    found = trace(address, tables, route_settings())
    if actor.touches_everything:
        return found
    first = found.steps[0]
    # What is no address at all (501) is nobody's.
    if first.kind is Kind.DOMAIN and not is_own(actor, first.address):
        raise OutsideDomainsError(address)
    return seen_by(actor, found)


def with_a_label(address: str) -> str:
    """The address with its domain as DNS has it; as it is, where that cannot be done."""
    local, at, domain = address.strip().rpartition("@")
    if not at or domain.isascii():
        return address.strip()
    try:
        return f"{local}@{parse_domain(domain)}"
    except AddressError:
        return address.strip()


def is_own(actor: Actor, key: str) -> bool:
    """Whether an address, or another key, is the actor's: of his domains, or a mailbox owner's."""
    if actor.is_mailbox_owner:
        return lowered(key) == lowered(actor.name)
    return actor.may_touch(key.rpartition("@")[2])


def seen_by(actor: Actor, found: Trace) -> Trace:
    """The trace without the rows of domains that are not the actor's."""
    shown = set(_shown_addresses(actor, found))
    hosted = _hosted_domains(found)
    hidden = {
        address
        for address in shown
        if not is_own(actor, address) and address.rpartition("@")[2] in hosted
    }
    kept = [one for one in found.deliveries if one.inner in shown - hidden]
    deliveries = [_delivery_seen_by(actor, found, one) for one in kept]
    if found.deliveries:
        deliveries += [Delivery(one, one, "", "", None) for one in hidden]
    return replace(
        found,
        outcome=_outcome_seen(found, kept) if hidden else found.outcome,
        warnings=_warnings_seen(found, kept) if hidden else found.warnings,
        steps=tuple(_steps_seen_by(actor, found, shown, hidden)),
        deliveries=tuple(sorted(deliveries, key=lambda one: one.address)),
    )


def _outcome_seen(found: Trace, kept: list[Delivery]) -> Outcome:
    """What the sender notices of the ends that are not shown: that mail arrives, or not."""
    if not found.deliveries:
        return found.outcome
    outcomes = {
        Outcome.DELIVERED if one not in kept and one.fate.outcome in _ARRIVED else one.fate.outcome
        for one in found.deliveries
        if one.fate is not None
    }
    return outcomes.pop() if len(outcomes) == 1 else Outcome.MIXED


def _warnings_seen(found: Trace, kept: list[Delivery]) -> tuple[Warn, ...]:
    of_kept = {code for one in kept if one.fate is not None for code in one.fate.warnings}
    return tuple(one for one in found.warnings if one in _ABOUT_THE_MAIL or one.value in of_kept)


def _shown_addresses(actor: Actor, found: Trace) -> Iterator[str]:
    """The addresses that rows of his own lead to, the first one included."""
    becomes = {step.address: step.becomes for step in found.steps if step.kind is Kind.ALIAS}
    waiting, seen = [found.steps[0].address], set()
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        seen.add(address)
        yield address
        if is_own(actor, address):
            waiting += becomes.get(address, ())


def _hosted_domains(found: Trace) -> set[str]:
    """Domains that this server has something about, whoever's they are."""
    classed = {
        step.question
        for step in found.steps
        if step.kind is Kind.DOMAIN and step.note != Class.DEFAULT
    }
    return classed | {
        step.address.rpartition("@")[2]
        for step in found.steps
        if step.kind is Kind.ALIAS and step.answer
    }


def _steps_seen_by(actor: Actor, found: Trace, shown: set[str], hidden: set[str]) -> Iterator[Step]:
    told: set[str] = set()
    for step in found.steps:
        if step.address in hidden:
            if step.kind in _OF_ROWS and step.address not in told:
                told.add(step.address)
                yield Step(Kind.ALIAS, step.address, "", "", HIDDEN, step.address)
        elif step.address in shown or not step.address:
            yield _without_foreign_row(actor, found, step)


def _without_foreign_row(actor: Actor, found: Trace, step: Step) -> Step:
    if step.kind is Kind.TRANSPORT and _is_foreign_row(actor, step):
        return replace(step, question=step.address, answer="", note=HIDDEN)
    if step.kind is Kind.DELIVERY and _has_foreign_transport(actor, found, step.address):
        return replace(step, answer="")
    return step


def _delivery_seen_by(actor: Actor, found: Trace, delivery: Delivery) -> Delivery:
    if _has_foreign_transport(actor, found, delivery.inner):
        return replace(delivery, transport="", nexthop="")
    return delivery


def _has_foreign_transport(actor: Actor, found: Trace, address: str) -> bool:
    return any(
        step.kind is Kind.TRANSPORT and step.address == address and _is_foreign_row(actor, step)
        for step in found.steps
    )


def _is_foreign_row(actor: Actor, step: Step) -> bool:
    """Whether a row of `transport` decided that is not one of the actor's domains'."""
    return bool(step.answer) and not is_own(actor, step.question)
