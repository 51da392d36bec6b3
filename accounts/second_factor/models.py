"""What proves somebody beside the password."""

from __future__ import annotations

from django.conf import settings
from django.db import models

NAME_LENGTH = 64


class Passkey(models.Model):
    """A public key of somebody's device.

    `key` is the SHA-256 of the credential's id, by which a sign-in finds it; `credential` the id
    and the public key as WebAuthn's attested credential data; `handle` what stands for the person
    on the device, the same for all his passkeys; `rp_id` the name of the site it was made for, and
    the only one it works at.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="passkeys"
    )
    name = models.CharField(max_length=NAME_LENGTH)
    key = models.CharField(max_length=64, unique=True)
    credential = models.BinaryField()
    handle = models.CharField(max_length=64)
    rp_id = models.CharField(max_length=253)
    # Devices that count their signatures; those that share a passkey among themselves stay at 0.
    counter = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "mailadmin_passkey"
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.name


class Authenticator(models.Model):
    """The secret shared with an authenticator app, sealed (`sealing`), and the last number used."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="authenticator"
    )
    secret = models.TextField()
    # The 30 seconds whose number was used last, counted from 1970: none is taken twice.
    last_step = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "mailadmin_authenticator"

    def __str__(self) -> str:
        return f"{self.user}: authenticator"


class RecoveryCode(models.Model):
    """The digest of a code that has not been used; a used one is deleted."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recovery_codes"
    )
    digest = models.CharField(max_length=64)

    class Meta:
        db_table = "mailadmin_recovery_code"
        constraints = (
            models.UniqueConstraint(fields=["user", "digest"], name="mailadmin_recovery_code_once"),
        )

    def __str__(self) -> str:
        return f"{self.user}: recovery code"
