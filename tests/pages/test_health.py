"""/healthz."""

from __future__ import annotations

from unittest.mock import patch

from django.db import OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client


def test_it_says_ok_without_a_sign_in(client: Client, db: None) -> None:
    response = client.get("/healthz")

    assert (response.status_code, response.content) == (200, b"ok")


def test_it_says_503_when_the_database_does_not_answer(client: Client, db: None) -> None:
    wrapper = type(connections["default"])
    with patch.object(wrapper, "is_usable", return_value=False):
        assert client.get("/healthz").status_code == 503
    with patch.object(BaseDatabaseWrapper, "ensure_connection", side_effect=OperationalError("x")):
        assert client.get("/healthz").status_code == 503
