"""The cast of the panel's page tests, and how a job is carried to its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from audit.actor import Actor
from bulk import running
from bulk.models import Job
from bulk.services import begin_job, confirm_job
from tests.pages.conftest import *  # noqa: F403

Planned = Callable[..., Job]


@pytest.fixture
def planned(root: Actor) -> Planned:
    """A job whose plan is made."""

    def make(kind: str, actor: Actor = root, **options: Any) -> Job:
        job = begin_job(actor=actor, kind=kind, options=options)
        running.run(job.pk)
        job.refresh_from_db()
        return job

    return make


@pytest.fixture
def done(root: Actor) -> Callable[..., Job]:
    """Confirm a planned job and carry it out."""

    def make(job: Job, actor: Actor = root, **how: Any) -> Job:
        assert confirm_job(actor=actor, job=job, **how)
        running.run(job.pk)
        job.refresh_from_db()
        return job

    return make
