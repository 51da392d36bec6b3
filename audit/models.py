"""The change log: one row for each changed object, and for each sign-in."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.protected import ProtectedField
from audit.querysets import EntryQuerySet


class EntryManager(models.Manager.from_queryset(EntryQuerySet["Entry"])):  # type: ignore[misc]
    """Leaves the protected column in the database unless `with_kept` asks for it."""

    def get_queryset(self) -> EntryQuerySet[Entry]:
        entries: EntryQuerySet[Entry] = super().get_queryset()
        return entries.defer("kept")

    def newest_id(self) -> int:
        """The id of the newest entry, which stands for now; 0 where there is none."""
        return self.order_by("-pk").values_list("pk", flat=True).first() or 0


# So much of a key is logged; SQL may have made longer ones.
KEY_LENGTH = 320


class Entry(models.Model):
    """One change of one object. `group` ties together what one action changed.

    `changes` is {field: [before, after]}; a password's hash is never in it, only its scheme.
    `kept` is what undo needs, hashes included: nothing shows it (see `audit.kept`).
    """

    group = models.UUIDField(default=uuid.uuid4)
    time = models.DateTimeField(_("time"), auto_now_add=True, db_index=True)
    actor_kind = models.CharField(max_length=20)
    actor = models.CharField(_("who"), max_length=254, db_index=True)
    address = models.CharField(_("network address"), max_length=45, blank=True)
    action = models.CharField(_("action"), max_length=40)
    object_type = models.CharField(max_length=20)
    object_key = models.CharField(_("object"), max_length=KEY_LENGTH, db_index=True)
    # The key before a rename, so that the log is found by the old one too.
    former_key = models.CharField(max_length=KEY_LENGTH, blank=True, db_index=True)
    domain = models.CharField(_("virtual domain"), max_length=255, blank=True)
    # The same where a domain itself was made or removed: an index finds these few by it. On the
    # two columns that say it too, MariaDB reads all entries about domains instead.
    turn = models.CharField(max_length=255, null=True, editable=False)  # noqa: DJ001
    changes = models.JSONField(default=dict)
    kept = ProtectedField(null=True)
    # The entry that this one took back; the other way round: `audit.reading.undone_by`.
    undoes = models.ForeignKey(
        "self",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        related_name="+",
    )
    # Whether this is taken back; not any more once that is taken back itself.
    undone = models.BooleanField(default=False)

    objects = EntryManager()

    class Meta:
        db_table = "mailadmin_audit_entry"
        ordering = ("-id",)
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        indexes = (
            models.Index(fields=["group", "id"], name="mailadmin_audit_group"),
            models.Index(fields=["action", "id"], name="mailadmin_audit_action"),
            models.Index(fields=["object_type", "id"], name="mailadmin_audit_kind"),
            models.Index(fields=["address", "id"], name="mailadmin_audit_address"),
            models.Index(fields=["domain", "id"], name="mailadmin_audit_domain"),
            models.Index(fields=["turn", "id"], name="mailadmin_audit_turn"),
        )

    def __str__(self) -> str:
        return f"{self.action} {self.object_key}"

    @property
    def removed(self) -> bool:
        """Whether the object was there before and is not any more."""
        return bool(self.changes) and all(after is None for _before, after in self.changes.values())
