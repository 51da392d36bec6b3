"""Which Dovecot is installed on this machine."""

from __future__ import annotations

import shutil
import subprocess

from mailkit.dovecot.config import Version

SECONDS = 10


def installed_version() -> Version | None:
    """2.3 or 2.4; None where no Dovecot is, or another one."""
    program = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin")
    if program is None:
        return None
    try:
        done = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=SECONDS, check=False
        )
        return Version(".".join(done.stdout.split(".")[:2]))
    except (OSError, subprocess.TimeoutExpired, ValueError):
        return None
