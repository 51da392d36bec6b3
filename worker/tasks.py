"""The decorator for tasks, from one place: Django 6 has it itself."""

from __future__ import annotations

from django_tasks import task

__all__ = ["task"]
