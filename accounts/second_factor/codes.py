"""Recovery codes: 79 random bits each, so a plain digest is enough to store them by."""

from __future__ import annotations

import hashlib

from mailkit.passwords import generate_password
from mailkit.passwords.generate import GROUP_LENGTH, GROUPS

COUNT = 10


def new_codes() -> list[str]:
    """Ten codes such as "k7mp-2x4c-9wtr-hq3d"."""
    return [generate_password() for _ in range(COUNT)]


def looks_like_one(text: str) -> bool:
    """Whether this is as long as a recovery code."""
    return len(_bare(text)) == GROUPS * GROUP_LENGTH


def digest_of(user_id: int, text: str) -> str:
    """What a code of this person is stored as; blanks, hyphens and case do not matter."""
    return hashlib.sha256(f"{user_id}:{_bare(text)}".encode("utf-8", "replace")).hexdigest()


def _bare(text: str) -> str:
    return "".join(text.replace("-", "").split()).lower()
