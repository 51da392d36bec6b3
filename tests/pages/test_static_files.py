"""The files beside the pages: Tabler's own bytes, and names that exist once they are hashed."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client, override_settings

from mailadmin.staticfiles import Storage


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        # Of npm's @tabler/core 1.4.0.
        ("tabler/css/tabler.min.css", "7ef750bd10546a69"),
        ("tabler/js/tabler.min.js", "b60c76160e976245"),
    ],
)
def test_tabler_is_the_published_one(name: str, begins: str) -> None:
    found = finders.find(name)

    assert found
    assert hashlib.sha256(Path(found).read_bytes()).hexdigest().startswith(begins)


def test_every_file_that_a_template_names_exists_under_its_hashed_name(tmp_path: Path) -> None:
    names = {
        name
        for template in (Path(__file__).parents[2] / "templates").rglob("*.html")
        for name in re.findall(r"{% static '([^']+)' %}", template.read_text())
    }
    with override_settings(
        STATIC_ROOT=str(tmp_path),
        STORAGES={
            **settings.STORAGES,
            "staticfiles": {"BACKEND": "mailadmin.staticfiles.Storage"},
        },
    ):
        call_command("collectstatic", interactive=False, verbosity=0)
        storage = Storage(location=str(tmp_path))
        stored = {name: storage.stored_name(name) for name in names}

    assert len(names) > 5
    for name, hashed in stored.items():
        assert hashed != name, name
        assert (tmp_path / hashed).is_file(), name
    # The fonts named in the css by url() are hashed as well.
    css = (tmp_path / stored["css/fonts.css"]).read_text()
    assert re.search(r"inter-latin-wght-normal\.[0-9a-f]{12}\.woff2", css)


def test_a_static_file_carries_the_same_headers_as_a_page(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("body {}")
    with override_settings(STATIC_ROOT=str(tmp_path)):
        answer = Client().get("/static/a.css")

    assert answer.status_code == 200
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["X-Content-Type-Options"] == "nosniff"
