"""`dns mails`: which operators get mails about changes, and where to."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from audit.actor import Actor
from audit.commands import CommandRefused, PanelCommand
from dnshealth.mail_settings import set_mails, setting_of
from dnshealth.models import MailSetting


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `dns mails`."""
    parser.add_argument("name", nargs="?", metavar="OPERATOR")
    to = parser.add_mutually_exclusive_group()
    to.add_argument("--to", metavar="ADDRESS", help="send them there")
    to.add_argument("--off", action="store_true", help="send none; the address is kept")
    parser.set_defaults(parser=parser)


class MailsCommand(PanelCommand):
    """The part of `dns` that is about mails."""

    def handle_mails(
        self,
        actor: Actor,
        *,
        name: str | None,
        to: str | None,
        off: bool,
        parser: ArgumentParser,
        **options: Any,
    ) -> None:
        if (to is not None or off) and not name:
            parser.error("name the operator.")
        if name and not User.objects.operators().filter(username=name.lower()).exists():
            words = _("There is no operator %(name)s.")
            raise CommandRefused("not_found", words % {"name": name})
        if name and (to is not None or off):
            before = setting_of(name)
            address = to if to is not None else before.address if before else ""
            set_mails(actor=actor, name=name, address=address, wanted=not off)
        rows = MailSetting.objects.select_related("user").order_by("user__username")
        if name:
            rows = rows.filter(user__username=name.lower())
        found = [
            {"name": one.user.username, "address": one.address, "wanted": one.wanted}
            for one in rows
        ]
        if self.as_json:
            self.print_json(found)
            return
        for one in found:
            self.say(f"{one['name']}: {one['address']}{'' if one['wanted'] else ' (off)'}")
