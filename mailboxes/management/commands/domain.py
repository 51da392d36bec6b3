"""`domain`: the virtual domains that Postfix takes mail for."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from audit.actor import Actor
from audit.commands import PanelCommand
from domains.models import Domain
from domains.services import create_domain
from mailboxes.dependents import Some, domain_dependents
from mailboxes.services.domains import delete_domain


class Command(PanelCommand):
    help = "Manage virtual domains."
    noun = "virtual domain"

    def add_arguments(self, parser: CommandParser) -> None:
        parsers = parser.add_subparsers(required=True, metavar="SUBCOMMAND")
        add = self.subcommand(parsers, "add", "make a virtual domain")
        add.add_argument("--force", action="store_true", help="do it despite warnings")
        listing = self.subcommand(parsers, "list", "list virtual domains")
        listing.add_argument("--q", default="", metavar="TEXT", help="with this text")
        show = self.subcommand(parsers, "show", "show a domain and what hangs on it")
        delete = self.subcommand(parsers, "delete", "delete a domain with all that hangs on it")
        delete.add_argument(
            "--keep",
            action="store_true",
            help="keep its mailboxes, forwardings and transports",
        )
        for one in (add, show, delete):
            one.add_argument("name", metavar="NAME")

    def handle_add(self, actor: Actor, *, name: str, force: bool, **_: Any) -> None:
        row = create_domain(actor=actor, domain=name, force=force)
        self.done(
            {"domain": row.domain},
            f"Made {row.domain}. A sender that Postfix refused just now may be refused on: smtpd "
            "remembers it until it has had no connection for 100 seconds. `postfix reload` makes "
            "it forget at once.",
        )

    def handle_list(self, actor: Actor, *, q: str, **options: Any) -> None:
        rows = Domain.objects.all()
        if q:
            rows = rows.matching(q)
        self.print_rows(rows, ("domain",), as_json=options["json"])

    def handle_show(self, actor: Actor, *, name: str, **options: Any) -> None:
        row = self.one(Domain, name)
        found = domain_dependents(row.domain)
        shown = {
            part: {"count": some.count, "at_least": some.more, "first": some.keys}
            for part, some in vars(found).items()
            if isinstance(some, Some)
        }
        self.print_row({"domain": row.domain, **shown}, options["json"])

    def handle_delete(self, actor: Actor, *, name: str, keep: bool, **_: Any) -> None:
        row = self.one(Domain, name)
        delete_domain(actor=actor, domain=row.domain, dependents="keep" if keep else "remove")
        self.done(
            {"deleted": row.domain}, f"Deleted {row.domain}. Mail on disk was left where it is."
        )
