"""The log: a refusal or a known trouble is one line, a fault has its traceback."""

from __future__ import annotations

import logging
import sys
from unittest.mock import patch

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import DataError, IntegrityError, OperationalError, connection
from django.test import Client, RequestFactory

from mailadmin.logs import RefusalsInOneLine


@pytest.mark.parametrize(("status", "traceback"), [(403, False), (404, False), (500, True)])
def test_only_a_fault_has_a_traceback(status, traceback):
    try:
        raise ValueError("why")
    except ValueError:
        record = logging.LogRecord("django.request", 30, "x", 1, "said", (), sys.exc_info())
    record.status_code = status
    assert RefusalsInOneLine().filter(record)
    assert bool(record.exc_info) is traceback


# Sorted alike on every database: what they say differs, see audit/trouble.py.
AWAY = OperationalError(2002, "Can't connect to\nserver on 'db'")


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (AWAY, "unreachable: (2002, \"Can't connect to\\nserver on 'db'\")"),
        (IntegrityError("Failing row contains ({PLAIN}secret)"), "conflict: IntegrityError"),
        (DataError("too long: '{PLAIN}secret'"), "does_not_fit: DataError"),
        (ValueError("a fault of ours"), None),
    ],
)
def test_trouble_with_the_database_is_one_line(error, line):
    try:
        raise error
    except type(error):
        record = logging.LogRecord(
            "django.request", 40, "x", 1, "%s: %s", ("Unavailable", "/50%/"), sys.exc_info()
        )
    record.status_code = 503
    assert RefusalsInOneLine().filter(record)
    assert bool(record.exc_info) is (line is None)
    said = logging.Formatter().format(record)
    if line is not None:
        assert said == f"Unavailable: /50%/ ({line})"
        assert "secret" not in said


def test_a_request_without_a_database_logs_one_line(db):
    def away(*args, **options):
        raise AWAY

    client = Client(raise_request_exception=False)
    client.cookies["sessionid"] = "x" * 32
    logger = logging.getLogger("django")
    seen: list[str] = []

    class Handler(logging.StreamHandler):
        def emit(self, record):
            seen.append(self.format(record))

    handler = Handler()
    handler.addFilter(RefusalsInOneLine())
    logger.addHandler(handler)
    try:
        with patch.object(connection, "cursor", away):
            assert client.get("/domains/").status_code == 503
    finally:
        logger.removeHandler(handler)
    assert len(seen) == 1
    assert seen[0].startswith("Service Unavailable: /domains/ (unreachable: ")
    assert len(seen[0].splitlines()) == 1


@pytest.mark.parametrize(
    "path", ["/login/", "/healthz", "/nothing/", "/", "/static/js/panel.js", "/audit/export/"]
)
def test_the_answer_to_head_has_no_body(db, path):
    """gunicorn would warn of one, each time a monitor asks."""

    def ask(method: str) -> tuple[str, dict[str, str], bytes]:
        told: list[object] = []
        environ = RequestFactory().generic(method, path).environ
        response = WSGIHandler()(environ, lambda status, headers: told.extend([status, headers]))
        body = b"".join(response)
        response.close()
        return str(told[0]), dict(told[1]), body

    status, headers, body = ask("HEAD")
    same, full, _body = ask("GET")
    assert (status, body) == (same, b"")
    assert headers.get("Content-Type") == full.get("Content-Type")
    assert headers.get("Content-Length") == full.get("Content-Length")
