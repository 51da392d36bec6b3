"""Reading mailboxes and forwardings: search as people type it, and who forwards to an address."""

from __future__ import annotations

from typing import Self, TypeVar

from django.db import models
from django.db.models import Q

from audit.actor import Actor
from audit.text_search import contains, starts_with
from domains.models import Domain
from domains.querysets import DomainPart, InDomainQuerySet, lower_forms
from domains.schema import schema
from mailkit.passwords import LOCK_PREFIX, Scheme

M = TypeVar("M", bound=models.Model)
# So many domains of the same likeness are searched; more would make the query long.
MATCHING_DOMAINS = 50


class AddressQuerySet(InDomainQuerySet[M]):
    """Rows whose key is an address."""

    def matching(self, text: str) -> Self:
        """By the first characters of the address, or by its domain (whole or in part).

        `otto`, `otto.graf@exa`: the key's index. `@example.org`, `example`: the domains of that
        likeness, then the domain index.
        """
        text = text.strip()
        local, at, domain_text = text.partition("@")
        by_bytes = self.model._meta.db_table in schema().sorted
        found = starts_with("pk", text, by_bytes=by_bytes)
        if not at or not local:
            wanted = domain_text if at else text
            domains = Domain.objects.matching(wanted)[:MATCHING_DOMAINS].found()
            names = [domain.domain for domain in domains]
            if names:
                found |= Q(_domain__in=lower_forms(names))
        part = DomainPart(self.model._meta.pk.name, self.model._meta.db_table)
        return self.alias(_domain=part).filter(found)

    def containing(self, text: str) -> Self:
        """With the text anywhere in the address: reads every row, so only when asked for."""
        return self.filter(contains("pk", text.strip()))


class MailboxQuerySet(AddressQuerySet[M]):
    """Rows of `users`."""

    def visible_to(self, actor: Actor) -> Self:
        """As for every address; a mailbox owner sees his own mailbox."""
        if actor.is_mailbox_owner:
            return self.filter(pk=actor.name)
        return super().visible_to(actor)

    def in_state(self, state: str) -> Self:
        """`suspended`, or `other`: of another scheme than the panel writes; reads every row."""
        locked = Q(password__startswith=LOCK_PREFIX)
        if state == "suspended":
            return self.filter(locked)
        if state != "other":
            return self
        for scheme in Scheme:
            locked |= Q(password__startswith=f"{{{scheme.value}}}")
        return self.exclude(locked)


class ForwardingQuerySet(AddressQuerySet[M]):
    """Rows of `forwardings`."""

    def whose_source_is(self, kind: str) -> Self:
        """`domain`: of a whole domain, `address`: of one address; else all of them."""
        if kind not in ("domain", "address"):
            return self
        whole = starts_with("pk", "@")
        return self.filter(whole if kind == "domain" else ~whole)

    def matching_either(self, text: str) -> Self:
        """By source, as `matching`, or by any part of the destination."""
        return self.filter(
            Q(pk__in=self.matching(text).values("pk")) | contains("destination", text.strip())
        )
