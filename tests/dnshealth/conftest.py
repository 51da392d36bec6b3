"""Fixtures for the DNS pages and commands: the settings of a mail server in a laboratory."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from mailkit.dns.wire import server
from tests.mailkit.dns.cases import LABORATORY

Configure = Callable[..., None]


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Configure:
    """`configure(servers="127.0.0.1@5353", connect=True)`: fields of DnsConfig, and the host."""

    def change(*, hostname: str = "mx.health.test", servers: str = "", **fields: object) -> None:
        dns = replace(
            settings.MAILADMIN.dns,
            **{
                "mail_ips": (ip_address("192.0.2.10"),),
                "servers": (server(servers),) if servers else (),
                "allowed_networks": LABORATORY,
                "connect": False,
                **fields,
            },
        )
        changed = replace(settings.MAILADMIN, mail_hostname=hostname, dns=dns)
        monkeypatch.setattr(settings, "MAILADMIN", changed)

    return change


@pytest.fixture
def key_dir(tmp_path: Path) -> Path:
    path = tmp_path / "dkim"
    path.mkdir()
    return path


@dataclass(frozen=True)
class Said:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Said]


@pytest.fixture
def run(db: None) -> Run:
    """`run("dns", "check", "a.test")`."""

    def call(*arguments: str) -> Said:
        out, err = io.StringIO(), io.StringIO()
        try:
            call_command(*arguments, stdout=out, stderr=err)
        except CommandError as error:
            return Said(error.returncode, out.getvalue(), err.getvalue() + str(error))
        except SystemExit as error:
            return Said(int(error.code or 0), out.getvalue(), err.getvalue())
        return Said(0, out.getvalue(), err.getvalue())

    return call
