"""`operator`: who may manage mailboxes; also for a superadmin who forgot the password."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandParser

from accounts.granted import granted_to
from accounts.models import User
from accounts.owners import person_of
from accounts.second_factor.services import reset_second_factor
from accounts.services import (
    LARGEST_LIMIT,
    add_operator,
    change_operator,
    delete_operator,
    grant_domains,
    revoke_domains,
    set_operator_active,
    set_operator_password,
)
from audit.actor import Actor
from audit.commands import PanelCommand, read_password


class Command(PanelCommand):
    help = "Manage operators: superadmins and domain admins."
    noun = "operator"

    def add_arguments(self, parser: CommandParser) -> None:
        parsers = parser.add_subparsers(required=True, metavar="SUBCOMMAND")
        add = self._named(parsers, "add", "make an operator; password from standard input")
        add.add_argument("--superadmin", action="store_true", help="may do everything")
        add.add_argument("--force", action="store_true", help="take a weak password")
        _limits(add)
        self.subcommand(parsers, "list", "list all operators")
        self._named(parsers, "show", "show one operator")
        password = self._named(parsers, "password", "set a new password from standard input")
        password.add_argument("--force", action="store_true", help="take a weak password")
        self._named(parsers, "disable", "let an operator sign in no more")
        self._named(parsers, "enable", "let an operator sign in again")
        self._named(parsers, "delete", "delete an operator")
        self._named(
            parsers,
            "reset-second-factor",
            "take the second factor from an operator, or a mailbox owner (NAME: the address)",
        )
        _limits(self._named(parsers, "limits", "set a domain admin's limits; without N: none"))
        for name, text in (("grant", "give domains to"), ("revoke", "take domains from")):
            one = self._named(parsers, name, f"{text} a domain admin")
            one.add_argument("domains", nargs="+", metavar="DOMAIN")

    def _named(self, parsers: Any, name: str, text: str) -> ArgumentParser:
        parser = self.subcommand(parsers, name, text)
        parser.add_argument("name", metavar="NAME")
        return parser

    def handle_add(
        self,
        actor: Actor,
        *,
        name: str,
        superadmin: bool,
        force: bool,
        max_mailboxes: int | None,
        max_forwardings: int | None,
        **_: Any,
    ) -> None:
        user = add_operator(
            actor=actor,
            name=name,
            password=read_password(),
            superadmin=superadmin,
            domains=[],
            max_mailboxes=max_mailboxes,
            max_forwardings=max_forwardings,
            force=force,
        )
        self.done(_shown(user), f"Operator {user.username} can sign in now.")

    def handle_list(self, actor: Actor, **options: Any) -> None:
        rows = _rows(list(User.objects.operators()))
        if options["json"]:
            self.print_json(rows)
            return
        for row in rows:
            role = "superadmin" if row["superadmin"] else ", ".join(row["domains"]) or "no domain"
            self.say(f"{row['name']}: {role}{'' if row['active'] else ' (disabled)'}")

    def handle_show(self, actor: Actor, *, name: str, **options: Any) -> None:
        row = _shown(_get(name))
        if options["json"]:
            self.print_json(row)
            return
        for key, value in row.items():
            self.say(f"{key}: {', '.join(value) if isinstance(value, list) else value}")

    def handle_password(self, actor: Actor, *, name: str, force: bool, **_: Any) -> None:
        _get(name)
        set_operator_password(actor=actor, name=name, password=read_password(), force=force)
        self.done(
            _shown(_get(name)),
            f"The password of {name} is changed; sessions with the old one have ended.",
        )

    def handle_disable(self, actor: Actor, *, name: str, **_: Any) -> None:
        _get(name)
        set_operator_active(actor=actor, name=name, active=False)
        self.done(_shown(_get(name)), f"Operator {name} is disabled.")

    def handle_enable(self, actor: Actor, *, name: str, **_: Any) -> None:
        _get(name)
        set_operator_active(actor=actor, name=name, active=True)
        self.done(_shown(_get(name)), f"Operator {name} is enabled.")

    def handle_delete(self, actor: Actor, *, name: str, **_: Any) -> None:
        username = _get(name).username
        delete_operator(actor=actor, name=name)
        self.done({"deleted": username}, f"Operator {username} is deleted.")

    def handle_reset_second_factor(self, actor: Actor, *, name: str, **_: Any) -> None:
        reset = reset_second_factor(actor=actor, username=name)
        # A mailbox owner's address is taken as well.
        person = person_of(name)
        self.done(
            {"name": person.username if person else name.strip(), "reset": reset},
            f"{name} has no second factor any more, and is signed out."
            if reset
            else "Nothing to change.",
        )

    def handle_limits(
        self,
        actor: Actor,
        *,
        name: str,
        max_mailboxes: int | None,
        max_forwardings: int | None,
        **_: Any,
    ) -> None:
        user = change_operator(
            actor=actor,
            name=_get(name).username,
            superadmin=_get(name).is_superadmin,
            domains=None,
            max_mailboxes=max_mailboxes,
            max_forwardings=max_forwardings,
        )
        self.done(_shown(user), f"The limits of {user.username} are set.")

    def handle_grant(self, actor: Actor, *, name: str, domains: list[str], **_: Any) -> None:
        _get(name)
        new = grant_domains(actor=actor, name=name, domains=domains)
        self.done(
            {**_shown(_get(name)), "granted": new},
            f"{name} now manages {', '.join(new)}." if new else "Nothing to change.",
        )

    def handle_revoke(self, actor: Actor, *, name: str, domains: list[str], **_: Any) -> None:
        _get(name)
        gone = revoke_domains(actor=actor, name=name, domains=domains)
        self.done(
            {**_shown(_get(name)), "revoked": gone},
            f"{name} no longer manages {', '.join(gone)}." if gone else "Nothing to change.",
        )


def _limits(parser: ArgumentParser) -> None:
    for what in ("mailboxes", "forwardings"):
        parser.add_argument(
            f"--max-{what}", type=_count, metavar="N", help=f"at most N {what} in all his domains"
        )


def _count(text: str) -> int:
    """A limit as the page takes it."""
    number = int(text)
    if not 0 <= number <= LARGEST_LIMIT:
        raise ValueError
    return number


def _get(name: str) -> User:
    user = User.objects.operators().filter(username=name.lower()).first()
    if user is None:
        raise User.DoesNotExist(name)
    return user


def _shown(user: User) -> dict[str, Any]:
    return _rows([user])[0]


def _rows(users: list[User]) -> list[dict[str, Any]]:
    granted = granted_to(users)
    return [
        {
            "name": user.username,
            "superadmin": user.is_superadmin,
            "active": user.is_active,
            "max_mailboxes": user.max_mailboxes,
            "max_forwardings": user.max_forwardings,
            "domains": granted[user.pk].domains,
            "former_domains": granted[user.pk].former,
        }
        for user in users
    ]
