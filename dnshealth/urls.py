"""Addresses of the DNS pages."""

from __future__ import annotations

from django.urls import path

from dnshealth import all_views, mail_views, publish_views, settings_views, views
from dnshealth.dkim import publish_views as dkim_publishing
from dnshealth.dkim import views as dkim
from domains import keys as _keys  # noqa: F401 - registers the converter `key`

urlpatterns = [
    path("dns/", views.list_dns, name="list_dns"),
    path("dns/check/", all_views.check_all_dns, name="check_all_dns"),
    path("dns/check/<int:run_id>/", all_views.watch_all_dns, name="watch_all_dns"),
    path("dns/check/<int:run_id>/stop/", all_views.stop_all_dns, name="stop_all_dns"),
    path("dns/mails/", mail_views.change_dns_mails, name="change_dns_mails"),
    path("dns/zonefile/", publish_views.zone_file_of_all, name="zone_file_of_all"),
    path("domains/<key:domain>/dns/publish/", publish_views.publish_dns, name="publish_dns"),
    path(
        "domains/<key:domain>/dns/published/<int:entry_id>/",
        publish_views.show_publication,
        name="show_publication",
    ),
    path(
        "domains/<key:domain>/dns/unfinished/<int:sending_id>/",
        publish_views.settle_publication,
        name="settle_publication",
    ),
    path(
        "domains/<key:domain>/dns/zonefile/",
        publish_views.zone_file_of_domain,
        name="zone_file_of_domain",
    ),
    path("domains/<key:domain>/dns/check/<int:run_id>/", views.watch_dns, name="watch_dns"),
    path("domains/<key:domain>/dns/check/", views.check_dns, name="check_dns"),
    path("domains/<key:domain>/dns/dkim/", dkim.list_dkim_keys, name="list_dkim_keys"),
    path("domains/<key:domain>/dns/dkim/new/", dkim.make_dkim_key, name="make_dkim_key"),
    path(
        "domains/<key:domain>/dns/dkim/<str:selector>/look/",
        dkim.look_at_dkim_key,
        name="look_at_dkim_key",
    ),
    path(
        "domains/<key:domain>/dns/dkim/<str:selector>/publish/",
        dkim_publishing.publish_dkim_key,
        name="publish_dkim_key",
    ),
    path(
        "domains/<key:domain>/dns/dkim/<str:selector>/switch/",
        dkim.switch_dkim_key,
        name="switch_dkim_key",
    ),
    path(
        "domains/<key:domain>/dns/dkim/<str:selector>/retire/",
        dkim.retire_dkim_key,
        name="retire_dkim_key",
    ),
    path(
        "domains/<key:domain>/dns/settings/",
        settings_views.change_dns_settings,
        name="change_dns_settings",
    ),
    path("domains/<key:domain>/dns/", views.show_dns, name="show_dns"),
]
