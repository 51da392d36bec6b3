"""On to another page that leads back here afterwards: to sign in, or to type the password again."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit, urlunsplit

from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

# Characters of the address that is led back to, percent-encoded. Proxies take 4 to 8 thousand a
# line, and Django refuses a redirect to more than 16 thousand.
LONGEST = 2_000


def fits(wanted: str) -> bool:
    """Whether this page can be handed on in a query."""
    return len(_query(wanted)) <= LONGEST


def lead_to(name: str, wanted: str, *, preserve_request: bool = False) -> HttpResponseRedirect:
    """To the page of this name, which is told what was wanted; not if that is too long.

    `preserve_request`: what was posted is posted to that page.
    """
    query = f"?{_query(wanted)}" if wanted and fits(wanted) else ""
    return HttpResponseRedirect(reverse(name) + query, preserve_request=preserve_request)


def sign_in_first(request: HttpRequest, name: str = "login") -> HttpResponseRedirect:
    """To a page that asks who is there, and back to this one; without its query if that is long.

    What was posted is not kept: the page is shown again and asks for its confirmation.
    """
    return lead_to(name, this_page(request))


def this_page(request: HttpRequest) -> str:
    """The path that is asked for, with its query unless that is too long."""
    here = request.get_full_path()
    return here if fits(here) else request.path


def page_before(request: HttpRequest) -> str:
    """The path of the panel's page that led here, with its query; "" if it was none of ours."""
    before = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(before, {request.get_host()}):
        return ""
    parts = urlsplit(before)
    return urlunsplit(("", "", parts.path, parts.query, ""))


def _query(wanted: str) -> str:
    return urlencode({"next": wanted}, safe="/", errors="replace")
