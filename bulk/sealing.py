"""What a job keeps is compressed and sealed: files that people give us have passwords in them.

AES-GCM with a key made of SECRET_KEY: whoever reads the database alone, or a dump of it, learns
nothing; nor can he put one job's part in another's place.
"""

from __future__ import annotations

import os
import zlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.utils.crypto import salted_hmac

NONCE = 12
LEVEL = 1


class NotOurs(Exception):
    """It was sealed with another SECRET_KEY, or for another place."""


def seal(data: bytes, place: str) -> bytes:
    """Seal `data` for this place, a text that names it."""
    nonce = os.urandom(NONCE)
    return nonce + _key().encrypt(nonce, zlib.compress(data, LEVEL), place.encode())


def unseal(sealed: bytes, place: str) -> bytes:
    """What was sealed for this place. Raises NotOurs."""
    try:
        packed = _key().decrypt(sealed[:NONCE], sealed[NONCE:], place.encode())
    except InvalidTag as error:
        raise NotOurs from error
    return zlib.decompress(packed)


def _key() -> AESGCM:
    return AESGCM(salted_hmac("bulk.sealing", "parts", algorithm="sha256").digest())
