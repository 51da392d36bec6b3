"""Fixtures for the tests of the mail server's commands."""

from __future__ import annotations

from tests.mailkit.tables.tutorial import tutorial

__all__ = ["tutorial"]
