"""After a password change outside the panel: is the owner still the same?

Until somebody says so, passkeys, authenticator and recovery address open nothing
(`accounts.owners.factors_suspended`). The owner with the present password, or an operator, either
confirms them or removes them all.
"""

from __future__ import annotations

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.in_log import log_owner
from accounts.links import forget_links
from accounts.models import Kind, Purpose, User
from accounts.owners import confirm_owner, factors_suspended, owner_of, shadow_of
from audit.actor import Actor
from audit.refusals import Refused
from audit.transaction import service
from domains.services import locked_row
from mailboxes.models import Mailbox
from mailkit.addresses import domain_of


def check_own_password(*, actor: Actor, password: str) -> None:
    """Raises Refused unless it is the present password of this owner."""
    user = User.objects.filter(username=actor.name, kind=Kind.MAILBOX_OWNER).first()
    if user is None or not user.check_password(password):
        raise Refused({"password": [ValidationError(_("This is not your password."), "password")]})


@service
def confirm_factors(*, actor: Actor, email: str) -> None:
    """They are this owner's. Of an owner `check_own_password` must have been asked before.

    Raises PermissionDenied, Mailbox.DoesNotExist.
    """
    user = _owner(actor, email)
    if user is None or not factors_suspended(user):
        return
    log_owner(actor, "confirm_owner", email, {"factors": "suspended"}, {"factors": "confirmed"})
    confirm_owner(user)


@service
def remove_factors(*, actor: Actor, email: str) -> User:
    """They are a former owner's: all that hangs on him goes, his sessions too.

    Gives the row of the owner, who starts as a stranger. Raises PermissionDenied,
    Mailbox.DoesNotExist.
    """
    user = _owner(actor, email)
    mailbox = _mailbox(email)
    if user is not None:
        log_owner(actor, "remove_factors", email, None, {"factors": "removed"})
        forget_links(mailbox.email, *Purpose)
        user.delete()
    new = owner_of(mailbox)
    confirm_owner(new)
    return new


def _owner(actor: Actor, email: str) -> User | None:
    mailbox = _mailbox(email)
    own = actor.is_mailbox_owner and actor.name == mailbox.email
    if not own and not (actor.is_operator and actor.may_touch(domain_of(mailbox.email))):
        raise PermissionDenied
    return shadow_of(mailbox)


def _mailbox(email: str) -> Mailbox:
    mailbox: Mailbox = locked_row(Mailbox, email)
    return mailbox
