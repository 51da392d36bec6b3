"""Writing second factors: each function checks, logs and writes in one transaction.

Whoever calls these for somebody's own factors has asked for the password within 15 minutes
(`audit.recent`). The log says that there is a factor, never what it is.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext_lazy as _

from accounts import throttle
from accounts.in_log import log_person
from accounts.models import Kind, User
from accounts.second_factor import totp
from accounts.second_factor.codes import digest_of, new_codes
from accounts.second_factor.models import NAME_LENGTH, Authenticator, Passkey, RecoveryCode
from accounts.second_factor.passkeys import NewPasskey
from accounts.second_factor.sealing import seal
from accounts.second_factor.state import factors_of, must_have_one
from accounts.sessions import end_session as delete_session
from accounts.sessions import end_sessions
from audit.actor import Actor
from audit.refusals import Refused
from audit.transaction import service
from mailkit.addresses import domain_of

# Nobody has more devices, and each is sent to the browser at the second step.
MOST_PASSKEYS = 20


@service
def set_up_authenticator(*, actor: Actor, secret: str, code: str, session_key: str) -> User:
    """An authenticator app that has proved itself with a number; a former one is replaced.

    Ends the other sessions if it is the first factor: they were begun without one. Raises Refused.
    """
    user = _changing_own(actor)
    step = totp.matching_step(secret, "".join(code.split()), after=0)
    if step is None:
        raise _refused(
            "code",
            "code",
            _("This is not the number that the app shows now. Is the clock of your device right?"),
        )
    first = not factors_of(user).any
    log_person(actor, "set_up_authenticator", user, None, {"authenticator": "set"})
    Authenticator.objects.filter(user=user).delete()
    Authenticator.objects.create(user=user, secret=seal(secret), last_step=step)
    if first:
        _forget_who_came_without(user, session_key)
    return user


def _forget_who_came_without(user: User, session_key: str) -> None:
    """Whoever signed in before there was a second factor may have known the password only."""
    end_sessions(user, keep=session_key)
    throttle.forget_places(user)


@service
def remove_authenticator(*, actor: Actor) -> None:
    """The authenticator app counts no more. Raises Refused for a last factor that is required."""
    user = _changing_own(actor)
    authenticator = Authenticator.objects.filter(user=user).first()
    if authenticator is None:
        return
    log_person(actor, "remove_authenticator", user, {"authenticator": "set"}, None)
    authenticator.delete()
    _after_removal(user)


@service
def add_passkey(*, actor: Actor, name: str, made: NewPasskey, session_key: str) -> Passkey:
    """A passkey that a device has made, under a name for people. Raises Refused."""
    user = _changing_own(actor)
    if user.passkeys.count() >= MOST_PASSKEYS:
        raise _refused("name", "too_many", _("These are enough passkeys: remove one first."))
    if Passkey.objects.filter(key=made.key).exists():
        raise _refused("__all__", "duplicate", _("This passkey is known already."))
    name = _checked_name(name)
    first = not factors_of(user).any
    log_person(actor, "add_passkey", user, None, {"passkey": name})
    passkey = Passkey.objects.create(
        user=user,
        name=name,
        key=made.key,
        credential=made.credential,
        handle=made.handle,
        rp_id=made.rp_id,
        counter=made.counter,
    )
    if first:
        _forget_who_came_without(user, session_key)
    return passkey


@service
def rename_passkey(*, actor: Actor, passkey_id: int, name: str) -> Passkey:
    """Another name for a passkey of one's own. Raises Refused, Passkey.DoesNotExist."""
    user = _changing_own(actor)
    passkey = user.passkeys.get(pk=passkey_id)
    name = _checked_name(name)
    if name != passkey.name:
        log_person(actor, "rename_passkey", user, {"passkey": passkey.name}, {"passkey": name})
        passkey.name = name
        passkey.save(update_fields=["name"])
    return passkey


@service
def remove_passkey(*, actor: Actor, passkey_id: int) -> None:
    """A passkey of one's own counts no more. Raises Refused, Passkey.DoesNotExist."""
    user = _changing_own(actor)
    passkey = user.passkeys.get(pk=passkey_id)
    log_person(actor, "remove_passkey", user, {"passkey": passkey.name}, None)
    passkey.delete()
    _after_removal(user)


@service
def make_recovery_codes(*, actor: Actor) -> list[str]:
    """New recovery codes; the former ones work no more. Raises Refused without a factor."""
    user = _changing_own(actor)
    if not factors_of(user).any:
        raise _refused("__all__", "no_factor", _("Set up an authenticator app or a passkey first."))
    log_person(actor, "make_recovery_codes", user, None, {"recovery_codes": "made"})
    codes = new_codes()
    user.recovery_codes.all().delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, digest=digest_of(user.pk, code)) for code in codes
    )
    return codes


@service
def reset_second_factor(*, actor: Actor, username: str) -> bool:
    """Take all factors from somebody who has lost them, and end his sessions; False: he had none.

    A superadmin may do it for anybody, a domain admin for owners of mailboxes in his domains.
    Raises User.DoesNotExist, PermissionDenied.
    """
    name = username.strip().lower()
    user = User.objects.select_for_update().filter(username=name).first()
    if user is None:
        raise User.DoesNotExist(name)
    allowed = actor.is_operator and (
        actor.touches_everything
        or (user.kind == Kind.MAILBOX_OWNER and actor.may_touch(domain_of(user.username)))
    )
    if not allowed:
        raise PermissionDenied
    found = factors_of(user)
    if not found.any and not found.recovery_codes:
        return False
    log_person(actor, "reset_second_factor", user, {"second_factor": "set"}, None)
    Authenticator.objects.filter(user=user).delete()
    user.passkeys.all().delete()
    user.recovery_codes.all().delete()
    end_sessions(user)
    return True


@service
def end_other_sessions(*, actor: Actor, session_key: str) -> int:
    """End all sessions of one's own but this one; gives how many there were."""
    user = _own(actor)
    ended = end_sessions(user, keep=session_key)
    if ended:
        log_person(actor, "end_sessions", user, None, {"sessions": str(ended)})
    return ended


@service
def end_session(*, actor: Actor, session_id: str) -> bool:
    """End one session of one's own, by `sessions.Shown.id`; False: it has ended already."""
    user = _own(actor)
    ended = delete_session(user, session_id)
    if ended:
        log_person(actor, "end_sessions", user, None, {"sessions": "1"})
    return ended


def _own(actor: Actor) -> User:
    """Raises PermissionDenied for who is nobody, a command say."""
    kind = Kind.MAILBOX_OWNER if actor.is_mailbox_owner else Kind.OPERATOR
    user = User.objects.select_for_update().filter(username=actor.name, kind=kind).first()
    if user is None:
        raise PermissionDenied
    return user


def _changing_own(actor: Actor) -> User:
    user = _own(actor)
    if factors_of(user).suspended:
        raise _refused(
            "__all__",
            "suspended",
            _("Your password was changed outside this panel: confirm first that you are the same."),
        )
    return user


def _after_removal(user: User) -> None:
    if factors_of(user).any:
        return
    if must_have_one(user):
        # The transaction goes back, and the factor stays.
        raise _refused(
            "__all__",
            "last_factor",
            _("A second factor is required here: add another one before you remove the last."),
        )
    user.recovery_codes.all().delete()


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise _refused("name", "name", _("Give it a name that tells you which device it is."))
    if len(name) > NAME_LENGTH:
        raise _refused("name", "name", _("At most 64 characters."))
    return name


def _refused(field: str, code: str, message: Any) -> Refused:
    return Refused({field: [ValidationError(message, code)]})
