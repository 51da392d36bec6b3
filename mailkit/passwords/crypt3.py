"""crypt(3): by the system's libcrypt, the very code Dovecot calls, or by libpass without it.

Python 3.13 has no `crypt` module any more, hence ctypes. `crypt_rn` keeps all it needs in the
buffer it is handed, so threads do not meet, and ctypes lets go of the interpreter lock while
it computes.

libpass and the older passlib are both imported as `passlib`.
"""

from __future__ import annotations

import ctypes
import hmac
from collections.abc import Callable

from passlib.hash import des_crypt, md5_crypt, sha256_crypt, sha512_crypt

# Both sonames belong to libxcrypt; .1 is Debian's.
_LIBRARIES = ("libcrypt.so.1", "libcrypt.so.2")
_DATA_SIZE = 32768  # sizeof(struct crypt_data), part of libxcrypt's ABI
# libcrypt refuses longer ones (CRYPT_MAX_PASSPHRASE_SIZE counts the NUL), and so does Dovecot.
LONGEST = 511

Crypt = Callable[[bytes, bytes], bytes | None]


def _load() -> Crypt | None:
    for name in _LIBRARIES:
        try:
            function = ctypes.CDLL(name).crypt_rn
        except (OSError, AttributeError):
            continue
        function.restype = ctypes.c_char_p
        function.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_int]
        return lambda secret, setting: _call(function, secret, setting)
    return None


def _call(crypt_rn: Callable[..., bytes | None], secret: bytes, setting: bytes) -> bytes | None:
    data = ctypes.create_string_buffer(_DATA_SIZE)
    return crypt_rn(secret, setting, data, _DATA_SIZE)


_system: Crypt | None = _load()


def make_sha512(secret: bytes, salt: str, rounds: int) -> str:
    """`$6$...` of a password of at most 511 bytes; 5000 rounds are not written, as by Dovecot."""
    if _system is not None:
        cost = "" if rounds == 5000 else f"rounds={rounds}$"
        made = _system(secret, f"$6${cost}{salt}".encode("ascii"))
        if made is not None:
            return made.decode("ascii")
    text: str = sha512_crypt.using(rounds=rounds, salt=salt).hash(secret)
    return text


def matches(secret: bytes, stored: bytes) -> bool | None:
    """Whether a password fits a whole hash of crypt(3); None if that cannot be computed here."""
    if len(secret) > LONGEST:
        return False
    if _system is not None:
        made = _system(secret, stored)
        if made is not None:
            return hmac.compare_digest(made, stored)
    return matches_by_libpass(secret, stored)


def matches_by_libpass(secret: bytes, stored: bytes) -> bool | None:
    """As `matches`, for md5-crypt, sha256-crypt, sha512-crypt and DES, of any length."""
    handlers = {b"$1$": md5_crypt, b"$5$": sha256_crypt, b"$6$": sha512_crypt}
    if not stored.startswith(b"$"):
        handler = des_crypt
    elif stored[:3] in handlers:
        handler = handlers[stored[:3]]
    else:
        return None
    try:
        return bool(handler.verify(secret, stored))
    except (ValueError, TypeError):  # a salt that libpass does not take, or over 4096 bytes
        return None
