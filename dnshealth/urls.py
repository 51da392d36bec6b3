"""Addresses of the DNS pages."""

from __future__ import annotations

from django.urls import path

from dnshealth import publish_views, settings_views, views
from domains import keys as _keys  # noqa: F401 - registers the converter `key`

urlpatterns = [
    path("dns/", views.list_dns, name="list_dns"),
    path("dns/zonefile/", publish_views.zone_file_of_all, name="zone_file_of_all"),
    path("domains/<key:domain>/dns/publish/", publish_views.publish_dns, name="publish_dns"),
    path(
        "domains/<key:domain>/dns/published/<int:entry_id>/",
        publish_views.show_publication,
        name="show_publication",
    ),
    path(
        "domains/<key:domain>/dns/zonefile/",
        publish_views.zone_file_of_domain,
        name="zone_file_of_domain",
    ),
    path("domains/<key:domain>/dns/check/<int:run_id>/", views.watch_dns, name="watch_dns"),
    path("domains/<key:domain>/dns/check/", views.check_dns, name="check_dns"),
    path(
        "domains/<key:domain>/dns/settings/",
        settings_views.change_dns_settings,
        name="change_dns_settings",
    ),
    path("domains/<key:domain>/dns/", views.show_dns, name="show_dns"),
]
