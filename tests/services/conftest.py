"""Rows as SQL makes them, and a short way to see the codes of a refusal."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError

from audit.refusals import codes_of
from domains.models import Domain, Transport
from mailboxes.models import Forwarding, Mailbox


@pytest.fixture
def rows(db: None) -> Callable[..., None]:
    """Put rows into the mail tables past the services, as SQL by hand would."""

    def make(
        domains: str = "",
        mailboxes: str = "",
        forwardings: dict[str, str] | None = None,
        transports: dict[str, str] | None = None,
    ) -> None:
        for name in domains.split():
            Domain.objects.create(domain=name)
        for email in mailboxes.split():
            Mailbox.objects.create(email=email, password="{PLAIN}x")
        for source, destination in (forwardings or {}).items():
            Forwarding.objects.create(source=source, destination=destination)
        for key, value in (transports or {}).items():
            Transport.objects.create(domain=key, transport=value)

    return make


@pytest.fixture
def refusal() -> Callable[..., list[str]]:
    """Call a service and return the codes it refuses with; [] if it does not."""

    def codes(call: Callable[..., object], **arguments: object) -> list[str]:
        try:
            call(**arguments)
        except ValidationError as error:
            return codes_of(error)
        return []

    return codes
