"""`worker`: do the work that pages and commands left for later, and see how it stands."""

from __future__ import annotations

import logging
import os
from typing import Any

from django.core.management.base import CommandParser
from django_tasks_db.models import DBTaskResult

from audit.actor import Actor
from audit.commands import PanelCommand
from worker import queue
from worker.loop import Loop
from worker.models import Worker

# The last ones that `list` shows.
FAILED_SHOWN = 20


class Command(PanelCommand):
    help = "Do the work that pages and commands left for later (DNS runs, mails about them)."
    noun = "worker"

    def add_arguments(self, parser: CommandParser) -> None:
        parsers = parser.add_subparsers(required=True, metavar="SUBCOMMAND")
        run = parsers.add_parser(
            "run", help="work until stopped (SIGTERM, Ctrl-C); any number of these may run"
        )
        run.set_defaults(subcommand="run")
        run.add_argument("--batch", action="store_true", help="end when nothing is due any more")
        run.add_argument(
            "--with-parent", action="store_true", help="end when the process that started it does"
        )
        self.subcommand(parsers, "list", "workers, work that waits, and what failed lately")
        self.subcommand(parsers, "prune", f"remove what ended over {queue.KEPT_DAYS} days ago")

    def handle_run(self, actor: Actor, *, batch: bool, with_parent: bool, **_: Any) -> None:
        logging.getLogger("worker").setLevel(logging.INFO)
        loop = Loop(parent=os.getppid() if with_parent else None)
        loop.take_signals()
        loop.run(batch=batch)

    def handle_list(self, actor: Actor, **_: Any) -> None:
        data = _standing()
        if self.as_json:
            self.print_json(data)
            return
        for one in data["workers"]:
            self.say(f"worker: {one['host']} {one['pid']}, last seen {one['seen_at']}")
        if not data["workers"]:
            self.say("No worker runs; start one with: python manage.py worker run")
        self.say(f"waiting: {data['waiting']}")
        self.say(f"under way: {data['running']}")
        for one in data["failed"]:
            self.say(f"failed: {one['finished_at']} {one['task']} {one['error']} ({one['id']})")

    def handle_prune(self, actor: Actor, **_: Any) -> None:
        removed = queue.prune()
        self.done({"tasks": removed}, f"Removed: {removed} tasks.")


def _standing() -> dict[str, Any]:
    failed = DBTaskResult.objects.failed().order_by("-finished_at")[:FAILED_SHOWN]
    return {
        "workers": [
            {
                "host": one.host,
                "pid": one.pid,
                "started_at": one.started_at.isoformat(),
                "seen_at": one.seen_at.isoformat(),
            }
            for one in Worker.objects.alive().order_by("started_at")
        ],
        "waiting": DBTaskResult.objects.ready().count(),
        "running": DBTaskResult.objects.running().count(),
        "failed": [
            {
                "id": str(one.pk),
                "task": one.task_path,
                "error": one.exception_class_path,
                "finished_at": one.finished_at.isoformat() if one.finished_at else None,
            }
            for one in failed
        ],
    }
