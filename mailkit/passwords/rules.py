"""What a password may be before it is hashed; nothing is ever cut or dropped from it."""

from __future__ import annotations

import unicodedata

from mailkit.passwords.schemes import PASSWORD_LIMITS, Scheme


class PasswordError(ValueError):
    """A password that cannot be set.

    `code` is one of password.empty, password.control, password.unencodable and
    password.too_long; `params` of the last are `length` and `limit` (bytes) and `scheme`.
    Neither holds the password.
    """

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def normalise(password: str) -> str:
    """The password in Unicode's NFC, as it is hashed.

    Dovecot compares bytes: "é" typed as one character and as e with an accent are two
    passwords to it. Nearly every keyboard sends NFC.
    """
    return unicodedata.normalize("NFC", password)


def check_password(password: str, scheme: Scheme) -> None:
    """Raise PasswordError if `scheme` cannot take this password.

    A password that looks like a stored value (`{PLAIN}x`, `$6$...`) is a password like any other.
    """
    prepared(password, scheme)


def prepared(password: str, scheme: Scheme) -> bytes:
    """The bytes to hash: NFC, UTF-8. Raises PasswordError."""
    if not password:
        raise PasswordError("password.empty")
    try:
        secret = normalise(password).encode()
    except UnicodeEncodeError:  # half a surrogate pair, which UTF-8 has no bytes for
        raise PasswordError("password.unencodable") from None
    # Dovecot refuses some of them at sign-in even when the hash fits ("password having illegal
    # chars"), NUL ends a C string, and nobody can see the others.
    if any(unicodedata.category(char) == "Cc" for char in password):
        raise PasswordError("password.control")
    limit = PASSWORD_LIMITS[scheme]
    if len(secret) > limit:
        raise PasswordError(
            "password.too_long", length=len(secret), limit=limit, scheme=scheme.value
        )
    return secret
