"""Writing virtual domains and transports: each function checks, writes and logs in one go.

Deleting a domain with what hangs on it is a service of `mailboxes`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.kept import keep
from audit.log import record, record_change
from audit.refusals import ChangedMeanwhile, Findings, Refused
from audit.transaction import service
from domains.checks import DomainRows, check_transport, check_width
from domains.locks import guard
from domains.models import Domain, Transport
from domains.postfix import services_of_postfix
from domains.state import state_of
from domains.words import as_validation_error
from mailkit.addresses import AddressError, domain_of, lowered, parse_domain
from mailkit.postfix.transports import TransportError, parse_transport, parse_transport_key
from mailkit.tables import content as tables


def must_be_in(actor: Actor, domain_name: str, field: str, findings: Findings) -> None:
    """Refuse a source or key outside the actor's domains."""
    if not actor.may_touch(domain_name):
        findings.refuse(
            field,
            "outside_domains",
            _("“%(domain)s” is not one of the domains you manage."),
            domain=domain_name or "*",
        )


def taken(field: str, key: str) -> Refused:
    """The refusal of a key that stands in the table already."""
    return Refused(
        {field: [ValidationError(_("“%(key)s” exists already."), "duplicate", {"key": key})]}
    )


def refuse_taken(findings: Findings, field: str, key: str) -> None:
    """Refuse a key that stands in the table already, beside what else there is to say."""
    findings.refusals.setdefault(field, []).extend(taken(field, key).error_dict[field])


def insert_row(model: Any, field: str, values: dict[str, str]) -> None:
    """INSERT one row; a key that somebody else took in this moment is refused, not an error.

    So is a table that takes no row of these columns alone (`column.required` of mailtables check).
    """
    try:
        with transaction.atomic():
            model.objects.create(**values)
    except IntegrityError as error:
        if model.objects.filter(pk=values[field]).exists():
            raise taken(field, values[field]) from error
        raise _not_accepted(field, model._meta.db_table) from error


def insert_rows(model: Any, rows: Sequence[Mapping[str, str]]) -> None:
    """INSERT rows, some hundred in a statement. Raises IntegrityError for any of them."""
    table = model._meta.db_table
    connection.ensure_connection()
    with connection.wrap_database_errors:
        raw = connection.connection
        tables.insert(raw, tables.content(raw, connection.vendor, table), rows)


def _not_accepted(field: str, table: str) -> Refused:
    words = _(
        "The table %(table)s does not accept this row: somebody gave it a column that must be "
        "filled, or another rule of its own. Nothing was saved. See: %(command)s"
    )
    params = {"table": table, "command": "python manage.py mailtables check"}
    return Refused({field: [ValidationError(words, "not_accepted", params)]})


@service
def create_domain(*, actor: Actor, domain: str, force: bool = False) -> Domain:
    """Make a virtual domain. Raises Refused; PermissionDenied for a domain admin."""
    if not actor.touches_everything:
        raise PermissionDenied
    findings = Findings()
    name = check_new_domain(findings, domain)
    findings.settle(force=force)
    guard(Domain)
    if Domain.objects.by_key(name) is not None:
        raise taken("domain", name)
    record(
        actor=actor,
        action="create_domain",
        object_type="domain",
        key=name,
        domain=name,
        after={"domain": name},
        kept=keep("domain", None, {"domain": name}),
    )
    insert_row(Domain, "domain", {"domain": name})
    return Domain(domain=name)


def check_new_domain(findings: Findings, domain: str) -> str:
    """The name, as it is stored, of a virtual domain that would be made; and what it lacks."""
    try:
        name = parse_domain(domain)
    except AddressError as error:
        findings.refusals["domain"] = [as_validation_error(error)]
        return domain
    check_width(findings, "domain", "domains", "domain", name)
    return name


@service
def create_transport(
    *, actor: Actor, domain: str, transport: str, force: bool = False
) -> Transport:
    """Make a transport. `domain` is its key. Raises Refused or NeedsConfirmation."""
    key, value = _checked(actor, domain, transport, force=force)
    guard(Transport)
    if Transport.objects.by_key(key) is not None:
        raise taken("domain", key)
    row = {"domain": key, "transport": value}
    record(
        actor=actor,
        action="create_transport",
        object_type="transport",
        key=key,
        domain=domain_of_key(key),
        after=row,
        kept=keep("transport", None, row),
    )
    insert_row(Transport, "domain", row)
    return Transport(domain=key, transport=value)


@service
def change_transport(
    *,
    actor: Actor,
    key: str,
    transport: str,
    domain: str | None = None,
    force: bool = False,
    state: str | None = None,
) -> Transport:
    """Give the transport stored under `key` another value and, with `domain`, another key.

    A key that is kept is not checked again: rows that SQL made can be mended whatever it is.
    Raises Refused, NeedsConfirmation, ChangedMeanwhile; Transport.DoesNotExist.
    """
    row: Transport = locked_row(Transport, key)
    if not actor.may_touch(domain_of_key(row.domain)):
        raise PermissionDenied
    before = {"domain": row.domain, "transport": row.transport}
    if state is not None and state != state_of(before):
        raise changed_meanwhile(before)
    new_key, value = _checked(
        actor, row.domain if domain is None else domain, transport, kept=row.domain, force=force
    )
    if new_key != row.domain:
        other = Transport.objects.by_key(new_key)
        if other is not None and other.pk != row.pk:
            raise taken("domain", new_key)
    after = {"domain": new_key, "transport": value}
    if after == before:
        return row
    record_change(
        actor=actor,
        object_type="transport",
        key=new_key,
        former_key=row.domain,
        domain=domain_of_key(new_key),
        former_domain=domain_of_key(row.domain),
        before=before,
        after=after,
    )
    Transport.objects.filter(pk=row.pk).update(**after)
    return Transport(**after)


@service
def delete_transport(*, actor: Actor, key: str) -> None:
    """Delete the transport stored under `key`. Raises Transport.DoesNotExist."""
    row = locked_row(Transport, key)
    if not actor.may_touch(domain_of_key(row.domain)):
        raise PermissionDenied
    record(
        actor=actor,
        action="delete_transport",
        object_type="transport",
        key=row.domain,
        domain=domain_of_key(row.domain),
        before={"domain": row.domain, "transport": row.transport},
        kept=keep("transport", row.domain, None),
    )
    Transport.objects.filter(pk=row.pk).delete()


def locked_row(model: Any, key: str) -> Any:
    """The row of this key, locked until the transaction ends. Raises DoesNotExist."""
    guard(model)
    row = model.objects.select_for_update().by_key(key)
    if row is None:
        raise model.DoesNotExist(key)
    return row


def changed_meanwhile(current: dict[str, str]) -> ChangedMeanwhile:
    """The refusal of a form whose row somebody else has changed since it was opened."""
    return ChangedMeanwhile(
        _(
            "Somebody changed this row while the form was open. Nothing was saved: compare what "
            "stands there now with what you typed, then save again to keep yours."
        ),
        current,
    )


def domain_of_key(key: str) -> str:
    """The domain a transport's key belongs to: of `a@d` and of `d` it is d; of `*` it is ""."""
    if key == "*":
        return ""
    return lowered(domain_of(key) if "@" in key else key)


def judge_transport(*, actor: Actor, row: Transport, transport: str) -> tuple[str, Findings]:
    """(the value as it would be stored, what speaks against giving it to this row). Only looks."""
    findings = Findings()
    _key, value = check_transport_row(findings, actor, row.domain, transport, kept=row.domain)
    return value, findings


def _checked(
    actor: Actor, domain: str, transport: str, *, kept: str | None = None, force: bool
) -> tuple[str, str]:
    findings = Findings()
    found = check_transport_row(findings, actor, domain, transport, kept=kept)
    findings.settle(force=force)
    return found


def check_transport_row(
    findings: Findings,
    actor: Actor,
    domain: str,
    transport: str,
    *,
    kept: str | None = None,
    tables: DomainRows | None = None,
) -> tuple[str, str]:
    """(key, value), as they are stored, of a transport that would be written; and what speaks
    against it. `kept`: the key it has already, which is not checked again."""
    key, value = domain, transport
    if domain != kept:
        try:
            key = parse_transport_key(domain)
        except (AddressError, TransportError) as error:
            findings.refusals["domain"] = [as_validation_error(error)]
    try:
        value = str(parse_transport(transport, services_of_postfix()))
    except (AddressError, TransportError) as error:
        findings.refusals["transport"] = [as_validation_error(error)]
    if "domain" not in findings.refusals:
        must_be_in(actor, domain_of_key(key), "domain", findings)
        check_width(findings, "domain", "transport", "domain", key)
        check_transport(findings, key, value, tables)
    check_width(findings, "transport", "transport", "transport", value)
    return key, value
