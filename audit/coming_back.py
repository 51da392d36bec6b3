"""On to another page that leads back here afterwards: to sign in, or to type the password again."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse

# Characters of the address that is led back to, percent-encoded. Proxies take 4 to 8 thousand a
# line, and Django refuses a redirect to more than 16 thousand.
LONGEST = 2_000


def fits(wanted: str) -> bool:
    """Whether this page can be handed on in a query."""
    return len(_query(wanted)) <= LONGEST


def lead_to(name: str, wanted: str) -> HttpResponseRedirect:
    """To the page of this name, which is told what was wanted; not if that is too long."""
    query = f"?{_query(wanted)}" if wanted and fits(wanted) else ""
    return HttpResponseRedirect(reverse(name) + query)


def sign_in_first(request: HttpRequest, name: str = "login") -> HttpResponseRedirect:
    """To a page that asks who is there, and back to this one; without its query if that is long.

    What was posted is not kept: the page is shown again and asks for its confirmation.
    """
    here = request.get_full_path()
    return lead_to(name, here if fits(here) else request.path)


def _query(wanted: str) -> str:
    return urlencode({"next": wanted}, safe="/", errors="replace")
