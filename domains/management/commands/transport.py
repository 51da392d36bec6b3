"""`transport`: where Postfix sends mail for an address, a domain, `.parent` or `*`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from audit.actor import Actor
from audit.commands import PanelCommand
from domains.models import Transport
from domains.services import change_transport, create_transport, delete_transport


class Command(PanelCommand):
    help = "Manage transports."
    noun = "transport"

    def add_arguments(self, parser: CommandParser) -> None:
        parsers = parser.add_subparsers(required=True, metavar="SUBCOMMAND")
        for name, text in (("add", "make a transport"), ("set", "change a transport")):
            one = self.subcommand(parsers, name, text)
            one.add_argument("key", metavar="KEY", help="address, domain, .parent or *")
            one.add_argument("transport", metavar="TRANSPORT", help="such as smtp:[host]:25")
            one.add_argument("--force", action="store_true", help="do it despite warnings")
        listing = self.subcommand(parsers, "list", "list transports")
        listing.add_argument("--q", default="", metavar="TEXT", help="with this text")
        for name in ("show", "delete"):
            one = self.subcommand(parsers, name, f"{name} one transport")
            one.add_argument("key", metavar="KEY")

    def handle_add(self, actor: Actor, *, key: str, transport: str, force: bool, **_: Any) -> None:
        row = create_transport(actor=actor, domain=key, transport=transport, force=force)
        self.done(_shown(row), f"Made {row}.")

    def handle_set(self, actor: Actor, *, key: str, transport: str, force: bool, **_: Any) -> None:
        row = change_transport(actor=actor, key=key, transport=transport, force=force)
        self.done(_shown(row), f"Set {row}.")

    def handle_list(self, actor: Actor, *, q: str, **options: Any) -> None:
        rows = Transport.objects.all()
        if q:
            rows = rows.matching(q)
        self.print_rows(rows, ("domain", "transport"), as_json=options["json"])

    def handle_show(self, actor: Actor, *, key: str, **options: Any) -> None:
        self.print_row(_shown(self.one(Transport, key)), options["json"])

    def handle_delete(self, actor: Actor, *, key: str, **_: Any) -> None:
        row = self.one(Transport, key)
        delete_transport(actor=actor, key=row.domain)
        self.done({"deleted": row.domain}, f"Deleted the transport for {row.domain}.")


def _shown(row: Transport) -> dict[str, str]:
    return {"domain": row.domain, "transport": row.transport}
