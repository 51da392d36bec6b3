"""The signer's DKIM keys: make a pair, and read those that OpenDKIM or rspamd sign with.

A private half is only ever in a `KeyPair`, which does not show it, and in the signer's file.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from mailkit.dns.subject import SignerKey

RSA_BITS = 2048
# A key file is under 4 KiB; what is longer is something else.
MOST_BYTES = 64 * 1024

_Private = RSAPrivateKey | Ed25519PrivateKey
_Public = RSAPublicKey | Ed25519PublicKey


class KeyFault(ValueError):
    """A file or text that holds no key a signer can use; the words never quote its content."""


@dataclass(frozen=True)
class KeyPair:
    """A new pair: the private half as PEM (PKCS#8), the public one as SPKI."""

    pem: str = field(repr=False)
    spki: bytes = field(repr=False)

    def signer_key(self, selector: str) -> SignerKey:
        return SignerKey(selector, self.spki)

    def bare(self) -> str:
        """An Ed25519 pair as base64 of its two halves, 32 bytes each, as rspamd writes it."""
        key = load_pem_private_key(self.pem.encode("ascii"), None)
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyFault("only an Ed25519 key is written so")
        return base64.b64encode(key.private_bytes_raw() + self.spki[-32:]).decode("ascii")


@dataclass(frozen=True)
class ReadKeys:
    """The keys found by domain (lower case), and what could not be read.

    `unread`: by domain, the selectors of files that we could not read, though the signer may; none
    where not even the files could be listed. `unreadable`: nor could the domains.
    """

    keys: dict[str, tuple[SignerKey, ...]] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    unread: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unreadable: bool = False


def make_rsa() -> KeyPair:
    """An RSA pair of 2048 bits, which every verifier knows (RFC 8301, 3.2)."""
    return _pair(generate_private_key(public_exponent=65537, key_size=RSA_BITS))


def make_ed25519() -> KeyPair:
    """An Ed25519 pair (RFC 8463); only beside an RSA one, since few verifiers know it."""
    return _pair(Ed25519PrivateKey.generate())


def _pair(key: _Private) -> KeyPair:
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return KeyPair(pem.decode("ascii"), _spki(key.public_key()))


def _spki(key: _Public) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def read_pem(text: str | bytes) -> bytes:
    """The public half, as SPKI, of a private or public key in PEM. Raises KeyFault.

    rspamd writes an Ed25519 key as bare base64 of its 32 bytes, with or without the public half
    behind them; that is read too.
    """
    raw = text.encode("utf-8", "replace") if isinstance(text, str) else text
    try:
        if b"PRIVATE KEY" in raw:
            # Whether its primes are primes is the signer's business, and takes 25 ms.
            key: object = load_pem_private_key(
                raw, password=None, unsafe_skip_rsa_key_validation=True
            )
        elif b"PUBLIC KEY" in raw:
            key = load_pem_public_key(raw)
        else:
            key = _bare_ed25519(raw)
    except TypeError as problem:
        raise KeyFault("the key is locked with a passphrase") from problem
    except (ValueError, UnsupportedAlgorithm) as problem:
        # The library's words may quote bytes of the key.
        raise KeyFault("no key that can be read") from problem
    if isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        return _spki(key.public_key())
    if isinstance(key, RSAPublicKey | Ed25519PublicKey):
        return _spki(key)
    raise KeyFault("neither an RSA nor an Ed25519 key")


def base64_bytes(text: bytes) -> bytes:
    """What stands there as base64, with blanks and line ends or without. Raises KeyFault."""
    try:
        return base64.b64decode(b"".join(text.split()), validate=True)
    except binascii.Error as problem:
        raise KeyFault("no key that can be read") from problem


def _bare_ed25519(raw: bytes) -> Ed25519PrivateKey:
    seed = base64_bytes(raw)
    if len(seed) not in (32, 64):
        raise KeyFault("no key that can be read")
    return Ed25519PrivateKey.from_private_bytes(seed[:32])


def read_key_file(path: Path) -> bytes:
    """The public half of the key in a file, as SPKI. Raises KeyFault with the path."""
    try:
        with path.open("rb") as file:
            return read_pem(file.read(MOST_BYTES))
    except OSError as problem:
        raise KeyFault(f"{path}: {problem.strerror or 'cannot be read'}") from problem
    except KeyFault as problem:
        raise KeyFault(f"{path}: {problem}") from problem


def read_key_dir(
    directory: Path, domains: Iterable[str] = (), *, only: Iterable[str] | None = None
) -> ReadKeys:
    """The keys of a directory: `<domain>.<selector>.key`, as rspamd names them, and
    `<domain>/<selector>.private`, as OpenDKIM's opendkim-genkey does.

    A selector with a dot in it is only told from the domain if the domain is among `domains`.
    `only`: leave the files of other domains unopened.
    """
    known = {name.lower() for name in domains}
    wanted = None if only is None else {name.lower() for name in only}
    found: list[tuple[str, str, Path]] = []
    shut: dict[str, str] = {}
    try:
        entries = sorted(directory.iterdir())
    except OSError as problem:
        words = f"{directory}: {problem.strerror}"
        return ReadKeys(problems=(words,), unreadable=True)
    for entry in entries:
        by_name = entry.suffix == ".key"
        domain, selector = _split(entry.stem, known) if by_name else (entry.name, "")
        if wanted is not None and domain.lower() not in wanted:
            continue
        if by_name:
            found.append((domain, selector, entry))
            continue
        try:
            # Not by glob, which passes over what it may not list.
            inside = sorted(entry.iterdir())
        except NotADirectoryError:
            continue
        except OSError as problem:
            shut[domain.lower()] = f"{entry}: {problem.strerror}"
            continue
        found += [(domain, one.stem, one) for one in inside if one.suffix == ".private"]
    read = _collect(found)
    unread = {**dict.fromkeys(shut, ()), **read.unread}
    return ReadKeys(read.keys, (*shut.values(), *read.problems), unread)


def _split(name: str, known: set[str]) -> tuple[str, str]:
    # The longest one: `example.co.uk` may be known beside `example.co`.
    for at in range(len(name) - 1, 0, -1):
        if name[at] == "." and name[:at].lower() in known:
            return name[:at], name[at + 1 :]
    domain, _, selector = name.rpartition(".")
    return domain, selector


def _collect(found: Iterable[tuple[str, str, Path]]) -> ReadKeys:
    """Rows of domain, selector and file as keys."""
    keys: dict[str, list[SignerKey]] = {}
    unread: dict[str, tuple[str, ...]] = {}
    problems: list[str] = []
    for domain, selector, path in found:
        try:
            spki = read_key_file(path)
        except KeyFault as problem:
            problems.append(str(problem))
            if domain and selector:
                there = unread.get(domain.lower(), ())
                unread[domain.lower()] = (*there, selector.lower())
            continue
        if not domain or not selector:
            problems.append(f"{path}: its name tells no domain and selector")
            continue
        key = SignerKey(selector.lower(), spki)
        if key not in keys.setdefault(domain.lower(), []):
            keys[domain.lower()].append(key)
    read = {domain: tuple(rows) for domain, rows in keys.items()}
    return ReadKeys(read, tuple(problems), unread)
