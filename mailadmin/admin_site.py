"""Django admin's site: signed in through the panel's own sign-in page."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _


class MailadminAdminSite(admin.AdminSite):
    """The stock admin; who may enter is decided by the panel's sign-in."""

    site_header = "Mailadmin"
    site_title = "Mailadmin"
    index_title = _("Bulk edits")
    site_url = "/"

    def login(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Send strangers to the panel's sign-in; a mailbox owner has no business here."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next", "/admin/"))
