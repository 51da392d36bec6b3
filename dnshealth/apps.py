"""The app `dnshealth`."""

from __future__ import annotations

from django.apps import AppConfig


class DnsHealthConfig(AppConfig):
    name = "dnshealth"
    verbose_name = "DNS health"
