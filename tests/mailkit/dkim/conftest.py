"""Signers' files in a directory of the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailkit.dkim.opendkim import OpenDkim
from mailkit.dns.dkim_keys import make_ed25519, make_rsa

RSA, OTHER, EDWARDS = make_rsa(), make_rsa(), make_ed25519()


class Files:
    """opendkim.conf and its tables; `{d}` in a text is the directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        for name, pair in (("mail", RSA), ("other", OTHER), ("ed", EDWARDS)):
            (directory / f"{name}.private").write_text(pair.pem)

    def write(self, name: str, text: str) -> Path:
        path = self.directory / name
        path.write_text(text.replace("{d}", str(self.directory)))
        return path

    def read(self, name: str) -> str:
        return (self.directory / name).read_text().replace(str(self.directory), "{d}")

    def opendkim(self, config: str) -> OpenDkim:
        return OpenDkim(self.write("opendkim.conf", config))

    def with_tables(self, keys: str, signing: str, config: str = "") -> OpenDkim:
        """With plain files as Debian's README has them: patterns in the SigningTable."""
        self.write("KeyTable", keys)
        self.write("SigningTable", signing)
        usual = "KeyTable {d}/KeyTable\nSigningTable refile:{d}/SigningTable\n"
        return self.opendkim(f"RequireSafeKeys no\n{usual}{config}")


@pytest.fixture
def signer_files(tmp_path: Path) -> Files:
    return Files(tmp_path)
