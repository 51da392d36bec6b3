"""What a list page was asked for: `?q=`, `?domain=`, `?after=`, `?inside=1`, `?to=`."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpRequest

from audit.actor import Actor
from mailkit.addresses import AddressError, parse_domain


@dataclass(frozen=True)
class Asked:
    """`domain` is an A-label, "" for all; `after` the last key of the page before.

    `to`: where forwardings lead.
    """

    q: str
    domain: str
    after: str
    inside: bool
    to: str = ""

    @property
    def narrowed(self) -> bool:
        """Whether the list shows a part only, so that an empty page means "nothing found"."""
        return bool(self.q or self.domain or self.to)


def asked(request: HttpRequest, actor: Actor) -> Asked:
    """Read the address of a list page. Http404 for a domain the actor may not see."""
    values = {name: request.GET.get(name, "") for name in ("q", "domain", "after", "inside", "to")}
    if any("\x00" in text for text in values.values()):
        raise Http404
    domain = domain_asked(values["domain"])
    if domain and not actor.may_touch(domain):
        raise Http404
    return Asked(
        values["q"].strip(),
        domain,
        values["after"],
        values["inside"] == "1",
        values["to"].strip(),
    )


def domain_asked(text: str) -> str:
    """What somebody typed as an A-label; "" for none, in lower case what is no domain."""
    text = text.strip()
    try:
        return parse_domain(text) if text else ""
    except AddressError:
        return text.lower()
