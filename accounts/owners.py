"""The shadow row of a mailbox owner: found, made, and thrown away with its mailbox.

An address that is deleted, also by SQL, and later given to somebody else starts as a stranger:
sessions, second factor, recovery address and settings hang on the shadow row, and that goes as
soon as the mailbox's identity is another one (`mailboxes.records`).

One rule for addresses, whatever letters are capitals: which mailbox somebody means is told by the
table `users`, as it compares (`by_key`); and a mailbox's shadow row has its address as it is
stored, letter by letter. So nothing here asks the panel's own tables for an address that somebody
typed: they may tell capitals apart where `users` does not, and the other way round.
"""

from __future__ import annotations

from django.db import transaction

from accounts.models import Kind, User
from mailboxes.models import Mailbox
from mailboxes.records import confirm, forget_records, is_confirmed, record_of
from mailkit.addresses import lowered


def shadow_of(mailbox: Mailbox) -> User | None:
    """The shadow row of this very mailbox; None if its owner has not signed in yet."""
    rows = User.objects.filter(username=mailbox.email, kind=Kind.MAILBOX_OWNER)
    # This table may be blind to case where `users` is not: the other's owner is somebody else.
    return next((one for one in rows if one.username == mailbox.email), None)


def person_of(name: str) -> User | None:
    """The operator of this name, or the owner of the mailbox with this address, as typed."""
    name = name.strip()
    if "@" in name:
        mailbox = Mailbox.objects.by_key(name)
        return None if mailbox is None else shadow_of(mailbox)
    rows = User.objects.operators().filter(username=lowered(name))
    return next((one for one in rows if one.username == lowered(name)), None)


@transaction.atomic
def owner_of(mailbox: Mailbox) -> User:
    """The shadow row of this mailbox's owner, made anew if the mailbox is another one now."""
    record = record_of(mailbox)
    user = shadow_of(mailbox)
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
