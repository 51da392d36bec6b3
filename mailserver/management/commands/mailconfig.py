"""`mailconfig DIR`: write the configuration of Postfix and Dovecot over the four tables."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.commands import CommandRefused, PanelCommand
from mailkit.configuration import GRANTS_FILE
from mailkit.dovecot.config import Version
from mailkit.dovecot.version import installed_version
from mailkit.serverfiles import ConfigError, Endpoint
from mailkit.written import IN_THE_WAY, Difference, compare, write
from mailserver.configuration import READER, Wanted, files_for, read_endpoint, tls_notes
from mailserver.configuration_words import IN_THE_WAY_WORDS, STATES


def _endpoint(text: str) -> Endpoint:
    try:
        return read_endpoint(text)
    except ConfigError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error.reason}") from error


class Command(PanelCommand):
    help = "Write the configuration of Postfix and Dovecot over the four tables into a directory."
    noun = "file"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("directory", metavar="DIR", help="where the files go; made if missing")
        parser.add_argument(
            "--dovecot",
            choices=[version.value for version in Version],
            help="the release to write for; default: the one installed here",
        )
        parser.add_argument(
            "--host",
            dest="hosts",
            action="append",
            default=[],
            type=_endpoint,
            metavar="HOST[:PORT]",
            help="a database server, or a socket's path; several for failover. "
            "Default: that of DATABASE_URL",
        )
        parser.add_argument(
            "--user", default=READER, help=f"the read-only database user (default {READER})"
        )
        parser.add_argument(
            "--password-file",
            metavar="FILE",
            help="its password, one line; default: the one in DIR, else a new one",
        )
        parser.add_argument(
            "--client",
            dest="clients",
            action="append",
            default=[],
            metavar="HOST",
            help="MySQL: from where that user comes, as in 'user'@'host'",
        )
        parser.add_argument(
            "--installed-as",
            default="",
            metavar="PATH",
            help="where DIR will lie on the mail server, if the files are copied there",
        )
        parser.add_argument("--mail-root", default="/var/vmail", metavar="PATH")
        parser.add_argument(
            "--queue-directory", default="/var/spool/postfix", metavar="PATH", help="Postfix's"
        )
        parser.add_argument("--uid", type=int, default=5000, help="the owner of all mail")
        parser.add_argument("--gid", type=int, default=5000)
        parser.add_argument(
            "--plan", action="store_true", help="show the difference, write nothing"
        )
        parser.add_argument(
            "--force",
            action="store_true",
            help="write over files that were changed by hand, or that others wrote",
        )
        parser.add_argument("--json", action="store_true", help="print data as JSON")
        parser.set_defaults(subcommand="mailconfig")

    def handle_mailconfig(self, actor: Actor, **options: Any) -> None:
        directory = Path(options["directory"]).absolute()
        try:
            differences = compare(directory, files_for(_wanted(directory, options)))
            blocked = [one for one in differences if one.state in IN_THE_WAY]
            writes = not options["plan"] and (options["force"] or not blocked)
            ungrouped = write(differences) if writes else []
        except OSError as error:
            words = _("%(path)s: %(reason)s.") % {
                "path": error.filename or directory,
                "reason": error.strerror,
            }
            raise CommandRefused("cannot_write", words) from error
        if not options["json"]:
            self._show(differences)
        if blocked and not options["plan"] and not options["force"]:
            self._refuse_to_overwrite(blocked)
        if options["json"]:
            self.print_json(_as_data(directory, differences, written=writes))
            return
        self._show_what_next(directory, ungrouped, written=writes)

    def _refuse_to_overwrite(self, blocked: list[Difference]) -> None:
        reasons = [
            (f"file.{one.state.value}", IN_THE_WAY_WORDS[one.state] % {"path": one.path})
            for one in blocked
        ]
        lines = [words for _code, words in reasons]
        lines.append(_("Nothing was written. To write over them all the same, add --force."))
        words = "\n".join(lines)
        error = CommandRefused("in_the_way", words)
        self._stop(reasons, words, error, force_would_do=True)

    def _show(self, differences: list[Difference]) -> None:
        for one in differences:
            self.say(f"{one.path}: {STATES[one.state]}")
            for line in one.diff:
                self.say(f"    {line}")

    def _show_what_next(self, directory: Path, ungrouped: list[Path], *, written: bool) -> None:
        for note in tls_notes():
            self.say(note)
        if not written:
            self.say(_("Nothing was written."))
            return
        for path in ungrouped:
            group = "dovecot" if path.parent.name == "dovecot" else "postfix"
            self.say(
                _("%(path)s could not be given to its group. As root: chgrp %(group)s %(path)s")
                % {"path": path, "group": group}
            )
        self.say(_("The head of each file says how to install it. In this order:"))
        if (directory / GRANTS_FILE).exists():
            self.say(f"  {directory}/{GRANTS_FILE}")
        self.say(f"  {directory}/dovecot/mailadmin.conf")
        self.say(f"  {directory}/postfix/main.cf")
        self.say(f"  {directory}/postfix/master.cf")


def _wanted(directory: Path, options: dict[str, Any]) -> Wanted:
    version = Version(options["dovecot"]) if options["dovecot"] else installed_version()
    if version is None:
        raise CommandError(
            _("No Dovecot 2.3 or 2.4 is installed here: add --dovecot 2.3 or --dovecot 2.4."),
            returncode=2,
        )
    password = ""
    if options["password_file"]:
        path = Path(options["password_file"])
        try:
            password = path.read_text("utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            words = _("%(path)s is not UTF-8.") % {"path": path}
            raise CommandRefused("password.encoding", words) from error
        if not password:
            words = _("There is no password in %(path)s.") % {"path": path}
            raise CommandRefused("password.missing", words)
    return Wanted(
        directory,
        version,
        user=options["user"],
        password=password,
        hosts=tuple(options["hosts"]),
        clients=tuple(options["clients"]),
        installed_as=options["installed_as"].rstrip("/"),
        mail_root=options["mail_root"].rstrip("/"),
        uid=options["uid"],
        gid=options["gid"],
        queue_directory=options["queue_directory"].rstrip("/"),
    )


def _as_data(directory: Path, differences: list[Difference], *, written: bool) -> dict[str, Any]:
    return {
        "directory": str(directory),
        "written": written,
        "files": [
            {
                "path": str(one.path),
                "state": one.state.value,
                "secret": one.file.secret,
                "diff": list(one.diff),
            }
            for one in differences
        ],
    }
