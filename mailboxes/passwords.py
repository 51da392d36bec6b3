"""A typed password on its way to a hash: what it may be, and the chosen scheme and cost."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from audit.refusals import Findings
from domains.words import words_for
from mailkit.passwords import (
    Judgement,
    PasswordError,
    Scheme,
    check_password,
    hash_password,
    is_too_dear,
    judge,
)

# Shorter ones are all tried within minutes, whatever they say.
SHORTEST = 6
_common = CommonPasswordValidator()


def scheme() -> Scheme:
    """The scheme that new passwords are written in."""
    return settings.MAILADMIN.password_scheme


def judge_password(findings: Findings, password: str, field: str = "password") -> None:
    """Refuse what the scheme cannot take; warn of what anybody would guess."""
    try:
        check_password(password, scheme())
    except PasswordError as error:
        findings.refuse(field, error.code, words_for(error.code, error.params))
        return
    if is_common(password):
        findings.warn(
            field,
            "password.common",
            _("This password is among the first that attackers try. Choose another one."),
        )


def is_common(password: str) -> bool:
    """Whether the password is very short or on the list of the 20,000 most used ones."""
    if len(password) < SHORTEST:
        return True
    try:
        _common.validate(password)
    except ValidationError:
        return True
    return False


def hashed(password: str) -> str:
    """`{SCHEME}hash` by the chosen scheme and cost. Raises PasswordError."""
    return hash_password(password, scheme(), settings.MAILADMIN.password_cost)


def label(stored: str | None) -> str:
    """What the change log may say of a stored hash: its scheme, and whether it is locked."""
    return _label(judge(stored))


def _label(found: Judgement) -> str:
    name = f"{{{found.scheme}}}" if found.scheme else "unknown"
    return f"{name}, locked" if found.locked else name


def judge_hash(findings: Findings, stored: str, field: str = "password_hash") -> str:
    """Refuse a ready hash with which nobody, or everybody, could sign in; warn of a weak one.

    Gives its `label`.
    """
    found = judge(stored)
    if found.empty or found.opens_to_empty:
        findings.refuse(field, "hash.empty", _("There is no hash."))
    elif found.unknown:
        findings.refuse(
            field,
            "hash.unknown",
            _("Dovecot does not know the scheme of this hash: nobody could sign in with it."),
        )
    elif found.truncated:
        findings.refuse(
            field, "hash.truncated", _("This hash is cut off: no password would fit it.")
        )
    elif found.malformed:
        findings.refuse(
            field,
            "hash.malformed",
            _(
                "This is not what its scheme writes. A plain password belongs into a column "
                "“password”, and a bare hash of ARGON2 needs {ARGON2ID} in front."
            ),
        )
    elif is_too_dear(stored):
        findings.refuse(
            field,
            "hash.too_dear",
            _(
                "This hash is so dear that the mail server would work many seconds at each attempt "
                "to sign in. Set a new password, or hash it at a lower cost."
            ),
        )
    elif found.weak or found.heavy or found.refused_by_dovecot_24:
        findings.warn(
            field,
            "hash.weak",
            _(
                "This hash is of a weak scheme (%(scheme)s), or one that Dovecot may refuse: "
                "whoever gets hold of the table finds the password quickly."
            ),
            scheme=_label(found),
        )
    return _label(found)
