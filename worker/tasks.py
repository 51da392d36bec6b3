"""What those need who write tasks: django-tasks' decorator and states, from one place."""

from __future__ import annotations

from django_tasks import TaskResultStatus, task

__all__ = ["TaskResultStatus", "task"]
