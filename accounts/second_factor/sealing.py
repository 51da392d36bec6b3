"""Keeps the secrets of authenticator apps unreadable to whoever reads the database alone.

The panel often shares its database with the mail server and a webmail. The key comes from
SECRET_KEY, so another SECRET_KEY makes the secrets unreadable: authenticators are set up anew then.
"""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac


class SealError(Exception):
    """The text was sealed with another SECRET_KEY, or is damaged."""


def seal(text: str) -> str:
    """The text, readable with SECRET_KEY only."""
    return _fernet().encrypt(text.encode()).decode("ascii")


def unseal(sealed: str) -> str:
    """The text that `seal` got. Raises SealError."""
    try:
        return _fernet().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise SealError from error


def _fernet() -> MultiFernet:
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet([Fernet(_derived(str(key))) for key in keys])


def _derived(key: str) -> bytes:
    digest = salted_hmac(
        "accounts.second_factor.sealing", "", secret=key, algorithm="sha256"
    ).digest()
    return base64.urlsafe_b64encode(digest)
