"""Addresses of the DNS pages."""

from __future__ import annotations

from django.urls import path

from dnshealth import all_views, mail_views, views
from domains import keys as _keys  # noqa: F401 - registers the converter `key`

urlpatterns = [
    path("dns/", views.list_dns, name="list_dns"),
    path("dns/check/", all_views.check_all_dns, name="check_all_dns"),
    path("dns/check/<int:run_id>/", all_views.watch_all_dns, name="watch_all_dns"),
    path("dns/check/<int:run_id>/stop/", all_views.stop_all_dns, name="stop_all_dns"),
    path("dns/mails/", mail_views.change_dns_mails, name="change_dns_mails"),
    path("domains/<key:domain>/dns/check/<int:run_id>/", views.watch_dns, name="watch_dns"),
    path("domains/<key:domain>/dns/check/", views.check_dns, name="check_dns"),
    path("domains/<key:domain>/dns/", views.show_dns, name="show_dns"),
]
