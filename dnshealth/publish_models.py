"""Updates that go to name servers: what is being sent right now, or was when its program ended."""

from __future__ import annotations

from django.db import models


class Sending(models.Model):
    """An update of one zone, written down before it is sent and gone once its end is logged.

    One that stays is of a `process` that ended in between: nobody knows whether it was done. The
    `changes` have the fields of `mailkit.dns.publish.Change`; `undoes` are entries of the log.
    """

    domain = models.CharField(max_length=255)
    zone = models.CharField(max_length=255, db_index=True)
    address = models.CharField(max_length=45)
    port = models.PositiveIntegerField()
    changes = models.JSONField()
    undoes = models.JSONField(default=list)
    actor_kind = models.CharField(max_length=20)
    actor = models.CharField(max_length=254)
    actor_address = models.CharField(max_length=45, blank=True)
    started_at = models.DateTimeField()
    process = models.CharField(max_length=120, blank=True)

    class Meta:
        db_table = "mailadmin_dns_sending"

    def __str__(self) -> str:
        return f"{self.zone} {self.started_at:%Y-%m-%d %H:%M:%S}"
