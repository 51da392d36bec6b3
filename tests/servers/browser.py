"""Fixtures of every browser test: Debian's Chromium, beside a panel on a live port."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> Iterator[dict[str, object]]:
    """How pytest-playwright starts the browser.

    Playwright's own event loop runs in the tests' thread, in which Django would refuse to ask
    the database.
    """
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    yield {"executable_path": "/usr/bin/chromium", "args": list(FLAGS)}
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
