"""A healthy bundle of servers that read the panel's own database, whichever it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection

from domains.models import Domain, Transport
from mailboxes.models import Forwarding, Mailbox
from mailkit.postfix.lookups import EMAIL2EMAIL, FORWARDINGS, Lookup, map_name
from mailkit.serverfiles import DataSource
from mailkit.tables import Dialect
from tests.mailkit.doctor.healthy import MAPS, World


@pytest.fixture
def world(db: None, tmp_path: Path) -> World:
    """With a row in each table."""
    Domain.objects.create(domain="a.test")
    Mailbox.objects.create(email="u@a.test", password="{PLAIN}secret")
    Forwarding.objects.create(source="f@a.test", destination="u@a.test")
    Transport.objects.create(domain="far.test", transport="smtp:")
    reached = connection.settings_dict
    source = DataSource(
        Dialect(connection.vendor),
        str(reached["NAME"]),
        str(reached.get("HOST") or ""),
        int(reached.get("PORT") or 0),
        "mail",
        "hunter2",
    )
    return World(tmp_path / "mail.db", source=source)


def named(lookup: Lookup) -> str:
    """A lookup table as main.cf names it."""
    return map_name(lookup, Dialect(connection.vendor), MAPS)


__all__ = ["EMAIL2EMAIL", "FORWARDINGS", "named", "world"]
