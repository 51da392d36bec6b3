"""A signer for the tests of keys: OpenDKIM's files, the panel that knows of them, and DNS."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import pytest

from dnshealth.dkim import looking, services
from dnshealth.dkim.looking import record_of
from dnshealth.dkim.models import DkimKey
from mailkit.dns.dkim_keys import make_rsa
from mailkit.dns.results import Record
from tests.dnshealth.zones import Answers, answers

# Making one takes a good part of a second.
READY = [make_rsa(), make_rsa()]


class Signer:
    """OpenDKIM's files, the panel that knows of them, and DNS."""

    def __init__(self, directory: Path, keys: Path, zones: Answers) -> None:
        self.directory = directory
        self.keys = keys
        self.zones = zones

    def read(self, name: str) -> str:
        return (self.directory / name).read_text()

    def publish(self, key: DkimKey, value: str = "") -> None:
        record = record_of(key)
        assert record is not None
        self.zones.apply([Record(record.name, "TXT", value or record.value)], [])


@pytest.fixture
def ready_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    some = cycle(READY)
    monkeypatch.setattr(services, "make_rsa", lambda: next(some))


@pytest.fixture
def signer(
    ready_keys: None,
    tmp_path: Path,
    key_dir: Path,
    configure: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> Signer:
    (tmp_path / "KeyTable").write_text("")
    (tmp_path / "SigningTable").write_text("")
    config = tmp_path / "opendkim.conf"
    config.write_text(
        f"RequireSafeKeys no\nKeyTable {tmp_path}/KeyTable\n"
        f"SigningTable refile:{tmp_path}/SigningTable\n"
    )
    configure(key_dir=key_dir, dkim_signer=("opendkim", config))
    zones = answers(a_test="@ MX 10 mail.host.test.\n")
    monkeypatch.setattr(looking, "new_lookups", lambda: zones)
    return Signer(tmp_path, key_dir, zones)
