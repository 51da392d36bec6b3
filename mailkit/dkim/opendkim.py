"""OpenDKIM 2.11: which key signs a domain by opendkim.conf(5), and giving it another one.

It reads its tables at the start and at a reload only; key files it reads for each mail. A key file
must be its own or root's and nobody else's to read (RequireSafeKeys, on unless switched off).
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
)

from mailkit.dkim import files
from mailkit.dkim.datasets import ANYBODY, DataSet, Row, keys_for, read_data_set
from mailkit.dkim.signing import ED25519, RSA, Obstacle, SignerFault, Signing, Signings
from mailkit.dns.dkim_keys import KeyFault, KeyPair, base64_bytes, read_key_file, read_pem

DEFAULT_CONFIG = Path("/etc/opendkim.conf")
MOST_NESTED = 5
_YES = ("yes", "true", "1", "on")
_FILES = "it is no plain file or refile"


@dataclass(frozen=True)
class OpenDkim:
    """OpenDKIM with this configuration file, read anew at each call."""

    config: Path = DEFAULT_CONFIG
    name: str = "OpenDKIM"
    reload_command: str = "systemctl reload opendkim"

    def read(self, domains: Iterable[str]) -> Signings:
        """Which keys sign these domains (A-labels). Never raises."""
        try:
            setting = read_config(self.config)
            if not setting.get("signingtable") or not setting.get("keytable"):
                return _single_key(setting, domains)
            keys = read_data_set(setting["keytable"])
            signing = read_data_set(setting["signingtable"])
        except SignerFault as fault:
            return Signings(problems=(fault.what,), unreadable=True)
        several = _is_on(setting, "multiplesignatures")
        return _signings(keys, signing, domains, several=several)

    def check(self, domain: str, kind: str) -> None:
        """Raises SignerFault where OpenDKIM could not sign with such a key of ours."""
        setting = read_config(self.config)
        algorithm = setting.get("signaturealgorithm", "rsa-sha256").lower()
        if kind != (ED25519 if algorithm.startswith("ed25519") else RSA):
            # Seen with 2.11.0: one algorithm for all mail, and with a key of another kind it
            # answers 451 to every mail of the domain.
            raise SignerFault(Obstacle.ONE_ALGORITHM, algorithm)
        if _is_on(setting, "requiresafekeys", default=True) and os.geteuid() not in (
            0,
            _user(setting)[0],
        ):
            raise SignerFault(Obstacle.SAFE_KEYS, str(self.config))
        _tables(setting)

    def write_key(self, path: Path, pair: KeyPair) -> None:
        """See `files.write_key`; root gives the file to OpenDKIM's user."""
        owner = _user(read_config(self.config)) if os.geteuid() == 0 else None
        files.write_key(path, pair.pem, owner=owner)

    def switch(self, domain: str, selector: str, path: Path, replaces: str) -> None:
        """Name the key in the KeyTable, then have the SigningTable take it for the domain."""
        setting = read_config(self.config)
        with ExitStack() as held:
            old_keys, old_signing = keys, signing = _hold(setting, held)
            name, value = key_name(domain, selector), f"{domain}:{selector}:{path}"
            there = next((row.value for row in keys.rows if row.key == name), None)
            if there not in (None, value):
                raise SignerFault(Obstacle.NAME_TAKEN, f"{keys.path}: {name}")
            if there is None:
                keys = keys.with_text(_text([*_lines(keys), f"{name} {value}"]))
            several = _is_on(setting, "multiplesignatures")
            signing = signing.with_text(_switched(signing, keys, domain, name, replaces, several))
            # Judged before anything is written: what is refused leaves both tables as they are.
            found = _signings(keys, signing, [domain], several=several).of(domain)
            if not any(row.selector == selector and row.path == path for row in found):
                raise SignerFault(Obstacle.NO_EFFECT, f"{signing.path}: {domain}")
            # In this order, so that no row ever names a key that is not there.
            for old, new in ((old_keys, keys), (old_signing, signing)):
                if new.text != old.text:
                    files.replace_text(_path(new), new.text)

    def drop(self, domain: str, selector: str) -> None:
        """Take the key's row out of the KeyTable. Raises SignerFault while it signs."""
        setting = read_config(self.config)
        with ExitStack() as held:
            keys, signing = _hold(setting, held)
            name = key_name(domain, selector)
            if any(_named(row) == name for row in signing.rows):
                raise SignerFault(Obstacle.STILL_SIGNS, f"{signing.path}: {name}")
            gone = {row.line for row in keys.rows if row.key == name}
            if gone:
                kept = [line for at, line in enumerate(_lines(keys)) if at not in gone]
                files.replace_text(_path(keys), _text(kept))


def key_name(domain: str, selector: str) -> str:
    """The name we give a key in the KeyTable, as most do by hand."""
    return f"{selector}._domainkey.{domain}"


def read_config(path: Path, *, depth: int = 0) -> dict[str, str]:
    """Settings by name in lower case; a later one counts. Raises SignerFault."""
    found: dict[str, str] = {}
    for line in files.read_text(path).splitlines():
        words = line.split("#", 1)[0].split(None, 1)
        if len(words) != 2:
            continue
        name, value = words[0].lower(), words[1].strip()
        if name == "include" and depth < MOST_NESTED:
            found |= read_config(Path(value), depth=depth + 1)
        else:
            found[name] = value
    return found


def _is_on(setting: dict[str, str], name: str, *, default: bool = False) -> bool:
    value = setting.get(name)
    return default if value is None else value.lower() in _YES


def _user(setting: dict[str, str]) -> tuple[int, int]:
    """The user OpenDKIM runs as, and its group. Raises SignerFault."""
    name = setting.get("userid", "").partition(":")[0]
    if not name:
        return os.geteuid(), os.getegid()
    try:
        user = pwd.getpwuid(int(name)) if name.isdecimal() else pwd.getpwnam(name)
    except KeyError as problem:
        raise SignerFault(Obstacle.NOT_READ, f"UserID {name}: no such user") from problem
    return user.pw_uid, user.pw_gid


def _single_key(setting: dict[str, str], domains: Iterable[str]) -> Signings:
    """Without tables: Domain, Selector and KeyFile, one key for a list of domains."""
    if setting.get("keytable"):
        words = "a KeyTable without a SigningTable: which key signs is not known"
        return Signings(problems=(words,), unreadable=True)
    listed = setting.get("domain", "")
    if not (listed and setting.get("keyfile") and setting.get("selector")):
        return Signings()
    try:
        signed = read_data_set(listed)
    except SignerFault as fault:
        return Signings(problems=(fault.what,), unreadable=True)
    where = f"{setting['selector']}:{setting['keyfile']}"
    found = [
        _from_value(f"{domain}:{where}", domain)
        for domain in domains
        if signed.get(domain) is not None
    ]
    return Signings(tuple(found))


def _signings(
    keys: DataSet, signing: DataSet, domains: Iterable[str], *, several: bool
) -> Signings:
    """What signs these domains by these two tables."""
    rows: list[Signing] = []
    problems: list[str] = []
    for domain in domains:
        for row in _rows_for(signing, domain, several):
            found = _signing(keys, _key_name(row, domain), domain)
            if isinstance(found, str):
                problems.append(found)
            else:
                rows.append(found)
    return Signings(tuple(rows), tuple(problems))


def _rows_for(signing: DataSet, domain: str, several: bool) -> list[Row]:
    """The rows that sign the mail of everybody at the domain, in OpenDKIM's order."""
    if signing.patterns:
        found = signing.matching(f"{ANYBODY}@{domain}")
    else:
        found = [row for key in keys_for(domain) if (row := signing.first(key)) is not None]
    return found if several else found[:1]


def _named(row: Row) -> str:
    # Behind the colon: the signer, for i=.
    return row.value.partition(":")[0].strip()


def _key_name(row: Row, domain: str) -> str:
    name = _named(row)
    return domain if name == "%" else name


def _signing(keys: DataSet, name: str, domain: str) -> Signing | str:
    value = keys.get(name)
    if value is None or value.count(":") < 2:
        return f"{keys.path or 'KeyTable'}: no key {name}"
    return _from_value(value, domain)


def _from_value(value: str, domain: str) -> Signing:
    """`domain:selector:key` of the KeyTable; the key a path, or itself."""
    signs_as, selector, key = (part.strip() for part in value.split(":", 2))
    signs_as = domain if signs_as == "%" else signs_as.lower()
    selector = selector.lower()
    if not key.startswith(("/", "./", "../")):
        try:
            return Signing(domain, selector, signs_as, spki=_inline(key))
        except KeyFault as fault:
            words = f"the key of {selector}._domainkey.{signs_as} in the table: {fault}"
            return Signing(domain, selector, signs_as, problem=words)
    path = Path(key.replace("%", domain))
    try:
        return Signing(domain, selector, signs_as, path, read_key_file(path))
    except KeyFault as fault:
        return Signing(domain, selector, signs_as, path, problem=str(fault))


def _inline(text: str) -> bytes:
    """A private key as PEM, or its DER in base64. Raises KeyFault without the text."""
    if "-----" in text:
        return read_pem(text)
    try:
        key = load_der_private_key(base64_bytes(text.encode("utf-8", "replace")), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as problem:
        raise KeyFault("no key that can be read") from problem
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _tables(setting: dict[str, str]) -> tuple[DataSet, DataSet]:
    """KeyTable and SigningTable as files. Raises SignerFault where they are none."""
    found = []
    for name in ("KeyTable", "SigningTable"):
        spec = setting.get(name.lower(), "")
        table = read_data_set(spec) if spec else None
        if table is None or table.path is None or (name == "KeyTable" and table.patterns):
            raise SignerFault(Obstacle.NOT_FILES, f"{name}: {_FILES if spec else 'not set'}")
        found.append(table)
    return found[0], found[1]


def _hold(setting: dict[str, str], held: ExitStack) -> tuple[DataSet, DataSet]:
    """The tables as they are once nobody else writes them."""
    for table in _tables(setting):
        held.enter_context(files.one_writer(_path(table)))
    return _tables(setting)


def _path(table: DataSet) -> Path:
    if table.path is None:
        raise SignerFault(Obstacle.NOT_FILES, _FILES)
    return table.path


def _lines(table: DataSet) -> list[str]:
    lines = table.text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _switched(
    signing: DataSet, keys: DataSet, domain: str, name: str, replaces: str, several: bool
) -> str:
    """The SigningTable in which the domain is signed with the key `name`; comments stay."""
    lines = _lines(signing)
    own_key = f"*@{domain}" if signing.patterns else domain
    own = [row for row in signing.rows if row.key.lower() == own_key]
    if any(_named(row) == name for row in own):
        return signing.text
    outgoing = [row for row in own if _selector(keys, row, domain) == replaces]
    if outgoing or (own and not several):
        row = (outgoing or own)[0]
        lines[row.line] = _renamed(lines[row.line], row, name)
        return _text(lines)
    new = f"{own_key} {name}"
    # Before a pattern that takes more than this domain: where one key signs, the first counts.
    before = _rows_for(signing, domain, several=True) if signing.patterns else []
    at = own[-1].line + 1 if own else min((row.line for row in before), default=len(lines))
    return _text([*lines[:at], new, *lines[at:]])


def _selector(keys: DataSet, row: Row, domain: str) -> str:
    value = keys.get(_key_name(row, domain)) or ""
    return value.split(":")[1].strip().lower() if value.count(":") >= 2 else ""


def _renamed(line: str, row: Row, name: str) -> str:
    """The line with another key's name; the signer behind it and the comment stay."""
    at = line.index(row.key) + len(row.key)
    old = _named(row)
    start = line.index(old, at) if old else len(line)
    return f"{line[:start]}{name}{line[start + len(old) :]}"
