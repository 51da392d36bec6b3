"""Django's own groups have no meaning here and no place in Django admin."""

from __future__ import annotations

import django.contrib.auth.admin  # noqa: F401 - registers Group, which is then taken out
from django.contrib import admin
from django.contrib.auth.models import Group

admin.site.unregister(Group)
