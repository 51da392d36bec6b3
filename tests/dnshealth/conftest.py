"""Fixtures of the DNS pages and commands: a mail server in a laboratory, and the pages' cast."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from dnshealth import check_now, checking
from mailkit.dns.wire import server
from tests.dnshealth.signer import ready_keys, signer  # noqa: F401
from tests.dnshealth.zones import HOST_NAME, Answers, Use
from tests.mailkit.dns.cases import LABORATORY
from tests.pages.conftest import admin, anna, bob, client_of, owner, two_domains  # noqa: F401

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


@pytest.fixture
def mail_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """The panel knows our mail host; what DNS names is not connected to."""
    config = settings.MAILADMIN
    dns = replace(
        config.dns,
        mail_ips=(ip_address("192.0.2.10"),),
        allowed_networks=(ip_network("192.0.2.0/24"),),
        connect=False,
    )
    monkeypatch.setattr(settings, "MAILADMIN", replace(config, mail_hostname=HOST_NAME, dns=dns))


@pytest.fixture
def use(mail_host: None, monkeypatch: pytest.MonkeyPatch) -> Use:
    """Lets the checks of a page ask these zones."""

    def take(zones: Answers) -> Answers:
        monkeypatch.setattr(checking, "new_lookups", lambda: zones)
        return zones

    return take


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a thread would do soon is done at once, in the test's transaction."""
    monkeypatch.setattr(check_now, "start", lambda job: job())
