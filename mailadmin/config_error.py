"""What every reader of the environment raises."""

from __future__ import annotations


class ConfigError(Exception):
    """A value in the environment that cannot be meant; its text names the variable."""
