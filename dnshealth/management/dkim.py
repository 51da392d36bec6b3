"""`dns dkim`: the keys of a domain on the command line."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any, TypedDict

from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.commands import CommandRefused, PanelCommand
from dnshealth.dkim.listing import (
    Keys,
    ListedKey,
    key_of,
    key_to_switch_to,
    keys_of_domain,
    keys_of_domains,
)
from dnshealth.dkim.models import DkimKey, KeyState
from dnshealth.dkim.services import KINDS, give_key, look_at_key, make_key, retire_key, switch_key
from dnshealth.names import a_label
from domains.models import Domain
from mailkit.dns.records import zone_line

ACTIONS = ("list", "new", "add", "look", "rotate", "retire")


class KeyData(TypedDict):
    """A key as --json has it; never more of it than its public record."""

    domain: str
    selector: str
    type: str
    bits: int
    state: str
    origin: str
    next: str
    path: str
    kept_until: str | None
    record: dict[str, Any] | None


class DkimActions(PanelCommand):
    """The part of `dns` that handles keys."""

    def add_dkim(self, parsers: Any) -> None:
        """`dns dkim ACTION [DOMAIN] [SELECTOR]`."""
        keys = self.subcommand(
            parsers,
            "dkim",
            "list DKIM keys; make a new one, look for it in DNS, rotate to it, retire the old one; "
            "add one by hand (PEM on standard input)",
        )
        keys.add_argument("action", choices=ACTIONS, metavar="|".join(ACTIONS))
        keys.add_argument("name", nargs="?", metavar="DOMAIN", help="list: all domains without one")
        keys.add_argument("selector", nargs="?", default="", metavar="SELECTOR")
        keys.add_argument("--type", choices=KINDS, default=KINDS[0], help="of a new key")
        keys.add_argument("--force", action="store_true", help="confirm what is warned of")
        keys.set_defaults(parser=keys)

    def handle_dkim(
        self,
        actor: Actor,
        *,
        action: str,
        name: str | None,
        selector: str,
        type: str,
        force: bool,
        parser: ArgumentParser,
        **options: Any,
    ) -> None:
        if action == "list":
            self._list(actor, name, selector)
            return
        if name is None or (action in ("add", "look", "retire") and not selector):
            parser.error(f"{action}: name the domain{'' if name is None else ' and the selector'}.")
        domain = a_label(name)
        if action == "new":
            key = make_key(actor=actor, domain=domain, kind=type, selector=selector)
        elif action == "add":
            key = give_key(actor=actor, domain=domain, selector=selector, pem=sys.stdin.read())
        else:
            key = self._key(actor, domain, selector)
            if action == "look":
                self._look(actor, key)
                return
            step = {"rotate": switch_key, "retire": retire_key}[action]
            key = step(actor=actor, key=key, force=force)
        listed = keys_of_domain(actor, domain)
        shown = next(one for one in listed.keys if one.selector == key.selector)
        self.done(as_data(shown), *_lines(shown), *_reload(action, listed))

    def _list(self, actor: Actor, name: str | None, selector: str) -> None:
        if name is not None:
            names = [a_label(name)]
        else:
            rows = Domain.objects.order_by("pk").values_list("pk", flat=True)
            names = list(dict.fromkeys(map(a_label, rows)))
        listed = keys_of_domains(actor, names)
        for problem in listed.problems:
            self.stderr.write(problem)
        wanted = selector.lower()
        found = [one for one in listed.keys if wanted in ("", one.selector)]
        if self.as_json:
            self.print_json([as_data(one) for one in found])
            return
        for one in found:
            for line in _lines(one):
                self.say(line)
        if not found:
            self.say(_("There are no keys."))

    def _key(self, actor: Actor, domain: str, selector: str) -> DkimKey:
        key = key_of(actor, domain, selector) if selector else key_to_switch_to(actor, domain)
        if key is None:
            words = _("The panel has no such key of %(domain)s: see “dns dkim list %(domain)s”.")
            raise CommandRefused("not_found", words % {"domain": domain})
        return key

    def _look(self, actor: Actor, key: DkimKey) -> None:
        look = look_at_key(actor=actor, key=key)
        data = {"domain": key.domain, "selector": key.selector, "state": key.state}
        self.done({**data, "seen": str(look.seen), "reason": look.words}, look.words)


def as_data(one: ListedKey) -> KeyData:
    """A key for --json."""
    record = one.record
    return {
        "domain": one.domain,
        "selector": one.selector,
        "type": one.kind,
        "bits": one.bits,
        "state": str(one.state),
        "origin": str(one.origin),
        "next": str(one.next_step),
        "path": one.path,
        "kept_until": one.kept_until.isoformat() if one.kept_until else None,
        "record": {
            "name": record.name,
            "type": record.type,
            "ttl": record.ttl,
            "value": record.value,
        }
        if record
        else None,
    }


def _lines(one: ListedKey) -> list[str]:
    kind = f"{one.kind} {one.bits}" if one.kind == "rsa" else one.kind
    lines = [f"{one.selector}._domainkey.{one.domain}  {kind or '?'}  {one.state.label}"]
    lines += [f"  {text}" for text in (one.problem, str(one.next_step)) if text]
    if one.kept_until is not None:
        lines.append("  " + _("Grace period until %(until)s.") % {"until": f"{one.kept_until:%F}"})
    if one.record is not None and one.state in (KeyState.MADE, KeyState.PUBLISHED):
        lines.append(f"  {zone_line(one.record)}")
    return lines


def _reload(action: str, listed: Keys) -> list[str]:
    if action not in ("rotate", "retire") or not listed.reload_command:
        return []
    words = _("%(signer)s takes it up after: %(command)s")
    return [words % {"signer": listed.signer_name, "command": listed.reload_command}]
