"""The form's warning, the trace and the lint call the same forwardings dead, over random states."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.actor import command_actor
from audit.refusals import Findings
from domains.postfix import route_settings
from mailboxes.models import Forwarding
from mailboxes.routing import DatabaseTables, check_route
from mailkit.addresses import AddressError, parse_destinations, parse_source
from mailkit.lint import Code
from mailkit.lint.forwardings import judge_forwardings
from mailkit.postfix.fates import Outcome
from mailkit.postfix.route import trace
from tests.mailserver.states import store
from tests.stack.route_states import Ports, State, random_state

ROOT = command_actor("root")
DEAD = {Code.DEAD_END, Code.DEAD_TARGET}
ENDLESS = {Code.LOOP, Code.TOO_MANY, Code.ENDLESS}
ENDLESS_IN_FORM = {"loop", "too_many_recipients", "endless"}
# Rows that the state may lack: a disabled mailbox, one on hold, one that is switched off.
SWITCHED = {"u": "error:5.2.1 off", "v": "retry:4.2.1 later", "w": "discard:"}


def switched(state: State) -> State:
    """With mailboxes that are there and whose mail goes elsewhere."""
    transports = dict(state.transport_rows)
    for email in sorted(state.users):
        value = SWITCHED.get(email.partition("@")[0])
        if value is not None:
            transports.setdefault(email, value)
    return replace(state, transport_rows=transports)


def as_typed(row: Forwarding) -> tuple[str, list[str]] | None:
    """The row as its form has it; None for one that no form takes, or none of a whole domain."""
    try:
        source = parse_source(row.source)
        targets = parse_destinations("\n".join(row.destinations))
    except AddressError:
        return None
    return None if source != row.source or targets[0].startswith("@") else (source, targets)


def form_says(source: str, targets: list[str]) -> set[str]:
    findings = Findings()
    check_route(findings, source, targets, actor=ROOT, without=source)
    said = [*findings.refusals.values(), *findings.warnings.values()]
    return {str(one.code) for errors in said for one in errors}


@pytest.mark.parametrize("seed", range(12))
def test_they_say_the_same(db: None, seed: int) -> None:
    store(switched(random_state(seed, Ports(2525, 2424))))
    tables, settings = DatabaseTables(), route_settings()
    compared = 0
    for row in Forwarding.objects.all():
        typed = as_typed(row)
        if typed is None:
            continue
        source, targets = typed
        form = form_says(source, targets)
        found = judge_forwardings([(row.source, row.destination)], tables, settings)
        lint = {one.code for one in found}
        compared += 1
        assert bool(ENDLESS & lint) == bool(ENDLESS_IN_FORM & form), row
        assert bool(DEAD & lint) == ("dead_target" in form), row
        traced = trace(source, tables, settings)
        # For a catch-all no address stands; what is refused at RCPT gets no deliveries.
        if source.startswith("@") or traced.reply.startswith(("5", "450")):
            continue
        returned = any(
            one.fate is not None and one.fate.outcome is Outcome.BOUNCED
            for one in traced.deliveries
        )
        assert bool(DEAD & lint) == returned, row
        assert (Code.MAIL_TAKEN_AWAY in lint) == ("mail_taken_away" in form), row
    assert compared
