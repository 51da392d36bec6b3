"""Addresses of the page that imports a file."""

from __future__ import annotations

from django.urls import path

from bulk import import_views

urlpatterns = [
    path("", import_views.import_file, name="import_file"),
    path("example/<str:kind>/", import_views.download_example, name="download_example"),
]
