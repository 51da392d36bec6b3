"""What the DNS checks found, in tables of our own: runs, how each domain stands, its history; and
what somebody has set for a domain.

Nothing refers to the mail tables: a domain that SQL deletes leaves rows behind, which no page
shows and which `prune` removes. `place` is the newest line of the change log when a row was written
(see `dnshealth.querysets`).
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from dnshealth.dkim.models import DkimKey
from dnshealth.mail_models import MailSetting, Notice
from dnshealth.publish_models import Sending
from dnshealth.querysets import HealthRowsQuerySet

__all__ = [
    "LONGEST",
    "DkimKey",
    "DnsSettings",
    "Finding",
    "Health",
    "HealthManager",
    "MailSetting",
    "Notice",
    "Outcome",
    "PastVerdict",
    "Role",
    "Run",
    "Sending",
]

# A domain's name has 253 characters at most; SQL may have written longer ones.
LONGEST = 255


class Outcome(models.TextChoices):
    """How a run ended."""

    RUNNING = "running", _("under way")
    DONE = "done", _("done")
    RESOLVER_DOWN = "resolver_down", _("no resolver answered")
    FAILED = "failed", _("ended by a fault of this program")
    CANCELLED = "cancelled", _("stopped")
    LOST = "lost", _("ended with the program that did it")


class Run(models.Model):
    """A run over one domain (`domain`, the name as stored) or over several ("").

    `done` lists the families that have answered, for a page that shows the progress; `checked`
    counts domains. A run in the background has its `task`, and its `scope`: whose domains they
    are, the operator's name or "*" for all; `active` is the same until it ends, and unique. Any
    other is done by `process` (see `dnshealth.processes`).
    """

    kind = models.CharField(max_length=20)
    actor = models.CharField(max_length=254)
    domain = models.CharField(max_length=LONGEST, blank=True)
    domains = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(db_index=True)
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=20, choices=Outcome, default=Outcome.RUNNING)
    done = models.JSONField(default=list)
    checked = models.PositiveIntegerField(default=0)
    scope = models.CharField(max_length=254, blank=True, default="", db_index=True)
    # Many have ended, so these are NULL: "" would be there once.
    active = models.CharField(max_length=254, null=True, unique=True)  # noqa: DJ001
    task = models.UUIDField(null=True)
    process = models.CharField(max_length=120, blank=True, default="")
    place = models.BigIntegerField(default=0)

    class Meta:
        db_table = "mailadmin_dns_run"
        indexes = (
            models.Index(fields=["domain", "started_at"], name="mailadmin_dns_run_domain"),
            models.Index(fields=["outcome", "started_at"], name="mailadmin_dns_run_outcome"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.started_at:%Y-%m-%d %H:%M:%S}"


class PastVerdict(models.Model):
    """From `first_seen` to `last_seen` every check of the domain came to this verdict."""

    domain = models.CharField(max_length=LONGEST)
    verdict = models.CharField(max_length=10)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField(db_index=True)
    place = models.BigIntegerField(default=0)

    class Meta:
        db_table = "mailadmin_dns_verdict"
        indexes = (models.Index(fields=["domain", "id"], name="mailadmin_dns_past_domain"),)

    def __str__(self) -> str:
        return f"{self.domain} {self.verdict}"


class HealthManager(models.Manager.from_queryset(HealthRowsQuerySet["Health"])):  # type: ignore[misc]
    """Rows by domain."""


class Health(models.Model):
    """How a domain stands.

    `verdict` is the worst that is known: where the last check could not tell (`unknown_since`,
    `unknown_reason`) what was known before counts, and it is "unknown" only if nothing is.
    `row_key` is the row of `domains` as it stands there. `cells` has for each family its state
    and, where that is unknown, the state known before or "". `off` is what somebody has switched
    off, by code or family, with how bad it is ("" for a family): the verdict leaves it out. `told`
    is the verdict that operators know of, "" before the first run over all domains, and `told_off`
    what was switched off then.
    """

    domain = models.CharField(max_length=LONGEST, primary_key=True)
    row_key = models.CharField(max_length=LONGEST)
    verdict = models.CharField(max_length=10)
    rank = models.PositiveSmallIntegerField(default=0)
    checked_at = models.DateTimeField(null=True)
    unknown_since = models.DateTimeField(null=True)
    unknown_reason = models.TextField(blank=True)
    cells = models.JSONField(default=dict)
    span = models.ForeignKey(
        PastVerdict, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False
    )
    off = models.JSONField(default=dict)
    told = models.CharField(max_length=10, blank=True, default="")
    told_off = models.JSONField(default=list)
    place = models.BigIntegerField(default=0)

    objects = HealthManager()

    class Meta:
        db_table = "mailadmin_dns_health"
        indexes = (
            models.Index(fields=["-rank", "domain"], name="mailadmin_dns_health_rank"),
            models.Index(fields=["checked_at", "domain"], name="mailadmin_dns_health_time"),
            models.Index(fields=["verdict", "domain"], name="mailadmin_dns_health_kind"),
        )

    def __str__(self) -> str:
        return f"{self.domain} {self.verdict}"


class Finding(models.Model):
    """What a family of checks last said of a domain.

    `known_checks` is what it said at `known_at`, before it became unknown at `unknown_since`.
    """

    health = models.ForeignKey(
        Health, on_delete=models.CASCADE, related_name="findings", db_column="domain"
    )
    family = models.CharField(max_length=20)
    state = models.CharField(max_length=10)
    rank = models.PositiveSmallIntegerField(default=0)
    checks = models.JSONField(default=list)
    known_checks = models.JSONField(null=True)
    known_at = models.DateTimeField(null=True)
    unknown_since = models.DateTimeField(null=True)

    class Meta:
        db_table = "mailadmin_dns_finding"
        constraints = (
            models.UniqueConstraint(fields=["health", "family"], name="mailadmin_dns_finding_once"),
        )
        indexes = (
            models.Index(fields=["family", "-rank", "health"], name="mailadmin_dns_finding_rank"),
        )

    def __str__(self) -> str:
        return f"{self.health_id} {self.family} {self.state}"


class Role(models.TextChoices):
    """What a domain is used for; the records it needs follow from it."""

    BOTH = "", _("It sends and receives mail through our server")
    SEND_ONLY = "send_only", _("It only sends: nobody gets mail in it")
    RECEIVES_ELSEWHERE = "receives_elsewhere", _("It sends through ours, and receives elsewhere")


class DnsSettings(models.Model):
    """What somebody has set for a domain; no row where all is as usual.

    `switched_off` has by family or code {"by", "because", "since"}. `entry` is the line of the
    change log that this was last written with: once the log has a later one by which the domain
    was deleted or made anew, this belongs to somebody else (see `dnshealth.domain_settings`).
    """

    domain = models.CharField(max_length=LONGEST, primary_key=True)
    row_key = models.CharField(max_length=LONGEST)
    role = models.CharField(max_length=20, choices=Role, default=Role.BOTH, blank=True)
    selectors = models.JSONField(default=list)
    switched_off = models.JSONField(default=dict)
    entry = models.BigIntegerField(default=0)

    class Meta:
        db_table = "mailadmin_dns_settings"

    def __str__(self) -> str:
        return self.domain
