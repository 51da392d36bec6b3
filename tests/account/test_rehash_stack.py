"""A DES hash becomes SHA512-CRYPT at a sign-in to the panel; the real Dovecot takes both."""

from __future__ import annotations

import pytest

from tests.servers.databases import Database
from tests.servers.panel import Panel
from tests.servers.plugin import DOVECOTS, StackFactory

pytestmark = pytest.mark.stack

ANNA = "anna@a.test"
PASSWORD = "sécret 8x"
DES = "VsEsrUn4Z8u2A"


@pytest.mark.parametrize("version", DOVECOTS)
def test_the_same_password_works_before_and_after(
    any_database: Database, mail_stack: StackFactory, version: str
) -> None:
    panel = Panel(any_database.url)
    assert panel.manage("setup").returncode == 0
    any_database.execute("INSERT INTO domains VALUES ('a.test')")
    any_database.execute("INSERT INTO users (email, password) VALUES (%s, %s)", (ANNA, DES))
    stack = mail_stack(any_database, dovecot=version)
    if version == "2.3":
        assert stack.imap_login(ANNA, PASSWORD)

    panel.serve()
    try:
        owner = panel.visitor(ANNA, PASSWORD)
        assert owner.get("/account/").status == 200
    finally:
        panel.stop()

    ((stored,),) = any_database.execute("SELECT password FROM users WHERE email = %s", (ANNA,))
    assert stored.startswith("{SHA512-CRYPT}$6$")
    assert stack.imap_login(ANNA, PASSWORD)
    assert not stack.imap_login(ANNA, PASSWORD + "x")
