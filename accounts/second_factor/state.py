"""Who has a second factor, whether it counts right now, and who must have one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings

from accounts.models import User
from accounts.owners import factors_suspended
from accounts.second_factor.models import Authenticator, Passkey, RecoveryCode


class Required(StrEnum):
    """Who must have a second factor: MAILADMIN_REQUIRE_SECOND_FACTOR."""

    NO = "no"
    SUPERADMINS = "superadmins"
    OPERATORS = "operators"


@dataclass(frozen=True)
class Factors:
    """What somebody has. `suspended`: it opens nothing and stands in nobody's way."""

    authenticator: bool
    passkeys: int
    recovery_codes: int
    suspended: bool

    @property
    def any(self) -> bool:
        """Whether there is a factor; recovery codes alone are none."""
        return self.authenticator or self.passkeys > 0

    @property
    def count(self) -> bool:
        """Whether a sign-in by password needs the second step."""
        return self.any and not self.suspended


def factors_of(user: User) -> Factors:
    """What this operator or mailbox owner has."""
    return Factors(
        authenticator=Authenticator.objects.filter(user=user).exists(),
        passkeys=Passkey.objects.filter(user=user).count(),
        recovery_codes=RecoveryCode.objects.filter(user=user).count(),
        suspended=second_factor_suspended(user),
    )


def second_factor_suspended(user: User) -> bool:
    """Whether the factors may be a former owner's: the mailbox's hash was written elsewhere.

    Asking for them would lock a new owner out, taking them would let the former one in. So the
    password alone counts until the owner or an operator says whose they are.
    """
    return not user.is_operator and factors_suspended(user)


def nobody_must_have_one() -> bool:
    """Whether the setting asks nobody for a second factor."""
    return Required(settings.MAILADMIN.require_second_factor) is Required.NO


def must_have_one(user: User) -> bool:
    """Whether the setting asks this person for a second factor."""
    if nobody_must_have_one() or not user.is_operator:
        return False
    required = Required(settings.MAILADMIN.require_second_factor)
    return user.is_superadmin or required is Required.OPERATORS


def must_set_up(user: User) -> bool:
    """Whether he must set one up before he may do anything else."""
    return must_have_one(user) and not factors_of(user).any
