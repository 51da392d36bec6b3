"""What speaks against a virtual domain or a transport; used by services and previews alike."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Protocol

from django.utils.translation import gettext_lazy as _

from audit.refusals import Findings
from domains.models import Domain
from domains.schema import too_wide
from mailkit.addresses import domain_of
from mailkit.tables import EXPECTED

UPGRADE_COMMAND = "python manage.py mailtables upgrade"


def check_width(findings: Findings, field: str, table: str, column: str, text: str) -> None:
    """Refuse what the real column cannot hold: nothing is ever cut."""
    width = too_wide(table, column, text)
    if width is None:
        return
    words = _(
        "This is %(length)s characters long, but the column %(column)s holds only %(width)s. "
        "Nothing was saved. Widen it with: %(command)s"
    )
    if not _upgrade_widens(table, column, width):
        words = _(
            "This is %(length)s characters long, but the column %(column)s holds only %(width)s. "
            "Nothing was saved. Make it shorter; a long list of addresses can be spread over "
            "several forwardings."
        )
    findings.refuse(
        field,
        "too_wide",
        words,
        length=len(text),
        column=f"{table}.{column}",
        width=width,
        command=UPGRADE_COMMAND,
    )


def _upgrade_widens(table: str, column: str, width: int) -> bool:
    """Whether `mailtables upgrade` finds a column of this width too narrow."""
    expected = next(one for one in EXPECTED[table].columns if one.name == column)
    return expected.length is None or width < expected.length


class DomainRows(Protocol):
    """Which virtual domains there are, asked beforehand where many rows are checked."""

    def domains(self, names: Sequence[str]) -> Set[str]:
        """Those of these names, in lower case, that have a row."""


def check_domain_exists(
    findings: Findings, field: str, domain_name: str, tables: DomainRows | None = None
) -> None:
    """Warn of an address whose domain Postfix does not take as ours."""
    if not _is_domain(domain_name, tables):
        findings.warn(
            field,
            "no_domain",
            _(
                "There is no virtual domain %(domain)s: until it is added, Postfix refuses mail "
                "to this address."
            ),
            domain=domain_name,
        )


def _is_domain(name: str, tables: DomainRows | None) -> bool:
    if tables is None:
        return Domain.objects.by_key(name) is not None
    return name.lower() in tables.domains([name.lower()])


def check_transport(
    findings: Findings, key: str, value: str, tables: DomainRows | None = None
) -> None:
    """Warn of a transport that takes over all mail, or the mail of one of our own domains."""
    if value == ":":
        return
    if key == "*":
        findings.warn(
            "domain",
            "transport_star",
            _(
                "A transport for * catches every address without a transport of its own, "
                "those of your own mailboxes too, and takes effect up to 30 seconds late."
            ),
        )
        return
    ours = _own_domain(key, tables)
    if ours is not None:
        findings.warn(
            "domain",
            "transport_own",
            _(
                "%(domain)s is one of your own domains: with this transport its mail no longer "
                "reaches the mailboxes here."
            ),
            domain=ours,
        )


def _own_domain(key: str, tables: DomainRows | None) -> str | None:
    if key.startswith("."):
        row = Domain.objects.filter(pk__endswith=key).first()
        return None if row is None else str(row.pk)
    name = domain_of(key) if "@" in key else key
    return name if _is_domain(name, tables) else None
