"""`trace ADDRESS...`: what Postfix and Dovecot do with a stranger's mail to each address."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from audit.actor import Actor
from audit.commands import PanelCommand
from mailkit.postfix.route import Trace
from mailserver.trace_words import OUTCOMES, WARNINGS, sentence
from mailserver.tracing import trace_address


class Command(PanelCommand):
    help = "Follow mail to an address through the tables, as Postfix and Dovecot do."
    noun = "address"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("addresses", nargs="+", metavar="ADDRESS")
        parser.add_argument("--json", action="store_true", help="print data as JSON")
        parser.set_defaults(subcommand="trace")

    def handle_trace(self, actor: Actor, *, addresses: list[str], **options: Any) -> None:
        found = [trace_address(actor=actor, address=address) for address in addresses]
        if options["json"]:
            self.print_json([one.as_data() for one in found])
            return
        for number, one in enumerate(found):
            if number:
                self.say("")
            self._print(one)

    def _print(self, found: Trace) -> None:
        self.say(f"{found.address}: {OUTCOMES[found.outcome].label}")
        for step in found.steps:
            self.say(f"  {sentence(step)}")
            if step.table and step.answer:
                answer = " ".join(step.answer.split())
                self.say(f"    {step.table}: {step.question} -> {answer}")
        for delivery in found.deliveries:
            self.say(f"  => {delivery.address}  {delivery.transport}:{delivery.nexthop}")
        for warning in found.warnings:
            self.say(f"  ! {WARNINGS[warning]}")
