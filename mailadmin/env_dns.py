"""The part of the environment that the DNS checks and publishing need."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from mailadmin.config_error import ConfigError
from mailadmin.env_values import boolean, items, networks, whole
from mailkit.dns.names import BadName, is_hostname, is_selector, to_a_label
from mailkit.dns.primary import ALGORITHMS, TsigKey
from mailkit.dns.wire import Server, server

T = TypeVar("T")
DEFAULT_SELECTORS = ("mail", "default", "dkim")
DEFAULT_CA = "letsencrypt.org"
# Postfix gives up on a mail after five days (maximal_queue_lifetime), and so do most.
DEFAULT_GRACE = 7
SIGNERS = ("opendkim", "rspamd")
UPDATE_KEY = "MAILADMIN_DNS_UPDATE_KEY"


@dataclass(frozen=True)
class DnsConfig:
    """What the checks compare with, whom they ask, and where records are published.

    `mail_ips` are the addresses mail is sent from; `servers` empty: the system's resolvers;
    `validating`: those answer AD only for what DNSSEC proves, though they are not on this machine.
    `key_dir`: the signer's private keys; `dkim_signer`: `opendkim` or `rspamd`, and where its
    configuration is; `connect`: port 25 of our own host and HTTPS of MTA-STS may be connected to.
    `primary` None: the server that a zone's SOA names.
    """

    mail_ips: tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, ...]
    backup_mx: tuple[str, ...]
    servers: tuple[Server, ...]
    validating: bool
    allowed_networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]
    dnsbls: tuple[str, ...]
    selectors: tuple[str, ...]
    key_dir: Path | None
    dkim_signer: tuple[str, Path] | None
    dkim_grace_days: int
    connect: bool
    ca: str
    primary: Server | None
    update_key: TsigKey | None = field(repr=False)


def read_dns(values: Mapping[str, str]) -> DnsConfig:
    """Read and check these variables. Raises ConfigError."""
    primaries = _each(values, "MAILADMIN_DNS_PRIMARY", server, "192.0.2.53 or 192.0.2.53@5353")
    if len(primaries) > 1:
        raise ConfigError("MAILADMIN_DNS_PRIMARY takes one server: the one that takes the changes.")
    return DnsConfig(
        mail_ips=_each(
            values, "MAILADMIN_MAIL_IPS", ipaddress.ip_address, "192.0.2.10,2001:db8::10"
        ),
        backup_mx=_each(values, "MAILADMIN_BACKUP_MX", _host, "mx2.example.org"),
        servers=_each(values, "MAILADMIN_DNS_SERVERS", server, "127.0.0.1 or 127.0.0.1@5353"),
        validating=boolean(values, "MAILADMIN_DNS_VALIDATING"),
        allowed_networks=tuple(networks(values, "MAILADMIN_DNS_ALLOWED_NETWORKS")),
        dnsbls=_each(values, "MAILADMIN_DNSBLS", _host, "zen.spamhaus.org"),
        selectors=_each(values, "MAILADMIN_DKIM_SELECTORS", _selector, "mail,default")
        or DEFAULT_SELECTORS,
        key_dir=_key_dir(values),
        dkim_signer=_dkim_signer(values),
        dkim_grace_days=whole(
            values, "MAILADMIN_DKIM_GRACE_DAYS", "days", range(1, 366), default=DEFAULT_GRACE
        ),
        connect=boolean(values, "MAILADMIN_DNS_CONNECT", default=True),
        ca=(_each(values, "MAILADMIN_CERTIFICATE_AUTHORITY", _host, DEFAULT_CA) or (DEFAULT_CA,))[
            0
        ],
        primary=primaries[0] if primaries else None,
        update_key=_update_key(values),
    )


def _each(
    values: Mapping[str, str], name: str, read: Callable[[str], T], example: str
) -> tuple[T, ...]:
    found: dict[T, None] = {}
    for item in items(values, name):
        try:
            found[read(item)] = None
        except ValueError as error:
            raise ConfigError(f"{name}: {item!r} cannot be meant: write {example}.") from error
    return tuple(found)


def _host(text: str) -> str:
    name = to_a_label(text)
    if not is_hostname(name):
        raise BadName(text)
    return name


def _selector(text: str) -> str:
    if not is_selector(text):
        raise ValueError(text)
    return text.lower()


def _key_dir(values: Mapping[str, str]) -> Path | None:
    text = values.get("MAILADMIN_DKIM_KEY_DIR", "").strip()
    if not text:
        return None
    path = Path(text)
    try:
        there = path.is_dir()
    except OSError:
        # It lies where we may not look: the check says so, the panel runs all the same.
        there = True
    if not path.is_absolute() or not there:
        raise ConfigError(
            f"MAILADMIN_DKIM_KEY_DIR={text!r} is no directory: write its whole path, "
            "like /var/lib/rspamd/dkim."
        )
    return path


def _dkim_signer(values: Mapping[str, str]) -> tuple[str, Path] | None:
    """`opendkim:/etc/opendkim.conf`; that it can be read is seen when it is."""
    text = values.get("MAILADMIN_DKIM_SIGNER", "").strip()
    if not text:
        return None
    kind, _colon, config = text.partition(":")
    path = Path(config)
    if kind.lower() not in SIGNERS or not path.is_absolute():
        raise ConfigError(
            f"MAILADMIN_DKIM_SIGNER={text!r} cannot be meant: write the program and its "
            "configuration, opendkim:/etc/opendkim.conf or "
            "rspamd:/etc/rspamd/local.d/dkim_signing.conf."
        )
    return kind.lower(), path


def _update_key(values: Mapping[str, str]) -> TsigKey | None:
    """`[algorithm:]name:secret`, as nsupdate's -y takes it. The value is not repeated."""
    text = values.get(UPDATE_KEY, "").strip()
    if not text:
        return None
    parts = text.split(":")
    if len(parts) == 2:
        parts.insert(0, "hmac-sha256")
    if len(parts) != 3 or parts[0].lower() not in ALGORITHMS or not all(parts):
        raise ConfigError(
            f"{UPDATE_KEY} cannot be read: write algorithm:name:secret, "
            f"the algorithm one of {', '.join(ALGORITHMS)}."
        )
    return TsigKey(parts[1], parts[2], parts[0].lower())
