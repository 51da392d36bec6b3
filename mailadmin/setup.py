"""What a start needs: the panel's tables, the mail tables of a new server, the first superadmin."""

from __future__ import annotations

import fcntl
import secrets
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from accounts.models import User
from accounts.services import create_operator
from audit.actor import command_actor
from domains.schema import forget_schema
from mailadmin.pruning import prune_log
from mailboxes.target_runs import plan_comparison
from mailkit import tables

FIRST_SUPERADMIN = "admin"
Say = Callable[[str], None]


def prepare(say: Say) -> None:
    """Bring the database and the static files into the state the panel needs; safe to repeat."""
    prepare_database(say)
    create_first_superadmin(say)
    collect_static_files()


def collect_static_files() -> None:
    """Hash and compress the static files; one start at a time, for they are replaced in place."""
    directory = Path(settings.STATIC_ROOT)
    directory.parent.mkdir(parents=True, exist_ok=True)
    with (directory.parent / f".{directory.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        call_command("collectstatic", interactive=False, verbosity=0)


def prepare_database(say: Say) -> None:
    """Make the panel's own tables, and the four mail tables if none of them is there."""
    if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
        # Only in a new file: in one that Postfix reads already, another journal mode needs other
        # permissions of the directory, or its proxymap dies.
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA journal_mode = WAL")
    call_command("migrate", interactive=False, verbosity=0)
    with connection.wrap_database_errors:
        missing = tables.missing_tables(connection.connection, connection.vendor)
        if len(missing) == len(tables.TABLES):
            tables.create(connection.connection, connection.vendor)
    if len(missing) == len(tables.TABLES):
        say("Made the mail tables domains, forwardings, users and transport.")
    elif missing:
        say(
            f"These mail tables are missing: {', '.join(sorted(missing))}. The others were left "
            "alone. See: python manage.py mailtables check"
        )
    forget_schema()
    # What undo needs of old changes holds former hashes: no longer than MAILADMIN_UNDO_DAYS.
    prune_log(command_actor("setup"))
    plan_comparison()


def create_first_superadmin(say: Say) -> None:
    """Make `admin` when there is no operator yet, and print a random password once."""
    if User.objects.operators().exists():
        return
    chosen = settings.MAILADMIN.admin_password
    password = chosen or secrets.token_urlsafe(12)
    create_operator(
        actor=command_actor("setup"),
        name=FIRST_SUPERADMIN,
        password=password,
        superadmin=True,
        force=True,
    )
    say(
        f"Sign in as {FIRST_SUPERADMIN}"
        + (
            " with the password from the environment."
            if chosen
            else f" with the password {password} (shown only now; change it with: "
            f"python manage.py operator password {FIRST_SUPERADMIN})"
        )
    )
