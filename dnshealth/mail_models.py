"""Who gets mails about DNS, and the mails that were or are to be sent."""

from __future__ import annotations

from django.db import models

from accounts.models import User


class MailSetting(models.Model):
    """Where an operator wants mails about changes to, and whether."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="dns_mails")
    address = models.CharField(max_length=254)
    wanted = models.BooleanField(default=True)

    class Meta:
        db_table = "mailadmin_dns_mail_setting"

    def __str__(self) -> str:
        return f"{self.user}: {self.address}"


class Notice(models.Model):
    """A mail to one operator about what changed in one run.

    `changes`: of each domain its name, the row's key, the verdict before and now, and the codes of
    the worst that is wrong. `claimed_at` is set before it is sent, `sent_at` once the mail server
    has taken it.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    changes = models.JSONField()
    made_at = models.DateTimeField(db_index=True)
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    tries = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "mailadmin_dns_notice"

    def __str__(self) -> str:
        return f"{self.user} {self.made_at:%Y-%m-%d %H:%M}"
