"""`invite ADDRESS`: a link by which a mailbox's owner chooses the password."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from accounts.links import link_url
from accounts.models import Purpose
from accounts.recovery import invite_owner
from audit.actor import Actor
from audit.commands import CommandRefused, PanelCommand
from mailboxes.models import Mailbox


class Command(PanelCommand):
    help = "Print a link, valid for 7 days and once, by which a mailbox's owner sets the password."
    noun = "mailbox"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", metavar="ADDRESS")
        parser.add_argument("--json", action="store_true", help="print data as JSON")
        parser.set_defaults(subcommand="invite")

    def handle_invite(self, actor: Actor, *, address: str, **_: Any) -> None:
        site = settings.MAILADMIN.base_url
        if not site:
            raise CommandRefused(
                "no_base_url", "Set MAILADMIN_BASE_URL: the link must lead to the panel."
            )
        mailbox = self.one(Mailbox, address)
        asked = invite_owner(actor=actor, email=mailbox.email)
        link = link_url(site, Purpose.INVITE, asked.token)
        self.done({"email": mailbox.email, "link": link}, link)
