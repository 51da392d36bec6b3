"""The change log: one row for each changed object."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class Entry(models.Model):
    """One change of one object. `group` ties together what one action changed.

    `changes` is {field: [before, after]}; a password's hash is never in it, only its scheme.
    """

    group = models.UUIDField(default=uuid.uuid4, db_index=True)
    time = models.DateTimeField(_("time"), auto_now_add=True)
    actor_kind = models.CharField(max_length=20)
    actor = models.CharField(_("who"), max_length=254)
    address = models.CharField(_("network address"), max_length=45, blank=True)
    action = models.CharField(_("action"), max_length=40)
    object_type = models.CharField(max_length=20)
    object_key = models.CharField(_("object"), max_length=320)
    domain = models.CharField(_("virtual domain"), max_length=255, blank=True)
    changes = models.JSONField(default=dict)

    class Meta:
        db_table = "mailadmin_audit_entry"
        ordering = ("-id",)
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        indexes = (
            models.Index(fields=["object_type", "object_key", "id"], name="mailadmin_audit_object"),
            models.Index(fields=["domain", "id"], name="mailadmin_audit_domain"),
        )

    def __str__(self) -> str:
        return f"{self.action} {self.object_key}"
