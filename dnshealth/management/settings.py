"""`dns settings`: show what is set for a domain, and change it."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.commands import CommandRefused, PanelCommand
from dnshealth.change_settings import change_settings
from dnshealth.domain_settings import DomainSettings, settings_of
from dnshealth.models import Role
from dnshealth.names import stored_name
from domains.models import Domain

# As the option has them.
ROLES = {"both": Role.BOTH, **{one.replace("_", "-"): one for one in Role.values if one}}


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `dns settings`."""
    parser.add_argument("name", metavar="DOMAIN")
    parser.add_argument("--role", choices=ROLES, help="what the domain is used for")
    parser.add_argument(
        "--selectors", metavar="A,B", help="its DKIM selectors; empty: those of the signer's keys"
    )
    parser.add_argument(
        "--off",
        nargs=2,
        action="append",
        default=[],
        metavar=("CHECK", "REASON"),
        help="switch a family or a code off, and why (more than one is allowed)",
    )
    parser.add_argument(
        "--on", action="append", default=[], metavar="CHECK", help="switch it on again"
    )


class SettingsCommand(PanelCommand):
    """The part of `dns` that is about settings."""

    def handle_settings(
        self,
        actor: Actor,
        *,
        name: str,
        role: str | None,
        selectors: str | None,
        off: list[list[str]],
        on: list[str],
        **options: Any,
    ) -> None:
        row = Domain.objects.by_key(name) or self.one(Domain, stored_name(name))
        now = settings_of(row.domain)
        if role is not None or selectors is not None or off or on:
            now = self._change(actor, row, now, role=role, selectors=selectors, off=off, on=on)
        data = _as_data(row, now)
        self.done(data, *_as_text(data))

    def _change(
        self,
        actor: Actor,
        row: Domain,
        now: DomainSettings,
        *,
        role: str | None,
        selectors: str | None,
        off: list[list[str]],
        on: list[str],
    ) -> DomainSettings:
        reasons = {key: one.because for key, one in now.switched_off.items()}
        for key in on:
            if key not in reasons:
                words = _("“%(key)s” is not switched off.") % {"key": key}
                raise CommandRefused("not_off", words)
            del reasons[key]
        reasons.update((key, because) for key, because in off)
        return change_settings(
            actor=actor,
            domain=row.domain,
            role=now.role if role is None else ROLES[role],
            selectors=now.selectors if selectors is None else selectors.split(","),
            switched_off=reasons,
        )


def _as_data(row: Domain, one: DomainSettings) -> dict[str, Any]:
    role = next(name for name, value in ROLES.items() if value == one.role)
    off = [
        {
            "check": key,
            "by": how.by,
            "because": how.because,
            "since": how.since.isoformat() if how.since else None,
        }
        for key, how in one.switched_off.items()
    ]
    return {
        "domain": row.domain,
        "role": role,
        "selectors": list(one.selectors),
        "switched_off": off,
    }


def _as_text(data: dict[str, Any]) -> list[str]:
    lines = [f"{name}: {data[name]}" for name in ("domain", "role")]
    lines.append(f"selectors: {', '.join(data['selectors'])}")
    return lines + [
        f"off: {one['check']} ({one['by']}: {one['because']})" for one in data["switched_off"]
    ]
