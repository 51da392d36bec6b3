"""Readers of single values of the environment; a wrong one raises ConfigError with its name."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from mailadmin.config_error import ConfigError


def items(values: Mapping[str, str], name: str) -> list[str]:
    """A list with commas between its items, without the empty ones."""
    return [item.strip() for item in values.get(name, "").split(",") if item.strip()]


def boolean(values: Mapping[str, str], name: str, *, default: bool = False) -> bool:
    """1 or 0, and what else people write for it."""
    text = values.get(name, "").strip().lower()
    if not text:
        return default
    if text in ("0", "false", "no", "off"):
        return False
    if text in ("1", "true", "yes", "on"):
        return True
    raise ConfigError(f"{name}={text!r} is neither yes nor no: write 1 or 0.")


def networks(
    values: Mapping[str, str], name: str
) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Addresses and networks, with commas between them."""
    found = []
    for item in items(values, name):
        try:
            found.append(ipaddress.ip_network(item))
        except ValueError as error:
            raise ConfigError(
                f"{name}: {item!r} is no address or network: write 127.0.0.1 or 10.0.0.0/8."
            ) from error
    return found


def whole(values: Mapping[str, str], name: str, unit: str, allowed: range, *, default: int) -> int:
    """A whole number of days, hours ... within `allowed`."""
    text = values.get(name, "").strip()
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or int(text) not in allowed:
        raise ConfigError(
            f"{name}={text!r} must be a whole number of {unit} "
            f"from {allowed.start} to {allowed.stop - 1}: write {default}."
        )
    return int(text)
