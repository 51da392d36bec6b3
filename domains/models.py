"""The tables `domains` and `transport`, as the mail server reads them: never made or altered here.

`max_length` is what can be meant at all; what the real column holds is asked of the database.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from domains.querysets import DomainQuerySet, TransportQuerySet
from mailkit.addresses import display_domain


class Domain(models.Model):
    """A virtual domain: Postfix takes mail for it (`virtual_mailbox_domains`)."""

    domain = models.CharField(_("virtual domain"), max_length=255, primary_key=True)

    objects = DomainQuerySet["Domain"].as_manager()

    class Meta:
        managed = False
        db_table = "domains"
        ordering = ("domain",)
        verbose_name = _("virtual domain")
        verbose_name_plural = _("virtual domains")

    def __str__(self) -> str:
        return self.domain

    @property
    def display_name(self) -> str:
        """The name as people write it (`müller.example` for `xn--mller-kva.example`)."""
        return display_domain(self.domain)


class Transport(models.Model):
    """Where Postfix sends mail for a key (transport(5)): address, domain, `.parent` or `*`."""

    domain = models.CharField(_("key"), max_length=255, primary_key=True)
    transport = models.CharField(_("transport"), max_length=255)

    objects = TransportQuerySet["Transport"].as_manager()

    class Meta:
        managed = False
        db_table = "transport"
        ordering = ("domain",)
        verbose_name = _("transport")
        verbose_name_plural = _("transports")

    def __str__(self) -> str:
        return f"{self.domain} → {self.transport}"
