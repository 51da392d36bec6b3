"""The project's own app (templates, commands, pages that join nouns) and its admin site."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class MailadminConfig(AppConfig):
    name = "mailadmin"
    verbose_name = "Mailadmin"


class AdminSiteConfig(AdminConfig):
    default_site = "mailadmin.admin_site.MailadminAdminSite"
