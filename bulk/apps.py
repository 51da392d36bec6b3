"""The app `bulk`."""

from __future__ import annotations

from django.apps import AppConfig


class BulkConfig(AppConfig):
    name = "bulk"
    verbose_name = "Bulk edits"
