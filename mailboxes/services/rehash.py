"""Moving weak hashes to the chosen scheme: at a sign-in the panel knows the password.

So a server can leave DES and MD5 behind without asking anybody for a new password.
"""

from __future__ import annotations

import logging
from functools import lru_cache

from django.conf import settings
from django.db import DatabaseError

from audit.actor import Actor
from audit.transaction import service
from domains.schema import too_wide
from domains.services import locked_row
from mailboxes.models import Mailbox
from mailboxes.passwords import hashed, label, scheme
from mailboxes.services.mailboxes import write_hash
from mailkit.passwords import (
    PasswordError,
    check_password,
    hash_width,
    judge,
    needs_rehash,
    normalise,
    verify,
)

logger = logging.getLogger(__name__)


def rehash_password(*, actor: Actor, mailbox: Mailbox, password: str) -> Mailbox:
    """Write the hash of a password that fits the stored one anew, where that one is weak or old.

    Gives the mailbox as it stands now. Nothing happens where MAILADMIN_UPGRADE_HASHES is off, the
    mailbox is suspended, or the chosen scheme cannot take the password or the column its hash:
    the sign-in goes on in any case.
    """
    if not settings.MAILADMIN.upgrade_hashes or not _is_worth_it(mailbox.password):
        return mailbox
    # What is hashed is composed (NFC). A mail program that sends another form goes on doing so.
    if not verify(normalise(password), mailbox.password):
        return mailbox
    width = too_wide("users", "password", "x" * hash_width(scheme(), _cost()))
    if width is not None:
        _say_too_narrow(width)
        return mailbox
    try:
        check_password(password, scheme())
    except PasswordError as error:
        _say_not_taken(mailbox.email, error.code)
        return mailbox
    try:
        return _rehash(actor, mailbox, hashed(password))
    except (DatabaseError, Mailbox.DoesNotExist) as error:
        # Its text may hold the row.
        logger.error("A weak hash could not be written anew: %s", type(error).__name__)
        return mailbox


@service
def _rehash(actor: Actor, mailbox: Mailbox, new: str) -> Mailbox:
    row: Mailbox = locked_row(Mailbox, mailbox.email)
    if row.password == mailbox.password:
        write_hash(actor, row, new, "rehash", label(new))
    return row


def _is_worth_it(stored: str | None) -> bool:
    found = judge(stored)
    if found.locked or not found.verifiable:
        return False
    if found.weak or found.refused_by_dovecot_24:
        return True
    # A sound hash of another scheme may be stronger than what the panel would write.
    return found.scheme == scheme().value and needs_rehash(stored, scheme(), _cost())


def _cost() -> int | None:
    return settings.MAILADMIN.password_cost


# Each once in a process: it would be the same at every sign-in.


@lru_cache(maxsize=8)
def _say_too_narrow(width: int) -> None:
    logger.warning(
        "Weak hashes stay as they are: users.password holds only %s characters. "
        "Widen it with: python manage.py mailtables upgrade",
        width,
    )


@lru_cache(maxsize=1024)
def _say_not_taken(email: str, code: str) -> None:
    logger.warning(
        "The weak hash of %s stays: %s cannot take the password (%s)", email, scheme(), code
    )
