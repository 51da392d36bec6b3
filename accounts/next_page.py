"""Where to go after signing in: the page that somebody wanted, if it is one of ours."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from audit.coming_back import fits, lead_to


def asked_for(request: HttpRequest) -> str:
    """The page that was wanted, as the browser says it: anything, but for what is too long."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if fits(wanted) else ""


def next_page(request: HttpRequest, *, owner: bool) -> str:
    """The page that was wanted, if it is on this host and meant for this kind of person."""
    wanted = asked_for(request)
    # A path from the root: no host, also none that a browser would find in it (`/\\evil.example`).
    if not wanted.startswith("/") or not url_has_allowed_host_and_scheme(
        wanted, allowed_hosts=None
    ):
        wanted = ""
    if owner:
        return wanted if _is_below_account(wanted) else reverse("show_account")
    return wanted or reverse("dashboard")


def _is_below_account(wanted: str) -> bool:
    path = unquote(urlsplit(wanted).path).replace("\\", "/")
    return path.startswith(reverse("show_account")) and ".." not in path.split("/")


def redirect_with_next(name: str, request: HttpRequest) -> HttpResponse:
    """To another page of the sign-in, which knows as well what was wanted."""
    return lead_to(name, asked_for(request))
