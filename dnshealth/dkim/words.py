"""Words for what keeps a signer from being given a key; docs/dkim.md says more of each code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from mailkit.dkim.signing import Obstacle

WORDS: Mapping[Obstacle, Any] = {
    Obstacle.NOT_READ: _("What %(signer)s signs with cannot be read: %(what)s."),
    Obstacle.NOT_WRITTEN: _(
        "The panel may not write there: %(what)s. Let its user write, or do this as root by "
        "command."
    ),
    Obstacle.NOT_FILES: _(
        "%(signer)s has no KeyTable and SigningTable in files that the panel could change "
        "(%(what)s): docs/dkim.md shows how to set them up."
    ),
    Obstacle.NOT_INCLUDED: _(
        "rspamd’s dkim_signing.conf lacks a line, without which it would not use the key: %(what)s"
    ),
    Obstacle.ONE_ALGORITHM: _(
        "%(signer)s signs all mail with one algorithm, here %(what)s, and refuses the mail of a "
        "domain whose key is of another kind."
    ),
    Obstacle.SAFE_KEYS: _(
        "%(signer)s takes only keys that belong to its own user or to root (RequireSafeKeys in "
        "%(what)s). Do this as root by command, or set RequireSafeKeys to no and keep the key "
        "directory to the two."
    ),
    Obstacle.NAME_TAKEN: _("Another key has that name in the KeyTable: %(what)s."),
    Obstacle.STILL_SIGNS: _("This key still signs: %(what)s."),
    Obstacle.NO_EFFECT: _(
        "By its tables %(signer)s would not sign with it: another row comes before it. Nothing is "
        "changed. Look at %(what)s."
    ),
}


def explain(obstacle: Obstacle) -> Any:
    """What is in the way, with `%(what)s` and `%(signer)s` to be filled in."""
    return WORDS[obstacle]
