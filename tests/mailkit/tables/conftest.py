"""Fixtures for the tests of the tables."""

from __future__ import annotations

from tests.mailkit.tables.tutorial import tutorial

__all__ = ["tutorial"]
