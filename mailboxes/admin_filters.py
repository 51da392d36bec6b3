"""Filters of Django admin's lists: by virtual domain, by state, by kind of source."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from audit.admin_base import REACHED
from mailkit.addresses import AddressError, parse_domain


class DomainFilter(admin.SimpleListFilter):
    """Rows of one virtual domain: typed, since there may be ten thousand."""

    title = _("virtual domain")
    parameter_name = "domain"
    template = "admin/domain_filter.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("", _("All"))]

    def has_output(self) -> bool:
        return True

    def choices(self, changelist: Any) -> Any:
        keep = changelist.get_filters_params()
        keep.pop(self.parameter_name, None)
        yield {
            "value": self.value() or "",
            "keep": [(name, value[-1]) for name, value in keep.items()],
            "query": changelist.query,
        }

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        text = (self.value() or "").strip()
        if not text or "\x00" in text:
            return queryset
        try:
            return queryset.in_domain(parse_domain(text))
        except AddressError:
            return queryset.in_domain(text)


class StateFilter(admin.SimpleListFilter):
    """Mailboxes by what their hash is: each of them must be read.

    So of all mailboxes, or of one domain's, the first REACHED are looked through and no more,
    unless a search leaves few; the title says so.
    """

    title = _("state, among the first 10,000")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("suspended", _("suspended")), ("other", _("another scheme than the panel writes"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return by_state(queryset, self.value() or "", request.GET.get("q", ""))


class KindFilter(admin.SimpleListFilter):
    """Forwardings by what their source is."""

    title = _("source")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("domain", _("a whole domain")), ("address", _("an address"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return by_kind(queryset, self.value() or "")


def by_state(mailboxes: Any, state: str, q: str = "") -> Any:
    """Mailboxes of this state of StateFilter, among the first REACHED unless there is a search."""
    if state and not q.strip():
        mailboxes = _first_of(mailboxes)
    return mailboxes.in_state(state)


def _first_of(mailboxes: Any) -> Any:
    """The first REACHED rows in the queryset's own order, which goes by key."""
    last = next(iter(mailboxes.values_list("pk", flat=True)[REACHED - 1 : REACHED]), None)
    return mailboxes if last is None else mailboxes.filter(pk__lte=last)


def by_kind(forwardings: Any, kind: str) -> Any:
    """Forwardings of this kind of KindFilter; all for any other text."""
    return forwardings.whose_source_is(kind)
