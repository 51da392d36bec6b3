"""`setup`: make ready to serve; run it at each start and after each update."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from audit.commands import explained
from mailadmin.setup import prepare


class Command(BaseCommand):
    help = (
        "Make the panel's own tables, the mail tables if none of them is there, the first "
        "superadmin, and collect the static files. Safe to repeat; never alters a mail table."
    )
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        with explained():
            prepare(self.stdout.write)
