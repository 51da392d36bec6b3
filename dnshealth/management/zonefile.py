"""`dns zonefile`: what mends the findings, as a piece of a zone file."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.commands import CommandRefused, PanelCommand
from dnshealth.models import Health
from dnshealth.names import stored_name
from dnshealth.zonefile import checked_domains, mending_as_data, mendings, zone_file


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `dns zonefile`."""
    parser.add_argument("names", nargs="*", metavar="DOMAIN", help="domains of the panel")
    parser.add_argument("--all", action="store_true", help="every domain that has been checked")
    parser.set_defaults(parser=parser)


class ZoneFileCommand(PanelCommand):
    """The part of `dns` that writes zone files."""

    def handle_zonefile(
        self, actor: Actor, *, names: list[str], all: bool, parser: ArgumentParser, **options: Any
    ) -> None:
        if bool(names) == all:
            parser.error("name the domains, or say --all, and not both.")
        rows = checked_domains(actor) if all else map(_checked, names)
        found = mendings(actor, rows)
        if self.as_json:
            self.print_json([mending_as_data(one) for one in found])
            return
        for line in zone_file(list(found)):
            self.say(line)


def _checked(name: str) -> Health:
    health: Health | None = Health.objects.filter(
        pk=stored_name(name), checked_at__isnull=False
    ).first()
    if health is None:
        words = _("Nothing is stored of %(name)s: run “dns check %(name)s” first.")
        raise CommandRefused("not_checked", words % {"name": name})
    return health
