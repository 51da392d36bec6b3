"""A stand-in for Dovecot's answers, and mailboxes to ask about."""

from __future__ import annotations

import pytest

from mailboxes.models import Mailbox
from mailkit.doctor.ask import Answer, Said
from mailkit.passwords import lock

SECRET = "correct horse 42"


@pytest.fixture
def answers(db: None, monkeypatch: pytest.MonkeyPatch) -> list[Answer]:
    """What the stand-in for Dovecot answers; the last one counts."""
    for email, stored in (
        ("u@a.test", f"{{PLAIN}}{SECRET}"),
        ("locked@a.test", lock(f"{{PLAIN}}{SECRET}")),
        ("otp@a.test", "{CRAM-MD5}" + "0" * 64),
    ):
        Mailbox.objects.create(email=email, password=stored)
    found = [Answer(Said.YES)]
    monkeypatch.setattr("mailserver.asking.ask", lambda *_args: found[-1])
    return found
