"""Where to go after signing in: the page that somebody wanted, if it is one of ours."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme


def asked_for(request: HttpRequest) -> str:
    """The page that was wanted, as the browser says it: anything."""
    return request.POST.get("next") or request.GET.get("next") or ""


def next_page(request: HttpRequest, *, owner: bool) -> str:
    """The page that was wanted, if it is on this host and meant for this kind of person."""
    account = reverse("show_account")
    wanted = asked_for(request)
    if not url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        wanted = ""
    if owner:
        return wanted if wanted.startswith(account) else account
    return wanted or reverse("dashboard")


def redirect_with_next(name: str, request: HttpRequest) -> HttpResponse:
    """To another page of the sign-in, which knows as well what was wanted."""
    wanted = asked_for(request)
    query = f"?{urlencode({'next': wanted})}" if wanted else ""
    return HttpResponseRedirect(reverse(name) + query)
