"""Reads the environment into one frozen `Config`; a wrong value stops the start and says which.

Every secret can also come from a file: `NAME_FILE` names it. What is not set and must stay
the same between starts (the secret key) is made once and kept under `var/`.
"""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_email_url

from mailadmin.config_error import ConfigError
from mailadmin.env_database import read_database
from mailadmin.env_dns import UPDATE_KEY, DnsConfig, read_dns
from mailadmin.env_values import boolean, items, networks, whole
from mailkit.addresses import AddressError, parse_domain
from mailkit.passwords import COST_RANGES, Scheme

__all__ = ["BASE_DIR", "Config", "ConfigError", "read_config"]

BASE_DIR = Path(__file__).resolve().parent.parent

# A hundred years.
MOST_DAYS = 36500
WHO_NEEDS_SECOND_FACTOR = ("no", "superadmins", "operators")
DOVEADM_KEY = "MAILADMIN_DOVEADM_KEY"
SECRETS = (
    *("DATABASE_URL", "SECRET_KEY", "EMAIL_URL"),
    *("MAILADMIN_ADMIN_PASSWORD", UPDATE_KEY, DOVEADM_KEY),
)
# These are written without the prefix: with it nobody would read them.
WITHOUT_PREFIX = (
    *SECRETS[:3],
    "ALLOWED_HOSTS",
    "CSRF_TRUSTED_ORIGINS",
    "DEBUG",
    "DEFAULT_FROM_EMAIL",
)


@dataclass(frozen=True)
class Config:
    """What the environment says, checked. Secrets are kept out of the repr."""

    database: dict[str, Any] = field(repr=False)
    secret_key: str = field(repr=False)
    debug: bool
    allowed_hosts: list[str]
    csrf_trusted_origins: list[str]
    base_url: str
    trusted_proxies: list[ipaddress.IPv4Network | ipaddress.IPv6Network]
    email: dict[str, Any] = field(repr=False)
    default_from_email: str
    password_scheme: Scheme
    password_cost: int | None
    postfix_config: Path
    dovecot_config: Path
    mail_log: Path
    recipient_delimiter: str | None
    admin_password: str = field(repr=False)
    undo_days: int
    mail_hostname: str
    upgrade_hashes: bool
    owners_may_forward: bool
    require_second_factor: str
    session_hours: int
    idle_minutes: int
    dns: DnsConfig
    doveadm_url: str
    doveadm_key: str = field(repr=False)

    @property
    def behind_tls(self) -> bool:
        """Whether people reach the panel by https: switches secure cookies and HSTS on."""
        return self.base_url.startswith("https://")


def read_config(environ: Mapping[str, str] | None = None, var: Path = BASE_DIR / "var") -> Config:
    """Read and check every variable. Raises ConfigError with the variable's name and a remedy."""
    values = dict(os.environ if environ is None else environ)
    _refuse_wrong_names(values)
    _read_secret_files(values)
    base_url = _base_url(values)
    return Config(
        database=read_database(values.get("DATABASE_URL", ""), var),
        secret_key=values.get("SECRET_KEY") or _kept_secret_key(var),
        debug=boolean(values, "DEBUG"),
        allowed_hosts=_allowed_hosts(values, base_url),
        csrf_trusted_origins=_origins(values, base_url),
        base_url=base_url,
        trusted_proxies=networks(values, "MAILADMIN_TRUSTED_PROXIES"),
        email=_email(values),
        default_from_email=_sender(values),
        password_scheme=_scheme(values),
        password_cost=_cost(values),
        postfix_config=Path(values.get("MAILADMIN_POSTFIX_CONFIG") or "/etc/postfix"),
        dovecot_config=_absolute(values, "MAILADMIN_DOVECOT_CONFIG", "/etc/dovecot/dovecot.conf"),
        mail_log=_absolute(values, "MAILADMIN_MAIL_LOG", "/var/log/mail.log"),
        recipient_delimiter=_delimiter(values),
        admin_password=values.get("MAILADMIN_ADMIN_PASSWORD", ""),
        undo_days=whole(values, "MAILADMIN_UNDO_DAYS", "days", range(MOST_DAYS + 1), default=30),
        mail_hostname=_mail_hostname(values),
        upgrade_hashes=boolean(values, "MAILADMIN_UPGRADE_HASHES", default=True),
        owners_may_forward=boolean(values, "MAILADMIN_OWNERS_MAY_FORWARD", default=True),
        require_second_factor=_require_second_factor(values),
        session_hours=whole(values, "MAILADMIN_SESSION_HOURS", "hours", range(1, 721), default=12),
        idle_minutes=whole(values, "MAILADMIN_IDLE_MINUTES", "minutes", range(1, 1441), default=60),
        dns=read_dns(values),
        doveadm_url=_doveadm_url(values),
        doveadm_key=values.get(DOVEADM_KEY, ""),
    )


def _doveadm_url(values: Mapping[str, str]) -> str:
    """The key goes there: only a whole URL, and never without a key."""
    name = "MAILADMIN_DOVEADM_URL"
    url = values.get(name, "").strip()
    if not url:
        return ""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
        raise ConfigError(f"{name} is no address: write it as http://127.0.0.1:8080.")
    if not values.get(DOVEADM_KEY):
        raise ConfigError(
            f"{name} needs {DOVEADM_KEY}: write the doveadm_api_key of Dovecot's configuration."
        )
    return url.rstrip("/")


def _absolute(values: Mapping[str, str], name: str, default: str) -> Path:
    path = Path(values.get(name, "").strip() or default)
    if not path.is_absolute():
        raise ConfigError(f"{name} is no absolute path: write it from / on, such as {default}.")
    return path


def _refuse_wrong_names(values: Mapping[str, str]) -> None:
    for name in WITHOUT_PREFIX:
        for end in ("", "_FILE"):
            if f"MAILADMIN_{name}{end}" in values:
                raise ConfigError(f"MAILADMIN_{name}{end} is read by nobody: write {name}{end}.")


def _read_secret_files(values: dict[str, str]) -> None:
    for name in SECRETS:
        path = values.get(f"{name}_FILE")
        if path is None or (not path.strip() and values.get(name)):
            continue
        if not path.strip():
            raise ConfigError(
                f"{name}_FILE is empty: write the path of a file with the value, or take it out."
            )
        if values.get(name):
            raise ConfigError(f"{name} and {name}_FILE are both set: keep one of them.")
        try:
            values[name] = Path(path).read_text(encoding="utf-8").strip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"{name}_FILE: {path} cannot be read ({error}): name a file with the value in "
                "UTF-8 that this user may read."
            ) from error
        if not values[name].strip():
            raise ConfigError(f"{name}_FILE: there is nothing in {path}: write the value into it.")


def _kept_secret_key(var: Path) -> str:
    path = var / "secret_key"
    try:
        var.mkdir(mode=0o750, parents=True, exist_ok=True)
        # Written elsewhere and linked into place: two first starts agree on one key.
        if not path.exists():
            draft = var / f".secret_key.{os.getpid()}.{secrets.token_hex(4)}"
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_urlsafe(50), encoding="ascii")
            try:
                os.link(draft, path)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise ConfigError(
            f"SECRET_KEY is not set and {path} can be neither read nor made ({error.strerror}): "
            "set SECRET_KEY or SECRET_KEY_FILE, or let this user write there."
        ) from error


def _mail_hostname(values: Mapping[str, str]) -> str:
    text = values.get("MAILADMIN_MAIL_HOSTNAME", "").strip()
    if not text:
        return ""
    try:
        return parse_domain(text)
    except AddressError as error:
        raise ConfigError(
            f"MAILADMIN_MAIL_HOSTNAME={text!r} is no host name: "
            "write the mail server's full name, like mail.example.org."
        ) from error


def _require_second_factor(values: Mapping[str, str]) -> str:
    text = values.get("MAILADMIN_REQUIRE_SECOND_FACTOR", "").strip().lower() or "no"
    if text not in WHO_NEEDS_SECOND_FACTOR:
        raise ConfigError(
            f"MAILADMIN_REQUIRE_SECOND_FACTOR={text!r} must say of whom: "
            f"{', '.join(WHO_NEEDS_SECOND_FACTOR)}."
        )
    return text


def _base_url(values: Mapping[str, str]) -> str:
    text = values.get("MAILADMIN_BASE_URL", "").strip()
    if not text:
        return ""
    origin = _origin(text.rstrip("/"))
    if origin is None:
        # What stands before an @ may be a password.
        raise ConfigError(
            f"MAILADMIN_BASE_URL={_without_user(text)!r} is no address of a site: a scheme, a "
            "host, and a port from 1 to 65535 if need be; no user, path or query. "
            "Write it like https://mail.example.org"
        )
    return origin


def _origin(text: str) -> str | None:
    """`https://Mail.example:443` as browsers write it, `https://mail.example`; None if it is none.

    RFC 6454, section 6.1.
    """
    found = re.fullmatch(
        r"(https?)://(\[[0-9a-f:.]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)(?::([0-9]{1,5}))?",
        text.lower(),
        re.ASCII,
    )
    if found is None:
        return None
    scheme, host, port = found[1], found[2], found[4]
    if host.startswith("["):
        try:
            ipaddress.IPv6Address(host[1:-1])
        except ValueError:
            return None
    if port is None or port == {"http": "80", "https": "443"}[scheme]:
        return f"{scheme}://{host}"
    return f"{scheme}://{host}:{int(port)}" if 0 < int(port) < 65536 else None


def _without_user(text: str) -> str:
    scheme, separator, rest = text.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"


def _allowed_hosts(values: Mapping[str, str], base_url: str) -> list[str]:
    hosts = items(values, "ALLOWED_HOSTS") or ["localhost", "127.0.0.1", "[::1]"]
    for host in hosts:
        if not re.fullmatch(r"\*|\.?[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]", host):
            raise ConfigError(
                f"ALLOWED_HOSTS: {host!r} is no host name (no port, no https://): "
                "write names separated by commas."
            )
    name = urlsplit(base_url).hostname if base_url else None
    if name and "*" not in hosts and name not in hosts:
        hosts.append(f"[{name}]" if ":" in name else name)
    return hosts


def _origins(values: Mapping[str, str], base_url: str) -> list[str]:
    origins = []
    for item in items(values, "CSRF_TRUSTED_ORIGINS"):
        # Django also takes every host below a domain.
        scheme, star, rest = item.partition("://*.")
        origin = _origin(f"{scheme}://{rest}" if star else item)
        if origin is None:
            raise ConfigError(
                f"CSRF_TRUSTED_ORIGINS: {_without_user(item)!r} needs its scheme and a host, and "
                "no user, path or port over 65535: write https://mail.example.org"
            )
        origins.append(origin.replace("://", "://*.") if star else origin)
    if base_url and base_url not in origins:
        origins.append(base_url)
    return origins


def _email(values: Mapping[str, str]) -> dict[str, Any]:
    text = values.get("EMAIL_URL") or "smtp://localhost:25"
    wanted = "EMAIL_URL cannot be read: write smtp://user:password@host:587/?tls=True"
    try:
        found = dict(dj_email_url.parse(text))
    except (ValueError, KeyError) as error:
        raise ConfigError(wanted) from error
    if not found.get("EMAIL_BACKEND"):
        raise ConfigError(wanted)
    return found


def _sender(values: Mapping[str, str]) -> str:
    text = values.get("DEFAULT_FROM_EMAIL", "").strip()
    if not text:
        return "mailadmin@localhost"
    address = parseaddr(text)[1]
    if not text.isprintable() or not re.fullmatch(r"[^@\s]+@[^@\s]+", address):
        raise ConfigError(
            f"DEFAULT_FROM_EMAIL={text!r} is no sender: write one address in one line, like "
            "panel@example.org or Mail panel <panel@example.org>"
        )
    return text


def _scheme(values: Mapping[str, str]) -> Scheme:
    text = values.get("MAILADMIN_PASSWORD_SCHEME", "").strip() or Scheme.SHA512_CRYPT.value
    try:
        return Scheme(text.upper().strip("{}"))
    except ValueError as error:
        known = ", ".join(COST_RANGES)
        raise ConfigError(
            f"MAILADMIN_PASSWORD_SCHEME={text!r} is no scheme the panel writes: use one of {known}."
        ) from error


def _cost(values: Mapping[str, str]) -> int | None:
    text = values.get("MAILADMIN_PASSWORD_COST", "").strip()
    if not text:
        return None
    scheme = _scheme(values)
    allowed = COST_RANGES[scheme]
    if not text.isascii() or not text.isdigit() or int(text) not in allowed:
        raise ConfigError(
            f"MAILADMIN_PASSWORD_COST={text!r} does not fit {scheme.value}: "
            f"a whole number from {allowed.start} to {allowed.stop - 1}."
        )
    return int(text)


def _delimiter(values: Mapping[str, str]) -> str | None:
    text = values.get("MAILADMIN_RECIPIENT_DELIMITER")
    if text is None:
        return None
    if re.search(r"[A-Za-z0-9@\s]", text) or not text.isascii():
        raise ConfigError(
            f"MAILADMIN_RECIPIENT_DELIMITER={text!r} must be punctuation, as in main.cf: "
            "write + or -, or nothing for none."
        )
    return text
