"""Every address of the panel."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from domains import keys as _keys  # noqa: F401 - registers the converter `key`
from mailadmin.views import audit, dashboard, domains, health

handler400 = "mailadmin.errors.bad_request"
handler500 = "mailadmin.errors.server_error"

urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    path("healthz", health.healthz, name="healthz"),
    path("admin/", admin.site.urls),
    path("audit/", audit.list_changes, name="list_changes"),
    path("audit/export/", audit.export_changes, name="export_changes"),
    path("audit/<int:entry_id>/", audit.show_change, name="show_change"),
    path("audit/<int:entry_id>/undo/", audit.undo_change, name="undo_change"),
    path("", include("accounts.urls")),
    path("", include("domains.urls")),
    path("", include("mailboxes.urls")),
    path("", include("dnshealth.urls")),
    path("", include("mailserver.urls")),
    path("bulk/", include("bulk.urls")),
    path("import/", include("bulk.import_urls")),
    # After the others: `add/` and `.../delete/` would be taken for a domain's name.
    path("domains/", domains.list_domains, name="list_domains"),
    path("domains/<key:domain>/", domains.show_domain, name="show_domain"),
]
