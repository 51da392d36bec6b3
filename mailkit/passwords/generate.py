"""A good random password that can be read out on the telephone."""

from __future__ import annotations

import secrets

# Small letters and digits without those that look or sound alike when read: 0 o, 1 l i.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
GROUPS = 4
GROUP_LENGTH = 4


def generate_password() -> str:
    """Four groups of four characters, `k7mx-...`: 16 out of 31 characters, 79 bits."""
    return "-".join(
        "".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS)
    )
