"""What the panel keeps about sign-ins: sessions, failures that slow the next one, known places."""

from __future__ import annotations

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone
from django.utils.module_loading import import_string


class Session(AbstractBaseSession):
    """A session of the panel; `user` is empty for a visitor who is not signed in."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="sessions"
    )
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "mailadmin_session"
        verbose_name = "session"
        verbose_name_plural = "sessions"

    @classmethod
    def get_session_store_class(cls) -> type:
        """What reads and writes it."""
        store: type = import_string(f"{settings.SESSION_ENGINE}.SessionStore")
        return store


class SignInFailures(models.Model):
    """How often attempts of one kind have failed, and until when the next one waits.

    `key`: a keyed digest of what is counted: a name from a network, a network, a name.
    """

    key = models.CharField(max_length=64, unique=True)
    failures = models.PositiveIntegerField(default=0)
    waits_until = models.DateTimeField(null=True)
    # Forgotten then, unless another one fails.
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "mailadmin_sign_in_failures"

    def __str__(self) -> str:
        return f"{self.failures}"


class KnownPlace(models.Model):
    """A browser or a network from which somebody has signed in: a keyed digest of both.

    It goes with the person's row. `user` is empty where it only says that a cookie is ours.
    """

    key = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="places"
    )
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "mailadmin_known_place"

    def __str__(self) -> str:
        return f"until {self.expires_at}"
