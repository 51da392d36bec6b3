"""Ask the running Dovecot whether it lets somebody in: doveadm-auth(1).

The password goes through a pipe, never onto a command line, which every user of the machine can
read. To Dovecot it is a sign-in like any other: a wrong password stands in its log.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from pathlib import Path

from mailkit.doctor.collect import DOVECOT_CONF, Output, run

# Dovecot waits after a wrong password, and 2.4 some seconds more for a hash that it refuses.
SECONDS = 20.0
# It puts no more than this into a request.
LONGEST = 2000


class Said(Enum):
    """Dovecot's answer, or that there is none."""

    YES = "yes"
    NO = "no"
    TEMPORARY = "temporary failure"
    NOT_ASKED = "not asked"


@dataclass(frozen=True)
class Answer:
    """`reason`: what doveadm said where Dovecot could not be asked."""

    said: Said
    reason: str = ""


RunWith = Callable[[Sequence[str], str], Output]
_run: RunWith = partial(run, seconds=SECONDS)
# doveadm reads one line; and Dovecot refuses these itself.
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def ask_dovecot(
    address: str,
    password: str,
    conf: Path = DOVECOT_CONF,
    *,
    run: RunWith = _run,
) -> Answer:
    """Whether Dovecot lets this address in with this password, as at an IMAP sign-in."""
    if not address or _CONTROL.search(address + password):
        return Answer(Said.NOT_ASKED, "control characters")
    if len((address + password).encode(errors="replace")) > LONGEST:
        return Answer(Said.NOT_ASKED, f"longer than {LONGEST} bytes")
    command = ["doveadm", "-c", str(conf), "auth", "test", "-x", "service=imap", "--", address]
    found = run(command, password + "\n")
    first = found.out.split("\n")[0]
    if found.code == 0 and first == f"passdb: {address} auth succeeded":
        return Answer(Said.YES)
    if first == f"passdb: {address} auth failed":
        return Answer(Said.NO)
    if "internal auth failure" in found.err or "temp_fail" in found.out:
        return Answer(Said.TEMPORARY)
    return Answer(Said.NOT_ASKED, found.err.strip().split("\n")[-1][:300] or f"exit {found.code}")
