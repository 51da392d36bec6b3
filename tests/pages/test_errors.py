"""The panel's own error pages."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from django.db import OperationalError
from django.template.loader import render_to_string
from django.test import Client

from audit.trouble import Trouble


@pytest.mark.parametrize("name", ["400", "403", "404", "500", "403_csrf"])
def test_an_error_page_needs_neither_request_nor_database(name: str) -> None:
    html = render_to_string(f"{name}.html")

    assert "panel.css" in html
    assert "<h1" in html


def test_trouble_says_what_and_how_to_mend_it() -> None:
    trouble = Trouble("code", "What is wrong.", "How to mend it.", "python manage.py migrate")

    html = render_to_string("trouble.html", {"trouble": trouble})

    for text in ("What is wrong.", "How to mend it.", "python manage.py migrate"):
        assert text in html


def test_a_missing_page_is_styled(admin: Client) -> None:
    response = admin.get("/nothing/here/")

    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()


def test_a_strange_host_name_is_refused_with_a_page(client: Client, db: None) -> None:
    response = client.get("/login/", headers={"host": "evil.example"})

    assert response.status_code == 400
    assert "ALLOWED_HOSTS" in response.content.decode()


def test_a_database_that_goes_away_is_503_with_what_to_do(admin: Client) -> None:
    admin.raise_request_exception = False
    with patch(
        "domains.querysets.KeyedQuerySet.page", side_effect=OperationalError("cannot connect")
    ):
        response = admin.get("/mailboxes/")

    assert response.status_code == 503
    assert response["Retry-After"] == "30"
    assert "The database cannot be reached" in response.content.decode()


def test_a_bug_is_500_without_a_traceback(admin: Client) -> None:
    admin.raise_request_exception = False
    with patch("domains.querysets.KeyedQuerySet.page", side_effect=RuntimeError("secret detail")):
        response = admin.get("/mailboxes/")

    assert response.status_code == 500
    assert "secret detail" not in response.content.decode()
