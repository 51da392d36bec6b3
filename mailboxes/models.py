"""The tables `users` and `forwardings` as the mail server reads them; not made or altered here."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from mailboxes.querysets import ForwardingQuerySet, MailboxQuerySet
from mailkit.addresses import domain_of, split_destination
from mailkit.passwords import Judgement, judge


class Mailbox(models.Model):
    """A mailbox: Postfix delivers to it, and Dovecot lets its owner sign in."""

    email = models.CharField(_("address"), max_length=255, primary_key=True)
    # NULL where somebody's table allows it; Dovecot then lets nobody in.
    password = models.CharField(_("password"), max_length=255, null=True)  # noqa: DJ001

    objects = MailboxQuerySet["Mailbox"].as_manager()

    class Meta:
        managed = False
        db_table = "users"
        ordering = ("email",)
        verbose_name = _("mailbox")
        verbose_name_plural = _("mailboxes")

    def __str__(self) -> str:
        return self.email

    @property
    def domain_name(self) -> str:
        """The domain of the address as it is stored."""
        return domain_of(self.email)

    @property
    def judgement(self) -> Judgement:
        """What the stored hash is: scheme, weak, locked, truncated ..."""
        return judge(self.password)


class Forwarding(models.Model):
    """A forwarding from `source` (an address, or `@domain`) to one or more destinations."""

    source = models.CharField(_("source"), max_length=255, primary_key=True)
    destination = models.TextField(_("destinations"))

    objects = ForwardingQuerySet["Forwarding"].as_manager()

    class Meta:
        managed = False
        db_table = "forwardings"
        ordering = ("source",)
        verbose_name = _("forwarding")
        verbose_name_plural = _("forwardings")

    def __str__(self) -> str:
        return f"{self.source} → {self.destination}"

    @property
    def domain_name(self) -> str:
        """The domain of the source as it is stored."""
        return domain_of(self.source)

    @property
    def destinations(self) -> list[str]:
        """The destinations one by one, as Postfix splits them."""
        return split_destination(self.destination or "")

    @property
    def is_catch_all(self) -> bool:
        """Whether it takes the mail of every address of a domain that has no row of its own."""
        return self.source.startswith("@")


class MailboxRecord(models.Model):
    """What the panel knows of a mailbox beside its row of `users`; a text key, no foreign key.

    `identity` stands for the one whose mailbox it is: a mailbox that is deleted and made anew gets
    another. `hash_digest` belongs to the hash that the panel wrote last, or first saw: while the
    stored hash is another one, somebody else wrote it, and the address may have a new owner.
    """

    email = models.CharField(max_length=255, unique=True)
    identity = models.UUIDField(default=uuid.uuid4)
    hash_digest = models.CharField(max_length=64)

    class Meta:
        db_table = "mailadmin_mailbox"

    def __str__(self) -> str:
        return self.email


class ForwardingTarget(models.Model):
    """That a forwarding names an address: what no index on `destination` could tell.

    Derived from `forwardings` and kept by the services (`mailboxes.targets`); what SQL alone has
    changed is missing until the next comparison. All three are keys of `targets.key_of`, in ASCII,
    the target and its domain in lower case.
    """

    target = models.CharField(max_length=255, db_index=True)
    domain = models.CharField(max_length=255)
    source = models.CharField(max_length=255, db_index=True)

    class Meta:
        db_table = "mailadmin_forwarding_target"
        indexes = (
            models.Index(fields=["target", "source"], name="mailadmin_target_source"),
            models.Index(fields=["domain", "source"], name="mailadmin_target_domain"),
        )

    def __str__(self) -> str:
        return f"{self.source} → {self.target}"


class TargetsState(models.Model):
    """One row: how well `ForwardingTarget` is in step with `forwardings`.

    `compared_at`: when the last comparison that came to its end began; `rows`: how many
    forwardings there were.
    """

    compared_at = models.DateTimeField()
    rows = models.PositiveBigIntegerField()

    class Meta:
        db_table = "mailadmin_forwarding_targets_state"

    def __str__(self) -> str:
        return f"{self.compared_at:%Y-%m-%d %H:%M}"
