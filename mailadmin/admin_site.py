"""Django admin's site: signed in, signed out and passwords changed on the panel's own pages."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from audit.access import actor_of
from audit.coming_back import lead_to, sign_in_first


class MailadminAdminSite(admin.AdminSite):
    """The stock admin; who may enter is decided by the panel's sign-in."""

    site_header = "Mailadmin"
    site_title = "Mailadmin"
    index_title = _("Tables")
    site_url = "/"

    def has_permission(self, request: HttpRequest) -> bool:
        """Operators only."""
        return actor_of(request).is_operator

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Refuse a mailbox owner at once; send a stranger to the panel's sign-in."""
        inner = super().admin_view(view, cacheable)

        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            actor = actor_of(request)
            if actor.is_mailbox_owner:
                raise PermissionDenied
            if not actor.is_operator:
                return sign_in_first(request)
            response: HttpResponseBase = inner(request, *args, **kwargs)
            return response

        return checked

    def login(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """There is one sign-in page, the panel's."""
        if actor_of(request).is_mailbox_owner:
            raise PermissionDenied
        return lead_to("login", request.GET.get("next", "/admin/"))

    def logout(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Sign out as on every other page."""
        from accounts.views import sign_out  # noqa: PLC0415 - models are not loaded yet above

        response: HttpResponse = sign_out(request)
        return response

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """The own password is changed in the panel, which logs it."""
        return redirect("change_operator_password")

    def password_change_done(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """See password_change."""
        return redirect("change_operator_password")
