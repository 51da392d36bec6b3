"""The trace beside the real Postfix: what differs, and how much of everything was met."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from mailkit.postfix.address_list import parse_address_list
from mailkit.postfix.master import Settings
from mailkit.postfix.route import Kind, Outcome, Trace, trace
from tests.stack.route_states import State
from tests.stack.routing_stack import Real

# The program that the log names for each kind of service; `error` also for a missing one.
_AGENTS = {"smtp": "smtp", "lmtp": "lmtp", "discard": "discard", "local": "local"}


class Comparison:
    """Collects over many states; `differences` has a text for each."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.differences: list[str] = []
        self.states = 0
        self.outcomes: Counter[str] = Counter()
        self.rows: Counter[str] = Counter()
        self.met: Counter[str] = Counter()
        self.fewest_rows = 1000
        self.fewest_addresses = 1000

    @property
    def addresses(self) -> int:
        return self.outcomes.total()

    def add(self, state: State, found: dict[str, Real]) -> None:
        self.states += 1
        tables = (state.domain_rows, state.users, state.rows, state.transport_rows)
        self.fewest_rows = min(self.fewest_rows, *map(len, tables))
        self.fewest_addresses = min(self.fewest_addresses, len(found))
        self.rows.update(row_kinds(state))
        for address, real in found.items():
            mine = trace(address, state, self.settings)
            self.outcomes[real.outcome] += 1
            self.met.update(set(trace_kinds(mine)))
            if not self.agree(mine, real):
                self.differences.append(f"{address}\n  trace {mine}\n  real  {real}\n{state}")

    def agree(self, mine: Trace, real: Real) -> bool:
        if mine.outcome is not real.outcome:
            return False
        if mine.refused and mine.reply[:3] != real.reply[:3]:
            return False
        # Without a next hop it is the domain, of which Postfix keeps the capitals.
        ours = sorted(
            (as_logged(one.address), one.transport, as_logged(one.nexthop), one.fate.outcome)
            for one in mine.deliveries
            if one.fate is not None
        )
        seen = sorted(
            (one.address, one.transport, one.nexthop.lower(), one.outcome) for one in real.seen
        )
        return ours == seen and all(
            self._goes_there(one.transport, one.log.agent) for one in real.seen
        )

    def _goes_there(self, service: str, agent: str) -> bool:
        return _AGENTS.get(self.settings.services.get(service, ""), "error") == agent

    def report(self) -> str:
        lines = [
            f"{self.states} states, at least {self.fewest_rows} rows a table and "
            f"{self.fewest_addresses} addresses a state, "
            f"{self.addresses} addresses, {len(self.differences)} differences"
        ]
        for title, counter in (
            ("outcomes", self.outcomes),
            ("rows", self.rows),
            ("addresses that met", self.met),
        ):
            share = self.addresses if counter is not self.rows else 0
            lines.append(f"{title}:")
            for name, count in sorted(counter.items(), key=lambda item: -item[1]):
                percent = f" ({100 * count / share:.1f} %)" if share else ""
                lines.append(f"  {name}: {count}{percent}")
        return "\n".join(lines)


def as_logged(text: str) -> str:
    """In lower case; each byte that is not ASCII is a question mark in the log."""
    return "".join(chr(byte) if byte < 128 else "?" for byte in text.lower().encode())


def row_kinds(state: State) -> Iterator[str]:
    """What stands in the tables, once for each row."""
    yield from ["mailbox"] * len(state.users)
    for source, text in state.rows.items():
        targets = parse_address_list(text)
        yield "forwarding"
        if len(targets) > 1:
            yield "list"
        if source.startswith("@"):
            yield "domain alias" if text.startswith("@") else "catch-all"
        if len(targets) > 1 and any(one.startswith("@") for one in targets):
            yield "@domain in a list"
        if "+" in source or "+" in text:
            yield "extension in a forwarding"
        if "@" not in source:
            yield "source that is a domain"
    for key, value in state.transport_rows.items():
        kind = "*" if key == "*" else ".parent" if key.startswith(".") else "domain or address"
        yield f"transport for {kind}"
        service, colon, nexthop = value.partition(":")
        if not service:
            yield "transport null" if not nexthop else "transport without service"
        else:
            yield f"transport {service}{colon}{'...' if nexthop else ''}"
    keys = (*state.domain_rows, *state.users, *state.rows, *state.transport_rows)
    yield from ["key with capitals"] * sum(not key.islower() and key != "*" for key in keys)


def trace_kinds(found: Trace) -> Iterator[str]:
    """What the mail to one address met."""
    aliases = [step for step in found.steps if step.kind is Kind.ALIAS and step.answer]
    yield from (f"alias: {step.note}" for step in aliases)
    yield from (f"transport: {s.note}" for s in found.steps if s.kind is Kind.TRANSPORT)
    yield from (f"warning: {one}" for one in found.warnings)
    if len(aliases) >= 4:
        yield "four aliases or more"
    if len(found.deliveries) > 1:
        yield "several recipients"
    if found.address != found.address.lower():
        yield "capitals"
    if "+" in found.address:
        yield "extension"
    if found.outcome is Outcome.REJECTED:
        yield f"refused with {found.reply[:3]}"
    yield from (f"service {one.transport}" for one in found.deliveries)
