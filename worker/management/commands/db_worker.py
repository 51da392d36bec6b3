"""`db_worker`: django-tasks' name for a worker. Its own does not show that it lives."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from audit.commands import explained
from worker.loop import Loop


class Command(BaseCommand):
    help = "The same as `worker run`."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--batch", action="store_true", help="end when nothing is due any more")

    def handle(self, *args: Any, batch: bool, **options: Any) -> None:
        loop = Loop()
        loop.take_signals()
        with explained():
            loop.run(batch=batch)
