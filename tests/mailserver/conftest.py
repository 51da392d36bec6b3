"""Fixtures for the tests of the mail server's commands."""

from __future__ import annotations

import pytest

from domains.models import Domain
from mailboxes.models import Mailbox
from tests.mailkit.tables.tutorial import tutorial
from tests.mailserver.mending_cases import HASH

__all__ = ["tutorial"]


@pytest.fixture
def place(db: None) -> None:
    Domain.objects.create(domain="a.test")
    Domain.objects.create(domain="xn--b-eha.test")
    Mailbox.objects.create(email="anna@a.test", password=HASH)
