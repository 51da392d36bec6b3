"""The workers that show that they live. The tasks themselves are rows of django-tasks-db."""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from django.db import models
from django.utils import timezone

# A worker that has not been seen for so long is shown as gone. Over a worker's lease, so that
# nobody is told of one that stops for a moment.
GONE_AFTER = timedelta(seconds=60)


class WorkerQuerySet(models.QuerySet["Worker"]):
    """Workers."""

    def alive(self) -> Self:
        """Those that were seen lately, by the clocks of the machines they run on."""
        return self.filter(seen_at__gt=timezone.now() - GONE_AFTER)


class WorkerManager(models.Manager.from_queryset(WorkerQuerySet)):  # type: ignore[misc]
    """Workers."""


class Worker(models.Model):
    """One process of `manage.py worker run`.

    `beats` goes up every few seconds. Other workers watch it with their own clocks, so two
    machines whose clocks differ do not take each other for dead; `seen_at` is for people.
    """

    id = models.CharField(max_length=32, primary_key=True)
    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    beats = models.BigIntegerField(default=0)

    objects = WorkerManager()

    class Meta:
        db_table = "mailadmin_worker"

    def __str__(self) -> str:
        return f"{self.host} {self.pid}"
