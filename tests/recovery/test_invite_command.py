"""`invite ADDRESS` prints a link by which the owner chooses the password."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import OneTimeLink
from audit.models import Entry
from mailboxes.services.mailboxes import suspend_mailbox

from .conftest import ANNA, passwords

SITE = "https://panel.example.org"


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("invite", *arguments, stdout=out)
    return out.getvalue().strip()


@pytest.fixture(autouse=True)
def _site(config) -> None:
    config(base_url=SITE)


def test_the_link_works(anna, client):
    link = run(ANNA)
    assert link.startswith(f"{SITE}/invitation/?token=")
    assert client.post(link.removeprefix(SITE), passwords()).status_code == 302
    assert Entry.objects.get(action="invite_owner").actor_kind == "command"


def test_as_json(anna):
    assert json.loads(run(ANNA, "--json"))["email"] == ANNA


def test_what_is_refused(anna, root, config):
    with pytest.raises(CommandError, match=r"no mailbox nobody@a\.test"):
        run("nobody@a.test")
    config(base_url="")
    with pytest.raises(CommandError, match="MAILADMIN_BASE_URL"):
        run(ANNA)
    config(base_url=SITE)
    suspend_mailbox(actor=root, email=ANNA)
    with pytest.raises(CommandError, match="resume it first"):
        run(ANNA)
    assert not OneTimeLink.objects.exists()
