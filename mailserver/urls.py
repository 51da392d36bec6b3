"""Addresses of the mail server's pages."""

from __future__ import annotations

from django.urls import path

from mailserver import flow_views, views

urlpatterns = [
    path("configuration/", views.show_configuration, name="show_configuration"),
    path("trace/", views.trace_address, name="trace_address"),
    path("trace/preview/", views.preview_route, name="preview_route"),
    path("queue/", flow_views.show_queue, name="show_queue"),
    path("queue/log/", flow_views.search_log, name="search_log"),
]
