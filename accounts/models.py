"""People who sign in: operators, and one shadow row for each mailbox owner who has signed in.

An operator's name has no @, a mailbox owner's is his address, so the two never collide. A mailbox
owner's password is not here: it is the hash in `users`, which the mail server reads.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.validators import RegexValidator
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.grant_querysets import GrantQuerySet
from accounts.second_factor.models import Authenticator, Passkey, RecoveryCode
from accounts.sign_in_models import KnownPlace, Session, SignInFailures
from audit.actor import Actor, ActorKind, Limits
from audit.models import Entry
from mailboxes.models import Mailbox
from mailkit.addresses import lowered
from mailkit.passwords import is_locked, verify

__all__ = [
    "Authenticator",
    "Grant",
    "Kind",
    "KnownPlace",
    "LinkRequest",
    "OneTimeLink",
    "Passkey",
    "Purpose",
    "Recovery",
    "RecoveryCode",
    "Session",
    "SignInFailures",
    "User",
    "UserManager",
    "operator_name",
]

operator_name = RegexValidator(
    r"\A[a-z0-9][a-z0-9._-]{0,63}\Z",
    _(
        "An operator's name has 1 to 64 lower-case letters, digits, dots, hyphens or underscores, "
        "and begins with a letter or digit."
    ),
    code="name",
)


class Kind(models.TextChoices):
    """What a row of `mailadmin_user` stands for."""

    OPERATOR = "operator", _("operator")
    MAILBOX_OWNER = "mailbox_owner", _("mailbox owner")


class UserManager(BaseUserManager["User"]):
    """Finds people by the name they sign in with."""

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username=lowered(username or ""))

    def operators(self) -> models.QuerySet[User]:
        """Superadmins and domain admins, by name."""
        return self.filter(kind=Kind.OPERATOR).order_by("username")


class User(AbstractBaseUser):
    """Somebody who signs in. `password` is used for operators only."""

    username = models.CharField(_("name"), max_length=254, unique=True)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.OPERATOR)
    is_superadmin = models.BooleanField(_("superadmin"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # Of a mailbox owner: the `identity` of the mailbox's record when he first signed in.
    identity = models.UUIDField(null=True, blank=True, editable=False)
    # Of a domain admin, over all his domains together; NULL: no limit.
    max_mailboxes = models.PositiveIntegerField(_("mailboxes at most"), null=True, blank=True)
    max_forwardings = models.PositiveIntegerField(_("forwardings at most"), null=True, blank=True)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = []

    objects = UserManager()

    class Meta:
        db_table = "mailadmin_user"
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return self.username

    @property
    def is_operator(self) -> bool:
        return self.kind == Kind.OPERATOR

    @cached_property
    def mailbox(self) -> Mailbox | None:
        """The owner's row of `users` as it is now, or None: deleted since, or an operator."""
        return None if self.is_operator else Mailbox.objects.by_key(self.username)

    @property
    def may_sign_in(self) -> bool:
        """False once an operator is disabled, or a mailbox suspended, deleted or without a hash."""
        if not self.is_active:
            return False
        if self.is_operator:
            return True
        mailbox = self.mailbox
        return bool(mailbox and mailbox.password and not is_locked(mailbox.password))

    def check_password(self, raw_password: str | None) -> bool:
        if self.is_operator:
            return super().check_password(raw_password)
        mailbox = self.mailbox
        return mailbox is not None and bool(verify(raw_password or "", mailbox.password))

    def has_usable_password(self) -> bool:
        if self.is_operator:
            return super().has_usable_password()
        return self.may_sign_in

    def _get_session_auth_hash(self, secret: Any = None) -> str:
        # Django asks for this at each request: a changed hash ends the sessions that knew the
        # old one, whoever changed it, be it by SQL.
        if self.is_operator:
            return super()._get_session_auth_hash(secret)  # type: ignore[misc,no-any-return]
        stored = (self.mailbox.password if self.mailbox else "") or ""
        return salted_hmac(
            "accounts.mailbox_owner.session", stored, secret=secret, algorithm="sha256"
        ).hexdigest()

    @property
    def is_staff(self) -> bool:
        """Whether Django admin lets him in: operators only, never a mailbox owner."""
        return self.is_operator and self.is_active

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Django admin's question. What rows he sees there is decided by `visible_to`."""
        return self.is_staff and (
            self.is_superadmin or perm.split(".", maxsplit=1)[0] in ADMIN_APPS
        )

    def has_perms(self, perm_list: list[str], obj: object = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_staff and (self.is_superadmin or app_label in ADMIN_APPS)

    def actor(self, address: str = "") -> Actor:
        """The actor of a request by this person from this network address."""
        if not self.is_operator:
            return Actor(ActorKind.MAILBOX_OWNER, self.username, address)
        if self.is_superadmin:
            kind = ActorKind.SUPERADMIN
            return Actor(kind, self.username, address, domains=None, account=self.pk or 0)
        granted = frozenset(self.grants.in_force().values_list("domain", flat=True))
        limits = Limits(self.max_mailboxes, self.max_forwardings)
        kind = ActorKind.DOMAIN_ADMIN
        return Actor(kind, self.username, address, granted, limits, self.pk or 0)


ADMIN_APPS = frozenset({"domains", "mailboxes"})


def now_in_the_log() -> int:
    """The id of the newest entry of the change log."""
    return Entry.objects.newest_id()


class Grant(models.Model):
    """A domain that a domain admin manages. A text key: the domain may come and go by SQL.

    `since`: the newest entry of the log when it was given, which says what domain of this name is
    meant. `ahead`: there was none yet. See `accounts.grant_querysets`.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="grants")
    domain = models.CharField(_("virtual domain"), max_length=255)
    since = models.BigIntegerField(default=now_in_the_log)
    ahead = models.BooleanField(default=False)

    objects = GrantQuerySet["Grant"].as_manager()

    class Meta:
        db_table = "mailadmin_grant"
        constraints = (
            models.UniqueConstraint(fields=["user", "domain"], name="mailadmin_grant_once"),
        )

    def __str__(self) -> str:
        return f"{self.user}: {self.domain}"


class Recovery(models.Model):
    """Where a mailbox owner gets a link to when the password is forgotten.

    `address` counts; `pending` waits until a link that was sent there is opened. Either may be "".
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="recovery")
    address = models.CharField(max_length=254, blank=True, default="")
    pending = models.CharField(max_length=254, blank=True, default="")

    class Meta:
        db_table = "mailadmin_recovery"

    def __str__(self) -> str:
        return f"{self.user}: recovery"


class Purpose(models.TextChoices):
    """What a one-time link is for."""

    RECOVER = "recover"
    INVITE = "invite"
    CONFIRM = "confirm"


class OneTimeLink(models.Model):
    """A link that works once: the token's digest, and whose mailbox it was made for.

    It dies with any change of the mailbox's password or owner: `identity` and `hash_digest` are
    those of the mailbox's record when it was made. `address`: where it was sent, "" if it was
    handed out. `since`: the newest entry of the log then; it dies with the domain, too. `inviter`:
    whose invitation it is, NULL for a command's.
    """

    purpose = models.CharField(max_length=16, choices=Purpose)
    digest = models.CharField(max_length=64, unique=True)
    email = models.CharField(max_length=255, db_index=True)
    identity = models.UUIDField()
    hash_digest = models.CharField(max_length=64)
    address = models.CharField(max_length=254, blank=True, default="")
    since = models.BigIntegerField(default=now_in_the_log)
    inviter = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="+")
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "mailadmin_one_time_link"

    def __str__(self) -> str:
        return f"{self.email}: {self.purpose}"


class LinkRequest(models.Model):
    """Somebody asked for a mail with a link; kept for an hour, to count them.

    Keyed digests of what was typed and of the network, so that the table tells neither.
    """

    name = models.CharField(max_length=64)
    network = models.CharField(max_length=64)
    at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "mailadmin_link_request"
        indexes = (
            models.Index(fields=["name", "at"], name="mailadmin_request_name"),
            models.Index(fields=["network", "at"], name="mailadmin_request_network"),
        )

    def __str__(self) -> str:
        return f"{self.at}"
