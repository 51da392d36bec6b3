"""`forwarding`: from an address or a whole domain to one or more addresses."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from audit.actor import Actor
from audit.commands import PanelCommand
from mailboxes.models import Forwarding
from mailboxes.services.forwardings import (
    change_forwarding,
    create_forwarding,
    delete_forwarding,
)


class Command(PanelCommand):
    help = "Manage forwardings."
    noun = "forwarding"

    def add_arguments(self, parser: CommandParser) -> None:
        parsers = parser.add_subparsers(required=True, metavar="SUBCOMMAND")
        for name, text in (("add", "make a forwarding"), ("set", "change its destinations")):
            one = self.subcommand(parsers, name, text)
            one.add_argument("source", metavar="SOURCE", help="an address, or @domain")
            one.add_argument("destinations", nargs="+", metavar="DESTINATION")
            one.add_argument("--force", action="store_true", help="do it despite warnings")
        listing = self.subcommand(parsers, "list", "list forwardings")
        listing.add_argument("--q", default="", metavar="TEXT", help="in source or destination")
        listing.add_argument("--domain", default="", metavar="NAME", help="of this domain only")
        for name in ("show", "delete"):
            one = self.subcommand(parsers, name, f"{name} one forwarding")
            one.add_argument("source", metavar="SOURCE")

    def handle_add(
        self, actor: Actor, *, source: str, destinations: list[str], force: bool, **_: Any
    ) -> None:
        row = create_forwarding(
            actor=actor, source=source, destination="\n".join(destinations), force=force
        )
        self.done(_shown(row), f"Made {row}.")

    def handle_set(
        self, actor: Actor, *, source: str, destinations: list[str], force: bool, **_: Any
    ) -> None:
        row = change_forwarding(
            actor=actor, key=source, destination="\n".join(destinations), force=force
        )
        self.done(_shown(row), f"Set {row}.")

    def handle_list(self, actor: Actor, *, q: str, domain: str, **options: Any) -> None:
        rows = Forwarding.objects.all()
        if domain:
            rows = rows.in_domain(domain)
        if q:
            rows = rows.matching_either(q)
        if options["json"]:
            self.print_json([_shown(row) for row in rows.order_by("pk")])
            return
        for row in rows.order_by("pk").iterator():
            self.say(row)

    def handle_show(self, actor: Actor, *, source: str, **options: Any) -> None:
        self.print_row(_shown(self.one(Forwarding, source)), options["json"])

    def handle_delete(self, actor: Actor, *, source: str, **_: Any) -> None:
        row = self.one(Forwarding, source)
        delete_forwarding(actor=actor, key=row.source)
        self.done({"deleted": row.source}, f"Deleted the forwarding from {row.source}.")


def _shown(row: Forwarding) -> dict[str, Any]:
    return {
        "source": row.source,
        "destination": row.destination,
        "destinations": row.destinations,
    }
