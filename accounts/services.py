"""Writing operators: each function checks, writes and logs in one transaction."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.in_log import log_operator
from accounts.models import Grant, Kind, User, operator_name
from audit.actor import Actor
from audit.kept import oldest
from audit.models import Entry
from audit.refusals import Findings, Refused
from audit.transaction import service
from domains.checks import check_domain_exists
from domains.models import Domain
from domains.words import as_validation_error, words_for
from mailkit.addresses import AddressError, parse_domain


def _superadmin_only(actor: Actor) -> None:
    if not actor.touches_everything:
        raise PermissionDenied


def _operator(name: str) -> User:
    """Raises User.DoesNotExist."""
    return User.objects.select_for_update().get(username=name.lower(), kind=Kind.OPERATOR)


def _another_superadmin_stays(user: User) -> None:
    others = User.objects.operators().filter(is_superadmin=True, is_active=True).exclude(pk=user.pk)
    if user.is_superadmin and not others.exists():
        raise Refused(
            {
                "__all__": [
                    ValidationError(
                        _("“%(name)s” is the last superadmin who can sign in; make another first."),
                        "last_superadmin",
                        {"name": user.username},
                    )
                ]
            }
        )


def check_operator_password(password: str, *, force: bool = False) -> None:
    """Raises Refused for an empty password, NeedsConfirmation for a weak one without `force`."""
    findings = Findings()
    if not password:
        findings.refuse("password", "password.empty", words_for("password.empty"))
    else:
        try:
            validate_password(password)
        except ValidationError as error:
            findings.warnings["password"] = error.error_list
    findings.settle(force=force)


# What the columns hold on each database.
LARGEST_LIMIT = 2_000_000_000


@service
def create_operator(
    *, actor: Actor, name: str, password: str, superadmin: bool = False, force: bool = False
) -> User:
    """Make an operator. Raises Refused."""
    _superadmin_only(actor)
    name = name.strip().lower()
    try:
        operator_name(name)
    except ValidationError as error:
        raise Refused({"username": [error]}) from error
    check_operator_password(password, force=force)
    if User.objects.filter(username=name).exists():
        raise Refused(
            {
                "username": [
                    ValidationError(
                        _("There is an operator “%(name)s” already."), "duplicate", {"name": name}
                    )
                ]
            }
        )
    user = User(username=name, kind=Kind.OPERATOR, is_superadmin=superadmin)
    user.set_password(password)
    role = "superadmin" if superadmin else "domain admin"
    log_operator(actor, "create_operator", user, after={"username": name, "role": role})
    user.save(force_insert=True)
    return user


@service
def add_operator(
    *,
    actor: Actor,
    name: str,
    password: str,
    superadmin: bool,
    domains: Iterable[str],
    max_mailboxes: int | None = None,
    max_forwardings: int | None = None,
    force: bool = False,
) -> User:
    """Make an operator with role, domains and limits. Raises Refused, NeedsConfirmation."""
    user = create_operator(
        actor=actor, name=name, password=password, superadmin=superadmin, force=force
    )
    return change_operator(
        actor=actor,
        name=user.username,
        superadmin=superadmin,
        domains=domains,
        max_mailboxes=max_mailboxes,
        max_forwardings=max_forwardings,
        force=force,
    )


@service
def set_operator_password(*, actor: Actor, name: str, password: str, force: bool = False) -> User:
    """Set an operator's password, which ends his sessions. Raises Refused, User.DoesNotExist."""
    _superadmin_only(actor)
    user = _operator(name)
    check_operator_password(password, force=force)
    user.set_password(password)
    log_operator(actor, "set_operator_password", user, {"password": "set"}, {"password": "changed"})
    user.save(update_fields=["password"])
    return user


@service
def change_own_operator_password(
    *, actor: Actor, old_password: str, password: str, force: bool = False
) -> User:
    """An operator changes his own password and proves the old one. Raises Refused."""
    if not actor.is_operator:
        raise PermissionDenied
    user = _operator(actor.name)
    if not user.check_password(old_password):
        raise Refused(
            {
                "old_password": [
                    ValidationError(_("This is not your present password."), "old_password")
                ]
            }
        )
    check_operator_password(password, force=force)
    user.set_password(password)
    log_operator(actor, "change_own_password", user, {"password": "set"}, {"password": "changed"})
    user.save(update_fields=["password"])
    return user


@service
def set_operator_active(*, actor: Actor, name: str, active: bool) -> User:
    """Disable an operator, which ends his sessions, or enable him again."""
    _superadmin_only(actor)
    user = _operator(name)
    if user.is_active == active:
        return user
    if not active:
        _another_superadmin_stays(user)
    log_operator(
        actor,
        "enable_operator" if active else "disable_operator",
        user,
        {"active": str(not active)},
        {"active": str(active)},
    )
    user.is_active = active
    user.save(update_fields=["is_active"])
    return user


@service
def delete_operator(*, actor: Actor, name: str) -> None:
    """Delete an operator with his grants. Raises Refused for the last superadmin."""
    _superadmin_only(actor)
    user = _operator(name)
    _another_superadmin_stays(user)
    _take_all(actor, user)
    log_operator(actor, "delete_operator", user, {"username": user.username, **_role(user)}, None)
    user.delete()


@service
def change_operator(
    *,
    actor: Actor,
    name: str,
    superadmin: bool,
    domains: Iterable[str] | None,
    max_mailboxes: int | None = None,
    max_forwardings: int | None = None,
    force: bool = False,
) -> User:
    """Set an operator's role, domains and limits, all at once.

    A superadmin keeps no grants: he may do everything. `domains` None: the grants stay as they are,
    for undo, which takes each of them back by itself. Raises Refused, User.DoesNotExist;
    NeedsConfirmation for a domain that has no row.
    """
    _superadmin_only(actor)
    user = _operator(name)
    if user.is_superadmin and not superadmin:
        _another_superadmin_stays(user)
    have = set(user.grants.in_force().values_list("domain", flat=True))
    if domains is None:
        wanted = sorted(have)
    else:
        wanted = [] if superadmin else list(dict.fromkeys(_domain_names(domains)))
    findings = Findings()
    for domain_name in wanted:
        if domain_name not in have:
            check_domain_exists(findings, "domains", domain_name)
    findings.settle(force=force)
    before = _role(user)
    user.is_superadmin = superadmin
    user.max_mailboxes = None if superadmin else max_mailboxes
    user.max_forwardings = None if superadmin else max_forwardings
    after = _role(user)
    if after != before:
        log_operator(actor, "change_operator", user, before, after)
        user.save(update_fields=["is_superadmin", "max_mailboxes", "max_forwardings"])
    revoke_domains(actor=actor, name=name, domains=sorted(have - set(wanted)))
    if superadmin and domains is not None:
        # Those of former domains, which undo might bring back, as well.
        _take_all(actor, user)
    grant_domains(actor=actor, name=name, domains=wanted)
    return user


def _role(user: User) -> dict[str, str | None]:
    return {
        "role": "superadmin" if user.is_superadmin else "domain admin",
        "max_mailboxes": None if user.max_mailboxes is None else str(user.max_mailboxes),
        "max_forwardings": None if user.max_forwardings is None else str(user.max_forwardings),
    }


@service
def grant_domains(*, actor: Actor, name: str, domains: Iterable[str]) -> list[str]:
    """Give a domain admin these domains; returns those that are new. Raises Refused.

    New is also what he has of a former domain of that name: it is given for the present one now.
    """
    _superadmin_only(actor)
    user = _operator(name)
    have = set(user.grants.in_force().values_list("domain", flat=True))
    new = [one for one in dict.fromkeys(_domain_names(domains)) if one not in have]
    there = {row.domain.lower() for row in Domain.objects.named(new)}
    for grant in user.grants.filter(domain__in=new):
        _take(actor, grant, former=True)
    for domain_name in new:
        entry = log_operator(actor, "grant_domain", user, None, {"grant": domain_name}, domain_name)
        given = {"since": entry.pk, "ahead": domain_name not in there}
        Grant.objects.create(user=user, domain=domain_name, **given)
    return new


@service
def revoke_domains(*, actor: Actor, name: str, domains: Iterable[str]) -> list[str]:
    """Take these domains from a domain admin; returns those that he had. Raises Refused.

    Also one of a former domain, which undo of the deletion would bring back.
    """
    _superadmin_only(actor)
    user = _operator(name)
    have = {grant.domain: grant for grant in user.grants.all()}
    former = set(user.grants.former())
    gone = [one for one in dict.fromkeys(_domain_names(domains)) if one in have]
    for domain_name in gone:
        _take(actor, have[domain_name], former=have[domain_name] in former)
    return gone


@service
def give_back_domain(*, actor: Actor, name: str, domain: str, revoked: Entry) -> None:
    """Take a revocation back: the grant is of the domain again that it had been given for.

    `revoked` is the entry of the revocation. Raises Refused.
    """
    _superadmin_only(actor)
    user = _operator(name)
    since = _given_by(user, domain, revoked)
    if since is None:
        # Given before the log began.
        grant_domains(actor=actor, name=name, domains=[domain])
        return
    given = {"since": since, "ahead": _was_awaited(domain, since)}
    grant, _made = Grant.objects.update_or_create(user=user, domain=domain, defaults=given)
    is_former = user.grants.former().filter(pk=grant.pk).exists()
    # As for revoking.
    log_operator(actor, "grant_domain", user, None, {"grant": domain}, "" if is_former else domain)


def _given_by(user: User, domain: str, revoked: Entry) -> int | None:
    """The entry by which the grant was given that this one took; not the undo of a revocation."""
    given = Entry.objects.about("operator", user.username).filter(action="grant_domain")
    before: Entry | None = revoked
    while before is not None:
        found = next(
            (
                one
                for one in given.filter(pk__lt=before.pk).order_by("-pk").iterator()
                if one.changes.get("grant", [None, None])[1] == domain
            ),
            None,
        )
        if found is None or found.undoes_id is None:
            return None if found is None else found.pk
        before = Entry.objects.filter(pk=found.undoes_id).first()
    return None


def _was_awaited(domain: str, since: int) -> bool:
    """Whether there was no such domain at that entry: one is created as the next thing."""
    turn = Entry.objects.filter(turn=domain, pk__gt=since).order_by("pk").first()
    if turn is None:
        return not Domain.objects.named([domain]).exists()
    return bool(turn.changes.get("domain", ["", ""])[0] is None)


@service
def forget_former_grants(*, actor: Actor) -> int:
    """Delete the grants of former domains that undo cannot bring back; returns their number.

    Call it before anything of the log goes that tells them from others.
    """
    lost = list(Grant.objects.former_for_good(oldest()).select_related("user"))
    for grant in lost:
        _take(actor, grant, former=True)
    return len(lost)


def _take_all(actor: Actor, user: User) -> None:
    former = set(user.grants.former())
    for grant in user.grants.order_by("domain"):
        _take(actor, grant, former=grant in former)


def _take(actor: Actor, grant: Grant, *, former: bool) -> None:
    # The present domain's admins need not know who managed a former one.
    domain = "" if former else grant.domain
    log_operator(actor, "revoke_domain", grant.user, {"grant": grant.domain}, None, domain)
    grant.delete()


def _domain_names(domains: Iterable[str]) -> list[str]:
    try:
        return [parse_domain(one) for one in domains]
    except AddressError as error:
        raise Refused({"domain": [as_validation_error(error)]}) from error
