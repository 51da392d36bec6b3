"""Addresses of the mail server's pages."""

from __future__ import annotations

from django.urls import path

from mailserver import doctor_views, flow_views, lint_views, mend_views, preview_views, views

urlpatterns = [
    path("doctor/", doctor_views.examine_servers, name="examine_servers"),
    path("doctor/ask/", doctor_views.ask_dovecot, name="ask_dovecot"),
    path("configuration/", views.show_configuration, name="show_configuration"),
    path("trace/", views.trace_address, name="trace_address"),
    path("trace/preview/", preview_views.preview_route, name="preview_route"),
    path(
        "account/forwarding/preview/",
        preview_views.preview_own_forwarding,
        name="preview_own_forwarding",
    ),
    path("lint/", lint_views.show_lint, name="show_lint"),
    path("lint/run/", lint_views.run_lint, name="run_lint"),
    path("lint/mend/", mend_views.mend_row, name="mend_row"),
    path("lint/progress/", lint_views.watch_lint, name="watch_lint"),
    path("queue/", flow_views.show_queue, name="show_queue"),
    path("queue/log/", flow_views.search_log, name="search_log"),
]
