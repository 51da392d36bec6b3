"""The numbers of an authenticator app: RFC 6238 with its usual values (SHA-1, 30 s, 6 digits)."""

from __future__ import annotations

import time

import pyotp
import segno
from django.utils.crypto import constant_time_compare

STEP_SECONDS = 30
DIGITS = 6
# A clock may be half a minute off, and typing takes time (RFC 6238, section 5.2).
STEPS_OFF = 1


def new_secret() -> str:
    """160 random bits in base32 (RFC 4226, section 4)."""
    return pyotp.random_base32(32)


def matching_step(secret: str, code: str, *, after: int, now: float | None = None) -> int | None:
    """The 30 seconds that this number belongs to, later than the step `after`; None if to none.

    `now`: seconds since 1970.
    """
    if len(code) != DIGITS or not code.isascii() or not code.isdigit():
        return None
    current = int(time.time() if now is None else now) // STEP_SECONDS
    numbers = pyotp.HOTP(secret, digits=DIGITS)
    found = None
    for step in range(current - STEPS_OFF, current + STEPS_OFF + 1):
        # All are compared, whichever fits.
        if constant_time_compare(numbers.at(step), code) and step > after and found is None:
            found = step
    return found


def address(secret: str, *, site: str, name: str) -> str:
    """The otpauth: address that an app scans, for somebody's `name` at this `site`."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=site)


def qr_code(text: str) -> str:
    """The text as an inline SVG, dark on light in any theme: some scanners read no other.

    Without a size of its own, so that it fills its box whatever the length of the text.
    """
    return segno.make(text, error="m").svg_inline(
        border=4, light="#fff", dark="#000", omitsize=True
    )


def in_groups(secret: str) -> str:
    """The secret as somebody types it: in groups of four."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
