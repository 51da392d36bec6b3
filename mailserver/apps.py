"""The app `mailserver`."""

from __future__ import annotations

from django.apps import AppConfig


class MailserverConfig(AppConfig):
    name = "mailserver"
    verbose_name = "Mail server"
