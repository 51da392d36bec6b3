"""Recovery over a running panel that sends its mail by SMTP (EMAIL_URL) to a real server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_string
from email.policy import default

import pytest

from tests.servers.databases import Database
from tests.servers.panel import PASSWORD, Panel, Visitor
from tests.servers.sink import Sink

ANNA = "anna@a.test"
FAR = "anna@far.example"
NEW = "another horse 43 battery"


@pytest.fixture
def sink() -> Iterator[Sink]:
    server = Sink()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def panel(any_database: Database, sink: Sink) -> Iterator[Panel]:
    environ = {
        "EMAIL_URL": f"smtp://127.0.0.1:{sink.port}",
        "DEFAULT_FROM_EMAIL": "panel@mail.example",
    }
    with Panel(any_database.url, environ) as running:
        yield running


def link_in(text: str, base: str) -> str:
    """The path and query of the only link in a mail's text."""
    (link,) = re.findall(re.escape(base) + r"(/\S+)", text)
    return link


def test_from_the_recovery_address_to_a_new_password(panel: Panel, sink: Sink) -> None:
    admin = panel.visitor("admin")
    admin.get("/domains/add/")
    admin.post("/domains/add/", domain="a.test")
    admin.post("/mailboxes/add/", email=ANNA, password1=PASSWORD, password2=PASSWORD)

    owner = panel.visitor(ANNA)
    owner.get("/account/recovery/")
    assert owner.post("/account/recovery/", address=FAR, password=PASSWORD).status == 302
    confirm = sink.wait_for(FAR, "Confirm this recovery address")
    assert confirm.sender == "panel@mail.example"
    assert confirm.recipients == (FAR,)
    stranger = Visitor(panel.base)
    link = link_in(body(confirm.text), panel.base)
    assert stranger.get(link).status == 200
    assert stranger.post(link).status == 302
    sink.wait_for(FAR, "was changed")

    stranger.get("/recover/")
    assert stranger.post("/recover/", address=ANNA).location == "/recover/sent/"
    assert stranger.post("/recover/", address="nobody@a.test").location == "/recover/sent/"
    mail = sink.wait_for(FAR, "A new password for")
    link = link_in(body(mail.text), panel.base)
    assert stranger.post(link, new_password1=NEW, new_password2=NEW).location == "/login/"

    assert owner.get("/account/").status == 302
    assert panel.visitor(ANNA, NEW).get("/account/").status == 200
    assert panel.visitor().sign_in(ANNA, PASSWORD).status == 200
    sink.wait_for(FAR, "was set anew")
    sink.wait_for(ANNA, "was set anew")
    assert not sink.to("nobody@a.test")
    assert "does not work any more" in stranger.get(link).text


def body(text: str) -> str:
    """The text of a mail as its reader sees it."""
    content: str = message_from_string(text, policy=default).get_content()
    return content
