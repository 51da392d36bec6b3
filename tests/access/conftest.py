"""The cast, for the tests that walk every address."""

from __future__ import annotations

import pytest
from django.test import Client

from audit.actor import Actor
from tests.access.walk import make_cast


@pytest.fixture
def cast(db: None, root: Actor) -> dict[str, Client]:
    """See `make_cast`."""
    return make_cast(root)
