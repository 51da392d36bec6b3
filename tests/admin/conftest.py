"""The cast of the panel's page tests, for Django admin."""

from __future__ import annotations

from tests.pages.conftest import *  # noqa: F403
