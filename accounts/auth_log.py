"""Refused sign-ins in the log, a line each that fail2ban reads, and in the change log.

The line is part of the interface: `deploy/fail2ban/` has the filter for it. The network address
comes first and what was typed last, so that nobody can write an address of his choice there.
"""

from __future__ import annotations

import logging

from accounts.models import User
from accounts.throttle import Attempt
from audit.log import record_refused_sign_in
from mailkit.addresses import lowered

logger = logging.getLogger("mailadmin.auth")

MISMATCH = "mismatch"
LOCKED_OUT = "locked_out"
SUSPENDED = "suspended"
LOGGED_LENGTH = 254


def refused(attempt: Attempt, reason: str, detail: str = "") -> None:
    """Somebody did not get in. The name is logged only if it can be no secret.

    People type passwords into the field for the name; what is neither an operator's name nor looks
    like an address is left out. `detail`: what is wrong with a passkey, for whoever sets the panel
    up behind a proxy.
    """
    name = attempt.typed
    known = User.objects.operators().filter(username=lowered(name.strip())).exists()
    logger.warning(
        "refused address=%s method=%s reason=%s name=%s%s",
        attempt.address or "-",
        attempt.method.value,
        reason,
        _quoted(name if known or "@" in name else ""),
        f" detail={_quoted(detail)}" if detail else "",
    )
    record_refused_sign_in(
        name=name,
        address=attempt.address,
        known=known,
        method=attempt.method.value,
        reason=reason,
    )


def _quoted(name: str) -> str:
    # One line, printable ASCII: it ends up on terminals and in fail2ban's regular expression.
    plain = name.strip()[:LOGGED_LENGTH].encode("ascii", "backslashreplace").decode()
    kept = "".join(sign if sign.isprintable() and sign not in '"\\' else "_" for sign in plain)
    return f'"{kept}"'
