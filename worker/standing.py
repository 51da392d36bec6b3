"""How it stands with background work, for the pages that start some and for `worker list`."""

from __future__ import annotations

from django_tasks_db.models import DBTaskResult

from worker.models import Worker

# For people, who may copy it.
COMMAND = "python manage.py worker run"


def is_alive() -> bool:
    """Whether any worker was seen lately."""
    return bool(Worker.objects.alive().exists())


def nobody_works() -> bool:
    """Whether work is due and no worker was seen lately."""
    return DBTaskResult.objects.ready().exists() and not is_alive()
