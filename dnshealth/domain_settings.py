"""What somebody has set for a domain, as the checks and pages read it.

A domain that is deleted and made anew may be somebody else's, so that it starts afresh: what was
set before the log's last "deleted" or "added", unless that was undone, does not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Max, QuerySet

from audit.kept import days, oldest
from audit.models import Entry
from dnshealth.models import DnsSettings, Role
from dnshealth.names import stored_name
from dnshealth.querysets import in_pieces
from domains.models import Domain
from mailkit.dns.switched_off import is_only_unknown

AFRESH = ("create_domain", "delete_domain")


@dataclass(frozen=True)
class SwitchedOff:
    """Who switched a check off, why, and when."""

    by: str
    because: str
    since: datetime | None = None

    @property
    def reason(self) -> str:
        """In a sentence, for results."""
        return f"switched off by {self.by} because: {self.because}"


@dataclass(frozen=True)
class DomainSettings:
    """What is set for a domain. `switched_off` by the name of a family or a code."""

    role: str = Role.BOTH
    selectors: tuple[str, ...] = ()
    switched_off: Mapping[str, SwitchedOff] = field(default_factory=dict)

    @property
    def role_words(self) -> str:
        """The role in words."""
        return str(Role(self.role).label)


NONE = DomainSettings()


def settings_of(row_key: str) -> DomainSettings:
    """What is set for the domain of this row."""
    name = stored_name(row_key)
    return read_settings([name]).get(name, NONE)


def read_settings(names: Iterable[str]) -> dict[str, DomainSettings]:
    """By stored name what is set; names for which nothing is are left out."""
    found = {}
    for some in in_pieces(names):
        rows = list(DnsSettings.objects.filter(pk__in=some))
        stale = _stale(rows)
        found.update({row.pk: _of_row(row) for row in rows if row.pk not in stale})
    return found


def prune_settings() -> int:
    """Remove what is set for domains that are gone and do not come back by undo."""
    gone = []
    for row in DnsSettings.objects.iterator():
        if Domain.objects.by_key(row.row_key) is not None:
            continue
        deleted = _afresh([row]).filter(action="delete_domain")
        if not days() or not deleted.filter(time__gte=oldest()).exists():
            gone.append(row.pk)
    for some in in_pieces(gone):
        DnsSettings.objects.filter(pk__in=some).delete()
    return len(gone)


def _of_row(row: DnsSettings) -> DomainSettings:
    off = {
        key: SwitchedOff(one["by"], one["because"], datetime.fromisoformat(one["since"]))
        for key, one in row.switched_off.items()
        # Was taken once; what is only ever unknown cannot be switched off.
        if not is_only_unknown(key)
    }
    return DomainSettings(row.role, tuple(row.selectors), off)


def _stale(rows: list[DnsSettings]) -> set[str]:
    """Those whose domain was deleted or made anew since."""
    if not rows:
        return set()
    later = _afresh(rows).values_list("domain").annotate(last=Max("pk"))
    last: dict[str, int] = {}
    for domain, entry in later:
        name = stored_name(domain)
        last[name] = max(entry, last.get(name, 0))
    return {row.pk for row in rows if last.get(row.pk, 0) > row.entry}


def _afresh(rows: list[DnsSettings]) -> QuerySet[Entry]:
    """The log's lines by which these domains were deleted or made, and that hold."""
    names = {name for row in rows for name in (row.pk, row.row_key.lower())}
    found: QuerySet[Entry] = Entry.objects.filter(
        domain__in=names, object_type="domain", action__in=AFRESH, undone=False
    )
    return found.order_by()
