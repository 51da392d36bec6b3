"""The shadow row of a mailbox owner: found, made, and thrown away with its mailbox.

An address that is deleted, also by SQL, and later given to somebody else starts as a stranger:
sessions, second factor, recovery address and settings hang on the shadow row, and that goes as
soon as the mailbox's identity is another one (`mailboxes.records`).
"""

from __future__ import annotations

from django.db import transaction

from accounts.models import Kind, User
from mailboxes.models import Mailbox
from mailboxes.records import confirm, forget_records, is_confirmed, record_of


@transaction.atomic
def owner_of(mailbox: Mailbox) -> User:
    """The shadow row of this mailbox's owner, made anew if the mailbox is another one now."""
    record = record_of(mailbox)
    user = User.objects.filter(username=mailbox.email, kind=Kind.MAILBOX_OWNER).first()
    if user is not None and user.identity == record.identity:
        return user
    if user is not None:
        user.delete()
    return User.objects.create(
        username=mailbox.email, kind=Kind.MAILBOX_OWNER, identity=record.identity
    )


def is_still_owner(user: User) -> bool:
    """Whether a session's owner still has his mailbox; if it is gone, all of him goes with it."""
    mailbox = user.mailbox
    if mailbox is None:
        with transaction.atomic():
            forget_records([user.username])
            user.delete()
        return False
    if record_of(mailbox).identity == user.identity:
        return True
    user.delete()
    return False


def factors_suspended(user: User) -> bool:
    """Whether the stored hash was written by somebody else than the panel, and not confirmed yet.

    Then passkeys, authenticator and recovery address may be a former owner's: they open nothing,
    and stand in nobody's way, until the owner or an operator confirms them.
    """
    mailbox = user.mailbox
    return mailbox is not None and not is_confirmed(mailbox)


def is_surely_the_same(user: User) -> bool:
    """Whether this operator, or owner, is beyond doubt the one whom the row was made for."""
    return user.is_operator or (is_still_owner(user) and not factors_suspended(user))


def confirm_owner(user: User) -> None:
    """The passkeys, authenticator and recovery address are this owner's after all."""
    if user.mailbox is not None:
        confirm(user.mailbox)
