"""Whether a typed code is somebody's: a number of his authenticator app, or a recovery code."""

from __future__ import annotations

import logging
from enum import StrEnum
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.second_factor import totp
from accounts.second_factor.codes import digest_of, looks_like_one
from accounts.second_factor.models import Authenticator, RecoveryCode
from accounts.second_factor.sealing import SealError, unseal

logger = logging.getLogger("mailadmin.auth")


class Method(StrEnum):
    """How somebody has proved who he is, as the change log says it."""

    PASSWORD = "password"  # noqa: S105 - a method, not a password
    PASSKEY = "passkey"
    TOTP = "totp"
    RECOVERY_CODE = "recovery_code"


METHOD_WORDS: Final = {
    Method.PASSWORD: _("password"),
    Method.PASSKEY: _("passkey"),
    Method.TOTP: _("authenticator app"),
    Method.RECOVERY_CODE: _("recovery code"),
}


def method_words(method: str) -> str:
    """A method as people call it; one that the log has from elsewhere as it stands there."""
    words = {one.value: words for one, words in METHOD_WORDS.items()}
    return str(words.get(method, method))


def method_of(text: str) -> Method:
    """Which kind of code this is meant to be."""
    return Method.RECOVERY_CODE if looks_like_one(text) else Method.TOTP


def use_code(user: User, text: str) -> bool:
    """Whether this is a code of the person's; it is used up by that.

    Of two who come with the same code at once only one gets through.
    """
    if method_of(text) is Method.RECOVERY_CODE:
        mine = RecoveryCode.objects.filter(user=user, digest=digest_of(user.pk, text))
        used, _by_model = mine.delete()
        return used == 1
    authenticator = Authenticator.objects.filter(user=user).first()
    if authenticator is None:
        return False
    step = _step(authenticator, text)
    if step is None:
        return False
    rows = Authenticator.objects.filter(pk=authenticator.pk, last_step__lt=step)
    return rows.update(last_step=step, used_at=timezone.now()) == 1


def _step(authenticator: Authenticator, text: str) -> int | None:
    try:
        secret = unseal(authenticator.secret)
    except SealError:
        logger.error(
            "The authenticator of %s cannot be read: SECRET_KEY is another one than when it was "
            "set up. Remove it with: python manage.py operator reset-second-factor NAME",
            authenticator.user.username,
        )
        return None
    return totp.matching_step(secret, "".join(text.split()), after=authenticator.last_step)
