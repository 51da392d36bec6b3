"""What was exported exactly comes back with the columns that somebody added to the tables."""

from __future__ import annotations

import pytest
from django.db import connection

from audit.actor import Actor
from mailboxes.models import Mailbox
from tests.bulk.importing import exported, imported, undone, wipe
from tests.undo.conftest import FURTHER
from tests.undo.snapshot import snapshot

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("further_columns", "world")
def test_further_columns_come_back_too(root: Actor) -> None:
    names = {name for table, name, _types in FURTHER if table == "users"}
    assert names <= {
        column.name
        for column in connection.introspection.get_table_description(connection.cursor(), "users")
    }
    assert Mailbox.objects.exists()
    before, document = snapshot(), exported()
    wipe()
    job = imported(root, document, force=True)
    assert job.failed == 0
    assert snapshot() == before
    undone(root, job)
    assert not any(snapshot().values())
