"""Addresses of virtual domains and transports; the domain's own page belongs to `mailadmin`."""

from __future__ import annotations

from django.urls import path

from domains import keys as _keys  # noqa: F401 - registers the converter `key`
from domains import views

urlpatterns = [
    path("domains/add/", views.create_domain, name="create_domain"),
    path("transports/", views.list_transports, name="list_transports"),
    path("transports/add/", views.create_transport, name="create_transport"),
    path("transports/<key:key>/delete/", views.delete_transport, name="delete_transport"),
    path("transports/<key:key>/", views.change_transport, name="change_transport"),
]
