"""`mailbox`: rows of `users`, which Postfix delivers to and Dovecot lets sign in."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandParser

from audit.actor import Actor
from audit.commands import PanelCommand, read_password
from audit.log import was_known
from mailboxes.dependents import mailbox_dependents
from mailboxes.models import Mailbox
from mailboxes.open_sessions import what_becomes_of_them
from mailboxes.services.mailboxes import (
    create_mailbox,
    delete_mailbox,
    resume_mailbox,
    set_mailbox_password,
    suspend_mailbox,
)


class Command(PanelCommand):
    help = "Manage mailboxes. Passwords are read from standard input, one line."
    noun = "mailbox"

    def add_arguments(self, parser: CommandParser) -> None:
        parsers = parser.add_subparsers(required=True, metavar="SUBCOMMAND")
        for name, text in (
            ("add", "make a mailbox; password from standard input"),
            ("password", "set a new password from standard input"),
        ):
            one = self._named(parsers, name, text)
            one.add_argument("--force", action="store_true", help="do it despite warnings")
        listing = self.subcommand(parsers, "list", "list mailboxes")
        listing.add_argument("--q", default="", metavar="TEXT", help="first characters, or domain")
        listing.add_argument("--domain", default="", metavar="NAME", help="of this domain only")
        self._named(parsers, "show", "show a mailbox and what hangs on it")
        self._named(parsers, "suspend", "let nobody sign in; mail still arrives")
        self._named(parsers, "resume", "undo suspend")
        delete = self._named(parsers, "delete", "delete a mailbox; mail on disk stays")
        delete.add_argument(
            "--keep", action="store_true", help="keep forwardings that would lead nowhere"
        )

    def _named(self, parsers: Any, name: str, text: str) -> ArgumentParser:
        parser = self.subcommand(parsers, name, text)
        parser.add_argument("address", metavar="ADDRESS")
        return parser

    def handle_add(self, actor: Actor, *, address: str, force: bool, **_: Any) -> None:
        password = read_password()
        known = was_known("mailbox", address.strip().lower())
        row = create_mailbox(actor=actor, email=address, password=password, force=force)
        lines = [f"Made the mailbox {row.email}."]
        if known:
            lines.append(
                "There was a mailbox of this address before: its mail may still lie on disk, "
                "and the new owner would see it."
            )
        self.done({**_shown(row), "existed_before": known}, *lines)

    def handle_password(self, actor: Actor, *, address: str, force: bool, **_: Any) -> None:
        email = self.one(Mailbox, address).email
        password = read_password()
        row = set_mailbox_password(actor=actor, email=email, password=password, force=force)
        self.done(_shown(row), f"The password of {row.email} is changed.", what_becomes_of_them())

    def handle_list(self, actor: Actor, *, q: str, domain: str, **options: Any) -> None:
        rows = Mailbox.objects.all()
        if domain:
            rows = rows.in_domain(domain)
        if q:
            rows = rows.matching(q)
        if options["json"]:
            self.print_json([_shown(row) for row in rows.order_by("pk")])
            return
        for row in rows.order_by("pk").iterator():
            self.say(row.email)

    def handle_show(self, actor: Actor, *, address: str, **options: Any) -> None:
        row = self.one(Mailbox, address)
        found = mailbox_dependents(row.email)
        source = found.forwarding_from
        self.print_row(
            {
                **_shown(row),
                "forwarded_to": source.destinations if source else [],
                "forwardings_to": found.forwardings_to.keys,
            },
            options["json"],
        )

    def handle_suspend(self, actor: Actor, *, address: str, **_: Any) -> None:
        row = suspend_mailbox(actor=actor, email=address)
        self.done(
            _shown(row),
            f"{row.email} is suspended: mail still arrives, nobody signs in.",
            what_becomes_of_them(),
        )

    def handle_resume(self, actor: Actor, *, address: str, **_: Any) -> None:
        row = resume_mailbox(actor=actor, email=address)
        self.done(_shown(row), f"{row.email} can sign in again with its former password.")

    def handle_delete(self, actor: Actor, *, address: str, keep: bool, **_: Any) -> None:
        row = self.one(Mailbox, address)
        delete_mailbox(actor=actor, email=row.email, dependents="keep" if keep else "remove")
        self.done(
            {"deleted": row.email},
            f"Deleted {row.email}. Mail on disk was left where it is.",
            what_becomes_of_them(),
        )


def _shown(row: Mailbox) -> dict[str, Any]:
    found = row.judgement
    return {
        "email": row.email,
        "scheme": found.scheme,
        "suspended": found.locked,
        "weak": found.weak,
    }
