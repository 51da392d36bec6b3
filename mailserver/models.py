"""Runs of the lint that a worker does: the one under way, and the report of the last."""

from __future__ import annotations

from django.db import models

# The value of `active` of the one run that may be under way.
ACTIVE = "lint"


class LintRun(models.Model):
    """One run. `report` is LintReport.as_data(), None until it is done.

    `active` is ACTIVE while it waits or is done, and NULL afterwards: so there is one at most.
    `rows`: how many rows were read so far.
    """

    actor = models.CharField(max_length=254)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    active = models.CharField(max_length=10, null=True, unique=True)  # noqa: DJ001 - see above
    rows = models.PositiveBigIntegerField(default=0)
    report = models.JSONField(null=True)
    task = models.CharField(max_length=64, default="")

    class Meta:
        db_table = "mailadmin_lint_run"

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M}"
