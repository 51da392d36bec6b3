"""Writing what is set for a domain: role, selectors, and what is switched off for which reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.log import record
from audit.refusals import ChangedMeanwhile, Findings
from audit.transaction import service
from dnshealth.domain_settings import DomainSettings, SwitchedOff, settings_of
from dnshealth.models import DnsSettings, Role
from dnshealth.names import stored_name
from domains.models import Domain
from domains.services import locked_row
from domains.state import state_of
from mailkit.dns.catalogue import CATALOGUE
from mailkit.dns.families.registry import BY_NAME
from mailkit.dns.names import is_selector
from mailkit.dns.results import REQUIRED_FAMILIES
from mailkit.dns.switched_off import is_only_unknown

ACTION, KIND = "change_dns_settings", "dns_settings"
MOST_SELECTORS = 20
LONGEST_REASON = 200
# In the log: what is switched off is a field of its own each.
OFF = "off "


@service
def change_settings(
    *,
    actor: Actor,
    domain: str,
    role: str,
    selectors: Iterable[str],
    switched_off: Mapping[str, str],
    state: str | None = None,
) -> DomainSettings:
    """Set these for the domain of this row; `switched_off`: the reason by family or code.

    Who switched something off, and when, stays with it as long as its reason does. Raises Refused,
    ChangedMeanwhile, PermissionDenied; Domain.DoesNotExist.
    """
    row = _own_row(actor, domain)
    before = settings_of(row.domain)
    if state is not None and state != state_of(as_logged(before)):
        raise ChangedMeanwhile(
            _("Somebody else has changed these settings since you opened the page."),
            {key: value or "" for key, value in as_logged(before).items()},
        )
    wanted = _checked(role, selectors, switched_off)
    now = timezone.now()
    off = {}
    for key, because in wanted.items():
        known = before.switched_off.get(key)
        same = known is not None and known.because == because
        off[key] = known if known and same else SwitchedOff(actor.name, because, now)
    after = DomainSettings(role, _selectors(selectors), off)
    _write(actor, row, before, after)
    return after


@service
def put_settings_back(*, actor: Actor, domain: str, fields: Mapping[str, str | None]) -> None:
    """Set these fields of the log as they were. Raises PermissionDenied; Domain.DoesNotExist."""
    row = _own_row(actor, domain)
    before = settings_of(row.domain)
    _write(actor, row, before, _of_log({**as_logged(before), **fields}, before))


def as_logged(one: DomainSettings) -> dict[str, str | None]:
    """The settings as the log has them, and as a form's state is made from."""
    return {
        "role": one.role or None,
        "selectors": ", ".join(one.selectors) or None,
        **{
            f"{OFF}{key}": f"{off.by}: {off.because}"
            for key, off in sorted(one.switched_off.items())
        },
    }


def _of_log(fields: Mapping[str, str | None], known: DomainSettings) -> DomainSettings:
    off = {}
    for name, text in fields.items():
        if not name.startswith(OFF) or text is None:
            continue
        key = name.removeprefix(OFF)
        if is_only_unknown(key):
            continue
        by, _colon, because = text.partition(": ")
        there = known.switched_off.get(key)
        same = there is not None and (there.by, there.because) == (by, because)
        off[key] = there if there and same else SwitchedOff(by, because, timezone.now())
    selectors = tuple((fields["selectors"] or "").split(", ")) if fields["selectors"] else ()
    return DomainSettings(fields["role"] or "", selectors, off)


def _own_row(actor: Actor, domain: str) -> Domain:
    row: Domain = locked_row(Domain, domain)
    if not actor.may_touch(row.domain):
        raise PermissionDenied
    return row


def _write(actor: Actor, row: Domain, before: DomainSettings, after: DomainSettings) -> None:
    if as_logged(before) == as_logged(after):
        return
    entry = record(
        actor=actor,
        action=ACTION,
        object_type=KIND,
        key=row.domain,
        domain=row.domain.lower(),
        before=as_logged(before),
        after=as_logged(after),
    )
    off = {
        key: {
            "by": one.by,
            "because": one.because,
            "since": (one.since or timezone.now()).isoformat(),
        }
        for key, one in after.switched_off.items()
    }
    values: dict[str, Any] = {
        "row_key": row.domain,
        "role": after.role,
        "selectors": list(after.selectors),
        "switched_off": off,
        "entry": entry.pk,
    }
    DnsSettings.objects.update_or_create(domain=stored_name(row.domain), defaults=values)


def _selectors(given: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.strip().lower() for text in given if text.strip()))


def _checked(role: str, selectors: Iterable[str], off: Mapping[str, str]) -> dict[str, str]:
    """The reasons, tidied; refuses what cannot be."""
    findings = Findings()
    if role not in Role.values:
        findings.refuse("role", "role", _("There is no such role."))
    names = _selectors(selectors)
    for name in names:
        if not is_selector(name):
            findings.refuse(
                "selectors",
                "selector",
                _("“%(name)s” cannot be a selector: letters, digits and hyphens make one."),
                name=name,
            )
    if len(names) > MOST_SELECTORS:
        findings.refuse(
            "selectors", "too_many", _("At most %(most)s selectors."), most=MOST_SELECTORS
        )
    reasons = {}
    for key, text in off.items():
        reasons[key] = " ".join(text.split())
        _check_off(findings, key, reasons[key])
    findings.settle(force=False)
    return reasons


def _check_off(findings: Findings, key: str, because: str) -> None:
    field = OFF + key
    if key not in CATALOGUE and key not in BY_NAME:
        findings.refuse(field, "no_such_check", _("There is no check “%(key)s”."), key=key)
    elif is_only_unknown(key):
        findings.refuse(
            field,
            "only_unknown",
            _("“%(key)s” says that nobody could tell, which cannot be switched off."),
            key=key,
        )
    elif key in REQUIRED_FAMILIES:
        findings.refuse(
            field,
            "required",
            _(
                "Mail depends on “%(key)s”, so that it cannot be switched off as a whole: "
                "switch off single findings of it."
            ),
            key=key,
        )
    elif not because:
        findings.refuse(field, "no_reason", _("Say why “%(key)s” is switched off."), key=key)
    elif len(because) > LONGEST_REASON or not because.isprintable():
        findings.refuse(
            field,
            "reason",
            _("The reason for “%(key)s” is one line of at most %(most)s characters."),
            key=key,
            most=LONGEST_REASON,
        )
