"""DKIM keys, without their private halves: what the panel made, and how far each is."""

from __future__ import annotations

from base64 import b64decode
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dnshealth.querysets import HealthQuerySet
from mailkit.dns.subject import SignerKey


class KeyState(models.TextChoices):
    """How far a key is."""

    MADE = "made", _("made, not yet published")
    PUBLISHED = "published", _("published, does not sign yet")
    SIGNS = "signs", _("signs")
    OLD = "old", _("signs no more, still published")
    REMOVED = "removed", _("removed")


class Origin(models.TextChoices):
    """Where a key comes from: only what the panel made is its own to delete."""

    PANEL = "panel", _("made by the panel")
    FOUND = "found", _("found at the signer")
    GIVEN = "given", _("given by hand")


class DkimKeyManager(models.Manager.from_queryset(HealthQuerySet["DkimKey"])):  # type: ignore[misc]
    """Keys by domain."""


class DkimKey(models.Model):
    """A key of a domain (A-label). `spki`: the public half as base64; the private one is only in
    the signer's file at `path`. A removed key stays here: a selector is used once.
    """

    domain = models.CharField(max_length=253)
    selector = models.CharField(max_length=200)
    kind = models.CharField(max_length=10)
    spki = models.TextField()
    path = models.TextField(blank=True)
    origin = models.CharField(max_length=10, choices=Origin)
    state = models.CharField(max_length=10, choices=KeyState)
    made_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    signs_since = models.DateTimeField(null=True)
    old_since = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    objects = DkimKeyManager()

    class Meta:
        db_table = "mailadmin_dkim_key"
        ordering = ("domain", "-made_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=["domain", "selector"], name="mailadmin_dkim_once"),
        )

    def __str__(self) -> str:
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def signer_key(self) -> SignerKey:
        """The public half as the checks take it."""
        retired = self.state == KeyState.REMOVED
        return SignerKey(self.selector, b64decode(self.spki), retired=retired)

    @property
    def file(self) -> Path | None:
        """Where the private half is."""
        return Path(self.path) if self.path else None

    @property
    def kept_until(self) -> datetime | None:
        """The end of the grace period: mail signed with it may be under way until then."""
        if self.old_since is None:
            return None
        return self.old_since + timedelta(days=settings.MAILADMIN.dns.dkim_grace_days)
