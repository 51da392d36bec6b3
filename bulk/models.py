"""Jobs and their parts."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from bulk.querysets import JobQuerySet


class State(models.TextChoices):
    """Where a job stands. CHECKED waits for somebody; the last four are ends."""

    CHECKING = "checking", _("checking")
    CHECKED = "checked", _("to be confirmed")
    APPLYING = "applying", _("under way")
    TAKING_BACK = "taking_back", _("taking back")
    DONE = "done", _("done")
    REFUSED = "refused", _("refused")
    CANCELLED = "cancelled", _("stopped")
    FAILED = "failed", _("failed")


# A worker has to do with these.
TO_DO = (State.CHECKING, State.APPLYING, State.TAKING_BACK)
ENDED = (State.DONE, State.REFUSED, State.CANCELLED, State.FAILED)


class Job(models.Model):
    """One change of many rows. `kind` is a key of bulk.kinds.KINDS, `options` are the kind's own.

    `items`: in the plan; `counts`: of them by verdict (bulk.items.Verdict). `position`: so many
    parts of the plan are carried out, with `done` items changed and `failed` refused on the way.
    `read` of `whole`: how far the checking is, in the kind's own measure. `group`: of the action
    in the change log. `reason`: why it ended so, a code ("" where nothing has to be said).
    """

    kind = models.CharField(max_length=30)
    options = models.JSONField(default=dict)
    actor_kind = models.CharField(max_length=20)
    actor = models.CharField(max_length=254)
    # The operator's: a later one of the same name is somebody else. 0 for a command.
    account = models.PositiveBigIntegerField(default=0, db_index=True)
    address = models.CharField(max_length=45, blank=True)
    state = models.CharField(max_length=20, choices=State.choices, default=State.CHECKING)
    reason = models.CharField(max_length=40, blank=True)
    # Nothing stays done unless every item can be: otherwise what can be is done.
    all_or_nothing = models.BooleanField(default=False)
    # Items that are warned of are done too.
    force = models.BooleanField(default=False)
    read = models.PositiveBigIntegerField(default=0)
    whole = models.PositiveBigIntegerField(default=0)
    items = models.PositiveBigIntegerField(default=0)
    counts = models.JSONField(default=dict)
    position = models.PositiveIntegerField(default=0)
    done = models.PositiveBigIntegerField(default=0)
    failed = models.PositiveBigIntegerField(default=0)
    # How often its checking was begun: a worker that was taken for dead writes no more of it.
    turn = models.PositiveIntegerField(default=0)
    group = models.UUIDField(default=uuid.uuid4, unique=True)
    task = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, db_index=True)

    objects = JobQuerySet["Job"].as_manager()

    class Meta:
        db_table = "mailadmin_job"
        ordering = ("-id",)
        verbose_name = _("bulk edit")
        verbose_name_plural = _("bulk edits")

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    def belongs_to(self, actor: Actor) -> bool:
        """Whether he began it."""
        named = bool(self.account) or self.actor == actor.name
        return named and (self.actor_kind, self.account) == (actor.kind.value, actor.account)


class Role(models.TextChoices):
    """What a part is: a piece of the file, some items of the plan, what is secret about them, or
    what became of them where that is not what was planned."""

    UPLOAD = "upload"
    PLAN = "plan"
    SECRET = "secret"  # noqa: S105 - a word, no password
    RESULT = "result"


class Part(models.Model):
    """A piece of what a job keeps, sealed: read and written by bulk.parts alone.

    `counts`: of the items in it by verdict.
    """

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="parts")
    role = models.CharField(max_length=10, choices=Role.choices)
    number = models.PositiveIntegerField()
    counts = models.JSONField(default=dict)
    data = models.BinaryField()

    class Meta:
        db_table = "mailadmin_job_part"
        constraints = (
            models.UniqueConstraint(
                fields=("job", "role", "number"), name="mailadmin_job_part_place"
            ),
        )

    def __str__(self) -> str:
        return f"{self.job_id} {self.role} {self.number}"
