"""What the installed Postfix is set to, read from its configuration and kept for a minute."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from django.conf import settings

from mailkit.postfix.master import Settings, read_settings

KEPT_SECONDS = 60.0
_kept: tuple[float, Path, Settings] | None = None


def postfix_settings() -> Settings:
    """The settings of `POSTFIX_CONFIG`, or Debian's defaults where none can be read."""
    global _kept  # noqa: PLW0603 - one value for the process, replaced as a whole
    directory = Path(settings.MAILADMIN.postfix_config)
    now = time.monotonic()
    if _kept is None or _kept[1] != directory or now - _kept[0] >= KEPT_SECONDS:
        _kept = (now, directory, read_settings(directory))
    return _kept[2]


def delimiter() -> str:
    """The recipient delimiter: the environment's, else Postfix's."""
    chosen = settings.MAILADMIN.recipient_delimiter
    return postfix_settings().recipient_delimiter if chosen is None else str(chosen)


def route_settings() -> Settings:
    """Postfix's settings with what the environment puts over them."""
    found = postfix_settings()
    # Where no main.cf can be read, the mail host is what a destination without a domain gets.
    origin = found.myorigin or settings.MAILADMIN.mail_hostname or ""
    return replace(found, recipient_delimiter=delimiter(), myorigin=origin)


def services_of_postfix() -> dict[str, str]:
    """The services of master.cf that a transport may name, with the kind of each."""
    return dict(postfix_settings().services)
