"""The doctor's page: this machine, and what was pasted or uploaded."""

from __future__ import annotations

import html
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from mailkit.doctor import LARGEST
from tests.mailkit.doctor.healthy import World, main, without
from tests.mailserver.panel_world import world

__all__ = ["world"]


@pytest.fixture(autouse=True)
def _no_servers_here(settings: Any, tmp_path: Path) -> None:
    settings.MAILADMIN = replace(
        settings.MAILADMIN, postfix_config=tmp_path / "none", dovecot_config=tmp_path / "none.conf"
    )


def read(response: Any) -> str:
    return html.unescape(response.content.decode())


def test_it_says_what_it_cannot_read_and_how_to_give_it(admin: Client) -> None:
    page = read(admin.get("/doctor/"))
    assert "Neither server’s configuration could be read on this machine" in page
    assert "<code>postconf -n</code>" in page
    assert "Dovecot was not looked at: " in page
    assert "none.conf; MAILADMIN_DOVECOT_CONFIG says where else." in page
    assert "sed -E" in page
    assert 'href="/doctor/"' in page
    assert "All is well" not in page


def test_a_healthy_text(admin: Client, world: World) -> None:
    page = read(admin.post("/doctor/", {"bundle": world.text}))
    assert "All is well" in page
    assert "Postfix 3.7.11" in page
    assert "dns-finding" not in page


def test_a_fault_with_the_line_to_write(admin: Client, world: World) -> None:
    main("mydestination", "localhost, a.test")(world)
    without("doveconf -n")(world)
    page = read(admin.post("/doctor/", {"bundle": world.text}))
    assert "postfix.mydestination" in page
    assert ">mydestination = localhost</pre>" in page
    assert "1 fault, 0 warnings, 0 notices." in page
    assert "not all looked at" in page
    assert "All is well" not in page


def test_a_file(admin: Client, world: World) -> None:
    file = SimpleUploadedFile("bundle.txt", world.text.encode() + b"\xff\xfe")
    assert "All is well" in read(admin.post("/doctor/", {"file": file}))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "Paste the output of the command"),
        ({"bundle": " \n"}, "Paste the output of the command"),
        ({"bundle": "virtual_alias_maps = x"}, "This is not the output of the command"),
        ({"bundle": "==> <b>x</b> <==\n" + "y" * LARGEST}, "larger than 1,000,000"),
        ({"file": SimpleUploadedFile("x", b"x" * (LARGEST + 1))}, "larger than 1 MB"),
        ({"file": SimpleUploadedFile("x", b"\x00\xff" * 99)}, "This is not the output"),
    ],
)
def test_what_is_no_output_is_refused(admin: Client, fields: dict[str, Any], said: str) -> None:
    response = admin.post("/doctor/", fields)
    assert response.status_code == 200
    page = read(response)
    assert said in page
    assert 'aria-invalid="true"' in page
    assert 'role="alert"' in page


def test_what_is_pasted_is_shown_as_text(admin: Client, world: World) -> None:
    main("virtual_transport", "<script>alert(1)</script>:x")(world)
    content = admin.post("/doctor/", {"bundle": world.text}).content.decode()
    assert "&lt;script&gt;alert(1)" in content
    assert "<script>alert" not in content


def test_a_password_that_is_pasted_is_not_said_again(admin: Client, world: World) -> None:
    world.sections["/etc/postfix/sql/domains.cf"] += "password = hunter2\n"
    main("virtual_transport", "nowhere")(world)
    page = read(admin.post("/doctor/", {"bundle": world.text}))
    assert "postfix.no_service" in page
    assert "hunter2" not in page


def test_it_is_for_superadmins(bob: Client, admin: Client) -> None:
    assert bob.get("/doctor/").status_code == 403
    assert "/doctor/" not in read(bob.get("/domains/"))
    assert "/doctor/" in read(admin.get("/domains/"))
