"""Mending one row that the lint has found: what would change, and the service that changes it.

The row is judged anew, as it stands now: what the report said of it may be over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.transaction import service
from domains.models import Domain, Transport
from domains.postfix import route_settings
from domains.services import (
    change_transport,
    changed_meanwhile,
    create_domain,
    delete_transport,
    locked_row,
)
from domains.state import state_of
from mailboxes.checks import SEPARATOR
from mailboxes.models import Forwarding, Mailbox
from mailboxes.passwords import label
from mailboxes.routing import DatabaseTables
from mailboxes.services.forwardings import (
    change_forwarding,
    delete_forwarding,
    forwarding_row,
)
from mailboxes.services.mailboxes import mailbox_row, suspend_mailbox
from mailkit.addresses import (
    AddressError,
    domain_of,
    lowered,
    parse_destinations,
    parse_domain,
    parse_source,
)
from mailkit.lint import Code
from mailkit.lint.forwardings import judge_forwardings, targets_without_anybody
from mailkit.lint.transports import judge_transports
from mailkit.postfix.transports import TransportError, parse_transport_key
from mailserver.changes import (
    Change,
    deletion,
    domain_creation,
    forwarding_change,
    transport_change,
)
from mailserver.mends import Mend, mend_for

MODELS: dict[str, Any] = {"forwardings": Forwarding, "users": Mailbox, "transport": Transport}


@dataclass(frozen=True)
class Plan:
    """What a mend would do: the row `before`, and `after` ("" for a row that goes).

    `made`: the key of a row that is made beside it. `state` is the row's, as domains.state has it.
    """

    mend: Mend
    before: str
    after: str = ""
    made: str = ""
    state: str = ""


def plan_for(code: str, table: str, key: str) -> Plan | None:
    """What would be done about the row of exactly this key; None if nothing is to be done."""
    mend = mend_for(code, table)
    row = MODELS[table].objects.by_key(key) if mend is not None else None
    if mend is None or row is None or row.pk != key:
        return None
    return _plan(mend, code, table, row)


@service
def mend_row(
    *, actor: Actor, code: str, table: str, key: str, state: str | None = None, force: bool = False
) -> Plan | None:
    """Mend it; returns what was done, None where nothing was to be done any more.

    Raises ChangedMeanwhile where the row is no longer in this `state`, and what the service raises
    that makes the change.
    """
    mend = mend_for(code, table)
    if mend is None:
        return None
    row = locked_row(MODELS[table], key)
    plan = _plan(mend, code, table, row) if row.pk == key else None
    if plan is None:
        return None
    if state is not None and state != plan.state:
        raise changed_meanwhile({"row": plan.before})
    _CARRY_OUT[mend](actor, table, row, plan, force)
    return plan


def change_of(plan: Plan, table: str, key: str) -> Change | None:
    """What the plan for the row of this key does to the tables; None where no mail is concerned."""
    row = MODELS[table].objects.by_key(key)
    if row is None or plan.mend is Mend.SUSPEND:
        return None
    match plan.mend:
        case Mend.CREATE_DOMAIN:
            return domain_creation(plan.made)
        case Mend.DELETE_ROW:
            return deletion("transport" if table == "transport" else "forwarding", [key])
        case Mend.PLAIN_KEY if table == "transport":
            return transport_change(plan.made, row.transport or "", old=key)
        case Mend.PLAIN_KEY:
            return forwarding_change(plan.made, "\n".join(row.destinations), old=key)
    left = SEPARATOR.join(_targets_left(plan.mend, row))
    return Change((key,), forwardings={key.lower(): left})


# What would be done


def _plan(mend: Mend, code: str, table: str, row: Any) -> Plan | None:
    if table == "users":
        return _of_mailbox(mend, row)
    if table == "transport":
        return _of_transport(mend, code, row)
    return _of_forwarding(mend, code, row)


def _of_mailbox(mend: Mend, row: Mailbox) -> Plan | None:
    state = state_of(mailbox_row(row))
    if mend is Mend.CREATE_DOMAIN:
        return _with_domain(row.email, row.email, state)
    if not row.judgement.opens_to_empty:
        return None
    after = _("%(row)s, suspended") % {"row": row.email}
    return Plan(mend, f"{row.email}: {label(row.password)}", after, state=state)


def _of_transport(mend: Mend, code: str, row: Transport) -> Plan | None:
    before = _shown(row.domain, row.transport)
    state = state_of({"domain": row.domain, "transport": row.transport})
    if mend is Mend.DELETE_ROW:
        rows = [(row.domain, row.transport or "")]
        found = judge_transports(rows, DatabaseTables(), route_settings())
        is_so = any(one.code == code for one in found)
        return Plan(mend, before, state=state) if is_so else None
    try:
        key = parse_transport_key(row.domain)
    except (AddressError, TransportError):
        return None
    return Plan(mend, before, _shown(key, row.transport), key, state) if key != row.domain else None


def _of_forwarding(mend: Mend, code: str, row: Forwarding) -> Plan | None:
    before = _shown(row.source, row.destination)
    state = state_of(forwarding_row(row))
    match mend:
        case Mend.CREATE_DOMAIN:
            return _with_domain(row.source, before, state)
        case Mend.PLAIN_KEY:
            key = _parsed(parse_source, row.source)
            targets = _parsed(parse_destinations, "\n".join(row.destinations))
            if not key or not targets or key == row.source:
                return None
            return Plan(mend, before, _shown(key, SEPARATOR.join(targets)), key, state)
        case Mend.DELETE_ROW if code != Code.TO_ITSELF:
            return None if row.destination else Plan(mend, before, state=state)
        case Mend.DELETE_ROW:
            return Plan(mend, before, state=state) if code in _codes(row) else None
    targets = _targets_left(mend, row)
    after = _shown(row.source, SEPARATOR.join(targets))
    return Plan(mend, before, after, state=state) if targets else None


def _with_domain(address: str, before: str, state: str) -> Plan | None:
    name = lowered(domain_of(address))
    if not name or _parsed(parse_domain, name) != name or Domain.objects.by_key(name) is not None:
        return None
    return Plan(Mend.CREATE_DOMAIN, before, before, name, state)


def _targets_left(mend: Mend, row: Forwarding) -> list[str]:
    """The destinations that stay, checked; none where the mend is no use."""
    targets: list[str] = _parsed(parse_destinations, "\n".join(row.destinations)) or []
    if mend is Mend.NAME_ONCE:
        return targets if Code.TWICE in _codes(row) else []
    if Code.DEAD_TARGET not in _codes(row):
        return []
    gone = targets_without_anybody(row.source, DatabaseTables(), route_settings())
    dead = set(map(lowered, gone))
    left = [one for one in targets if lowered(one) not in dead]
    return left if len(left) < len(targets) else []


def _codes(row: Forwarding) -> dict[Code, tuple[str, ...]]:
    """{code: detail} of what the lint says of this row now."""
    rows = [(row.source, row.destination or "")]
    found = judge_forwardings(rows, DatabaseTables(), route_settings())
    return {one.code: one.detail for one in found}


def _parsed(parse: Callable[[str], Any], text: str) -> Any:
    try:
        return parse(text)
    except AddressError:
        return None


def _shown(key: str, value: str | None) -> str:
    return f"{key} → {value or _('nowhere')}"


# What does it


def _plain_key(actor: Actor, table: str, row: Any, plan: Plan, force: bool) -> None:
    if table == "transport":
        change_transport(
            actor=actor, key=row.pk, transport=row.transport, domain=plan.made, force=force
        )
        return
    change_forwarding(
        actor=actor,
        key=row.pk,
        source=plan.made,
        destination="\n".join(row.destinations),
        force=force,
    )


def _create_domain(actor: Actor, table: str, row: Any, plan: Plan, force: bool) -> None:
    create_domain(actor=actor, domain=plan.made, force=force)


def _delete_row(actor: Actor, table: str, row: Any, plan: Plan, force: bool) -> None:
    (delete_transport if table == "transport" else delete_forwarding)(actor=actor, key=row.pk)


def _change_targets(actor: Actor, table: str, row: Any, plan: Plan, force: bool) -> None:
    left = _targets_left(plan.mend, row)
    change_forwarding(actor=actor, key=row.pk, destination="\n".join(left), force=force)


def _suspend(actor: Actor, table: str, row: Any, plan: Plan, force: bool) -> None:
    suspend_mailbox(actor=actor, email=row.pk)


_CARRY_OUT: dict[Mend, Callable[[Actor, str, Any, Plan, bool], None]] = {
    Mend.PLAIN_KEY: _plain_key,
    Mend.CREATE_DOMAIN: _create_domain,
    Mend.DELETE_ROW: _delete_row,
    Mend.DROP_TARGETS: _change_targets,
    Mend.NAME_ONCE: _change_targets,
    Mend.SUSPEND: _suspend,
}
