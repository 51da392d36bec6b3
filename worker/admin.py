"""Django admin is for the four tables: tasks are not shown there, `worker list` has them."""

from __future__ import annotations

from django.contrib import admin

# Registers its table, before we take it out again.
from django_tasks_db import admin as _admin  # noqa: F401
from django_tasks_db.models import DBTaskResult

admin.site.unregister(DBTaskResult)
