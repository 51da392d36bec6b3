"""Our mail host in the settings, lookups from zones in memory, and the cast of the page tests."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address, ip_network

import pytest
from django.conf import settings

from dnshealth import check_now
from tests.dnshealth.zones import HOST_NAME, Answers, Use
from tests.pages.conftest import admin, anna, bob, client_of, owner, two_domains  # noqa: F401


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
        monkeypatch.setattr(check_now, "new_lookups", lambda: zones)
        return zones

    return take


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a thread would do soon is done at once, in the test's transaction."""
    monkeypatch.setattr(check_now, "start", lambda job: job())
