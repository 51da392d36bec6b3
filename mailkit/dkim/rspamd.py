"""rspamd's module dkim_signing: which key signs a domain, and giving it another one.

The keys that the panel gives it stand in a file of the panel's own, `mailadmin-dkim.conf`, which
the module's file includes: sections of `domain`, which count before maps and defaults.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mailkit.dkim import files
from mailkit.dkim.signing import RSA, Obstacle, SignerFault, Signing, Signings, kind_of
from mailkit.dkim.ucl import merge, read_ucl
from mailkit.dns.dkim_keys import KeyFault, KeyPair, read_key_file

DEFAULT_CONFIG = Path("/etc/rspamd/local.d/dkim_signing.conf")
OWN_FILE = "mailadmin-dkim.conf"
# Of modules.d/dkim_signing.conf and the module itself.
DEFAULTS: dict[str, Any] = {
    "path": "/var/lib/rspamd/dkim/$domain.$selector.key",
    "selector": "dkim",
    "try_fallback": "true",
    "use_esld": "true",
}
_ELSEWHERE = ("signing_table", "use_vault", "use_redis")
_HEAD = """# Written by Mailadmin (dns dkim); what is changed by hand is overwritten.
# rspamd's local.d/dkim_signing.conf includes this file.
"""
_MAPS: tuple[str, ...] = ("selector_map", "path_map")
_OWN = re.compile(rf"""\.include\b[^"]*"(?P<path>/[^"]*{re.escape(OWN_FILE)})"\s*;?""")
_YES = ("true", "yes", "on", "1")


@dataclass(frozen=True)
class Rspamd:
    """rspamd with this file for dkim_signing, read anew at each call."""

    config: Path = DEFAULT_CONFIG
    name: str = "rspamd"
    reload_command: str = "systemctl reload rspamd"

    @property
    def own_file(self) -> Path:
        """Where the panel writes: as the module's file includes it. Raises SignerFault."""
        for line in files.read_text(self.config).splitlines():
            if found := _OWN.fullmatch(line.strip()):
                return Path(found["path"])
        words = f'.include(try=true) "{self.config.with_name(OWN_FILE)}"'
        raise SignerFault(Obstacle.NOT_INCLUDED, words)

    def read(self, domains: Iterable[str]) -> Signings:
        """Which keys sign these domains (A-labels). Never raises."""
        try:
            setting = self._settings()
            maps = {name: _read_map(setting[name]) for name in _MAPS if name in setting}
            rows = [row for domain in domains for row in _rows(setting, maps, domain)]
        except SignerFault as fault:
            return Signings(problems=(fault.what,), unreadable=True)
        return Signings(tuple(rows))

    def check(self, domain: str, kind: str) -> None:
        """rspamd signs with each kind. Raises SignerFault where it does not read our file."""
        setting = self._settings()
        if _is_on(setting, "use_esld") and domain.count(".") > 1:
            # It would sign as the domain above, as far as the public suffixes tell.
            raise SignerFault(Obstacle.NOT_INCLUDED, "use_esld = false;")
        _ = self.own_file

    def write_key(self, path: Path, pair: KeyPair) -> None:
        """See `files.write_key`: readable for the directory's group."""
        # Seen with 3.4: it takes an RSA key as PEM, and an Ed25519 one as base64 only.
        text = pair.pem if kind_of(pair.spki) == RSA else f"{pair.bare()}\n"
        files.write_key(path, text)

    def switch(self, domain: str, selector: str, path: Path, replaces: str) -> None:
        """Name the key in our file, instead of the other one or beside it."""
        own_file = self.own_file
        with files.one_writer(own_file):
            before = self.read([domain])
            if before.unreadable:
                raise SignerFault(Obstacle.NOT_READ, before.problems[0])
            kept = [
                (row.selector, str(row.path))
                for row in before.of(domain)
                # Also a key that we cannot read: rspamd can, and goes on signing with it.
                if row.selector not in (replaces, selector)
            ]
            old = files.read_text(own_file) if own_file.exists() else None
            ours = _sections(own_file)
            ours[domain] = _section([(selector, str(path)), *kept])
            files.replace_text(own_file, _text(ours))
            found = self.read([domain]).of(domain)
            if not any(row.selector == selector and row.path == path for row in found):
                _put_back(own_file, old)
                raise SignerFault(Obstacle.NO_EFFECT, f"{own_file}: {domain}")

    def drop(self, domain: str, selector: str) -> None:
        """Nothing names a key that signs no more. Raises SignerFault while it signs."""
        if any(row.selector == selector for row in self.read([domain]).of(domain)):
            raise SignerFault(Obstacle.STILL_SIGNS, f"{self.config}: {domain}")

    def _settings(self) -> dict[str, Any]:
        found = dict(DEFAULTS)
        merge(found, read_ucl(self.config))
        for name in _ELSEWHERE:
            if name in found and (name == "signing_table" or _is_on(found, name)):
                raise SignerFault(Obstacle.NOT_READ, f"{self.config}: {name} is not read here")
        return found


def _put_back(own_file: Path, old: str | None) -> None:
    """What was in the file before; None: there was none."""
    if old is None:
        files.delete_file(own_file)
    else:
        files.replace_text(own_file, old)


def _sections(own_file: Path) -> dict[str, Any]:
    if not own_file.exists():
        return {}
    sections = read_ucl(own_file).get("domain", {})
    return dict(sections) if isinstance(sections, dict) else {}


def _is_on(setting: dict[str, Any], name: str) -> bool:
    return str(setting.get(name, "")).lower() in _YES


def _rows(
    setting: dict[str, Any], maps: dict[str, dict[str, str]], domain: str
) -> Iterable[Signing]:
    """In rspamd's order: the domain's section, the maps, the defaults (lua_dkim_tools.lua)."""
    sections = setting.get("domain")
    own = sections.get(domain) if isinstance(sections, dict) else None
    found: list[dict[str, Any]] = []
    if isinstance(own, dict):
        listed = own.get("selectors", [])
        found = [one for one in listed if isinstance(one, dict)] if listed else [own]
    elif domain in maps.get("selector_map", {}) or domain in maps.get("path_map", {}):
        pair = {"selector": maps.get("selector_map", {}), "path": maps.get("path_map", {})}
        found = [{name: rows[domain] for name, rows in pair.items() if domain in rows}]
    if not found and _is_on(setting, "try_fallback"):
        found = [{}]
    for one in found:
        selector = str(one.get("selector", setting["selector"]))
        template = str(one.get("path", setting["path"]))
        path = Path(template.replace("$domain", domain).replace("$selector", selector))
        if own is None and not one and not _there(path):
            # The defaults are for whoever has such a file.
            continue
        yield _signing(domain, selector.lower(), path)


def _there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        # We may not look; rspamd may.
        return True


def _signing(domain: str, selector: str, path: Path) -> Signing:
    try:
        return Signing(domain, selector, domain, path, read_key_file(path))
    except KeyFault as fault:
        return Signing(domain, selector, domain, path, problem=str(fault))


def _read_map(where: object) -> dict[str, str]:
    """`domain value` a line, from a file. Raises SignerFault for a map from elsewhere."""
    text = str(where).removeprefix("file://")
    if not text.startswith("/"):
        raise SignerFault(Obstacle.NOT_READ, "a map that is no file is not read here")
    rows = {}
    for line in files.read_text(Path(text)).splitlines():
        words = line.split("#", 1)[0].split(None, 1)
        if len(words) == 2:
            rows[words[0].lower()] = words[1].strip().strip('"')
    return rows


def _section(keys: list[tuple[str, str]]) -> dict[str, Any]:
    return {"selectors": [{"selector": selector, "path": path} for selector, path in keys]}


def _text(ours: dict[str, Any]) -> str:
    # JSON is UCL.
    return f"{_HEAD}domain = {json.dumps(dict(sorted(ours.items())), indent=2)}\n"
