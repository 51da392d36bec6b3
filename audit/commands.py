"""What every command of the panel has in common: subcommands, --json, exit codes, refusals.

Exit codes: 0 done, 1 refused or found faults, 2 wrong usage (argparse's own). With --json all of
standard output is one JSON document, also of a command that writes, and of a refusal:
`{"refused": [{"code", "message"}], "force_would_do": true or false}`.
"""

from __future__ import annotations

import getpass
import json
import os
import pwd
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, InterfaceError

from audit.actor import Actor, command_actor
from audit.refusals import NeedsConfirmation, codes_of
from audit.trouble import explain


class CommandRefused(CommandError):
    """A command stops with exit code 1; `code` is for --json."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class PanelCommand(BaseCommand):
    """A command with subcommands: `add_arguments` adds them, `handle_NAME` carries each out."""

    # Checks would open the database before its trouble can be explained.
    requires_system_checks = ()
    noun = "row"
    as_json = False

    def subcommand(self, parsers: Any, name: str, help: str) -> ArgumentParser:
        """A parser for `COMMAND name`, with --json."""
        parser: ArgumentParser = parsers.add_parser(name, help=help, description=help)
        parser.set_defaults(subcommand=name)
        parser.add_argument("--json", action="store_true", help="print data as JSON")
        return parser

    def handle(self, *args: Any, **options: Any) -> None:
        method = getattr(self, f"handle_{options['subcommand'].replace('-', '_')}")
        self.as_json = bool(options.get("json"))
        try:
            with explained():
                method(actor_of_shell(), **options)
        except ValidationError as error:
            self.refuse(error)
        except ObjectDoesNotExist as error:
            words = f"There is no {self.noun} {error}."
            self._stop([("not_found", words)], words, error)
        except CommandRefused as error:
            self._stop([(error.code, str(error))], str(error), error)

    def refuse(self, error: ValidationError) -> None:
        """Print why and stop with exit code 1."""
        reasons = list(zip(codes_of(error), error.messages, strict=True))
        confirm = isinstance(error, NeedsConfirmation)
        lines = list(error.messages)
        if confirm:
            lines.append("Nothing was done. To do it all the same, add --force.")
        self._stop(reasons, "\n".join(lines), error, force_would_do=confirm)

    def _stop(
        self,
        reasons: Sequence[tuple[str, str]],
        words: str,
        error: Exception,
        *,
        force_would_do: bool = False,
    ) -> None:
        if not self.as_json:
            raise CommandError(words) from error
        refused = [{"code": code, "message": message} for code, message in reasons]
        self.print_json({"refused": refused, "force_would_do": force_would_do})
        raise SystemExit(1) from error

    def done(self, data: Mapping[str, Any], *lines: str) -> None:
        """What a change has led to: the data as JSON, or these lines for people."""
        if self.as_json:
            self.print_json(dict(data))
            return
        for line in lines:
            self.say(line)

    def print_json(self, data: object) -> None:
        """Data on standard output, one document."""
        self.stdout.write(json.dumps(data, indent=2, ensure_ascii=False, default=str))

    def one(self, model: Any, key: str) -> Any:
        """The row of this key. Raises DoesNotExist."""
        row = model.objects.by_key(key)
        if row is None:
            raise model.DoesNotExist(key)
        return row

    def print_rows(self, rows: Any, columns: Sequence[str], *, as_json: bool) -> None:
        """Rows in key order, as JSON or one a line."""
        found = rows.order_by("pk").values(*columns)
        if as_json:
            self.print_json(list(found))
            return
        for row in found.iterator():
            self.say("  ".join(printable(row[name]) for name in columns))

    def print_row(self, row: Mapping[str, Any], as_json: bool) -> None:
        """One object, as JSON or a line a field."""
        if as_json:
            self.print_json(dict(row))
            return
        for name, value in row.items():
            text = ", ".join(map(str, value)) if isinstance(value, list) else value
            self.say(f"{name}: {printable(text)}")

    def say(self, text: object) -> None:
        """A line for people on standard output."""
        self.stdout.write(str(text))


def printable(value: object) -> str:
    """For a line on a terminal: what SQL wrote may hold anything, also what a terminal obeys."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in str(value))


@contextmanager
def explained() -> Iterator[None]:
    """Turn a database error into a message that says what to do, with exit code 1."""
    try:
        yield
    except (DatabaseError, InterfaceError) as error:
        trouble = explain(error)
        command = f"\n{trouble.command}" if trouble.command else ""
        words = f"{trouble.what} {trouble.mend}{command}"
        raise CommandRefused(trouble.code, words) from error


def actor_of_shell() -> Actor:
    """Whoever runs the command: the system user's name, sudo's caller if there is one."""
    try:
        name = os.environ.get("SUDO_USER") or pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = str(os.getuid())
    return command_actor(name)


def read_password() -> str:
    """One line of standard input; on a terminal asked twice and not shown."""
    if sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Again: "):
            raise CommandRefused("passwords_differ", "The two passwords differ. Nothing was done.")
        return password
    try:
        line = sys.stdin.readline()
    except UnicodeDecodeError as error:
        words = "The password on standard input is not UTF-8."
        raise CommandRefused("password.encoding", words) from error
    if not line:
        raise CommandRefused("password.missing", "Give the password on standard input, one line.")
    return line.removesuffix("\n").removesuffix("\r")
