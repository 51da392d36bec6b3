"""What an installed Postfix is set to: the services of master.cf and a few settings of main.cf."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

# Commands that deliver mail, so that a transport may name their service; what each takes as
# nexthop follows from its kind.
KINDS = {
    "smtp": "smtp",
    "lmtp": "lmtp",
    "error": "error",
    "retry": "error",
    "discard": "discard",
    "local": "local",
    "virtual": "virtual",
    "pipe": "pipe",
    "spawn": "pipe",
}

# Debian's master.cf, as far as a transport may name it.
DEBIAN_SERVICES: Mapping[str, str] = {
    "smtp": "smtp",
    "relay": "smtp",
    "error": "error",
    "retry": "error",
    "discard": "discard",
    "local": "local",
    "virtual": "virtual",
    "lmtp": "lmtp",
    "maildrop": "pipe",
    "uucp": "pipe",
    "ifmail": "pipe",
    "bsmtp": "pipe",
    "scalemail-backend": "pipe",
    "mailman": "pipe",
}
DEFAULT_VIRTUAL_TRANSPORT = "lmtp:unix:private/dovecot-lmtp"
DEFAULT_DELIMITER = "+"


@dataclass(frozen=True)
class Settings:
    """`services`: name to kind; `readable`: False where Debian's defaults stand in."""

    virtual_transport: str = DEFAULT_VIRTUAL_TRANSPORT
    relayhost: str = ""
    mydestination: tuple[str, ...] = ()
    recipient_delimiter: str = DEFAULT_DELIMITER
    services: Mapping[str, str] = field(default_factory=lambda: dict(DEBIAN_SERVICES))
    readable: bool = False


def parse_master(text: str) -> dict[str, str]:
    """{service: kind} of the services in a master.cf that a transport may name. master(5)."""
    services: dict[str, str] = {}
    for line in _logical_lines(text):
        fields = line.split()
        # service type private unpriv chroot wakeup maxproc command args...
        if len(fields) < 8 or fields[1] not in ("unix", "fifo", "pass"):
            continue
        command = fields[7].rpartition("/")[2]
        if command in KINDS:
            services[fields[0]] = KINDS[command]
    return services


def _logical_lines(text: str) -> list[str]:
    # A line that begins with white space continues the one before; comments do not end it.
    lines: list[str] = []
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line[0].isspace() and lines:
            lines[-1] += " " + line.strip()
        else:
            lines.append(line.strip())
    return lines


def read_settings(directory: Path) -> Settings:
    """The settings of the Postfix whose configuration lies here, as `postconf -c` sees it.

    Where nothing can be read (no directory, no rights, no postconf), the contract's defaults.
    """
    try:
        services = parse_master((directory / "master.cf").read_text("utf-8", "replace"))
    except OSError:
        services = {}
    values = _postconf(directory)
    if values is None:
        return Settings(services=services or dict(DEBIAN_SERVICES), readable=bool(services))
    return Settings(
        virtual_transport=values.get("virtual_transport") or DEFAULT_VIRTUAL_TRANSPORT,
        relayhost=values.get("relayhost", ""),
        mydestination=tuple(
            name for name in re.split(r"[,\s]+", values.get("mydestination", "")) if name
        ),
        recipient_delimiter=values.get("recipient_delimiter", ""),
        services=services or dict(DEBIAN_SERVICES),
        readable=True,
    )


def _postconf(directory: Path) -> dict[str, str] | None:
    postconf = shutil.which("postconf") or shutil.which("postconf", path="/usr/sbin")
    if postconf is None or not (directory / "main.cf").is_file():
        return None
    names = ("virtual_transport", "relayhost", "mydestination", "recipient_delimiter")
    try:
        done = subprocess.run(
            [postconf, "-x", "-c", str(directory), *names],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    if done.returncode != 0:
        return None
    pairs = (line.partition("=") for line in done.stdout.splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}
