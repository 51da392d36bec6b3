"""What both mail servers' configuration needs: where the tables are, the files to write."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

from mailkit.tables import Dialect

# What needs no quoting in main.cf, master.cf and dovecot.conf, and holds none of their variables.
_PLAIN_PATH = re.compile(r"/[A-Za-z0-9._/-]*", re.ASCII)


class ConfigError(ValueError):
    """A value that the file's syntax cannot carry; `setting` says which, never its content."""

    def __init__(self, setting: str, reason: str) -> None:
        super().__init__(f"{setting}: {reason}")
        self.setting = setting
        self.reason = reason


@dataclass(frozen=True)
class Endpoint:
    """One database server.

    `host` may be the path of a UNIX socket (MySQL) or of the directory it lies in (PostgreSQL).
    `port` 0: the database's usual one.
    """

    host: str
    port: int = 0

    def __post_init__(self) -> None:
        _check_line("host", self.host)
        if " " in self.host:
            raise ConfigError("host", "blanks cannot be written")
        if ":" in self.host and not self.host.startswith("/"):
            # It would take what stands behind the last colon for a port.
            raise ConfigError("host", "Postfix takes no IPv6 address here: give a name")


class TlsMode(StrEnum):
    """What a connection to the database checks, by libpq's names (PostgreSQL, 34.19)."""

    REQUIRE = "require"
    VERIFY_CA = "verify-ca"
    VERIFY_FULL = "verify-full"


@dataclass(frozen=True)
class Tls:
    """TLS to the database: nothing goes unencrypted.

    `authority`: the file with the certificates that the server's must come from, "" for none.
    `VERIFY_FULL` looks at the server's name too, `REQUIRE` without an authority at nothing.
    Raises ConfigError where an authority is missing.
    """

    mode: TlsMode
    authority: str = ""

    def __post_init__(self) -> None:
        if self.authority:
            check_path("authority", self.authority)
        elif self.mode is not TlsMode.REQUIRE:
            raise ConfigError("authority", f"{self.mode} needs the file of one")

    @property
    def libpq(self) -> dict[str, str]:
        """As libpq's parameters (PostgreSQL, 34.1.2)."""
        authority = {"sslrootcert": self.authority} if self.authority else {}
        return {"sslmode": self.mode.value, **authority}


@dataclass(frozen=True)
class DataSource:
    """The database that holds the four tables, as the mail servers reach it.

    `name` is the database, for SQLite the file's path. `host` and `port` as in Endpoint;
    `more_hosts` are further servers with the same data, asked when that one does not answer. `tls`
    None: as the database's client library likes.
    """

    dialect: Dialect
    name: str
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = field(default="", repr=False)
    more_hosts: tuple[Endpoint, ...] = ()
    tls: Tls | None = None

    def __post_init__(self) -> None:
        for setting in ("name", "user", "password"):
            _check_line(setting, getattr(self, setting))
        # Raises for the first host too.
        _ = self.hosts
        if self.dialect is Dialect.MYSQL and self.tls is not None and not self.tls.authority:
            # 2.3 turns TLS on by the authority, and 2.4's client library takes no unknown one.
            raise ConfigError(
                "ssl_mode", "Dovecot speaks TLS to MySQL only with an authority: name ssl-ca too"
            )

    @property
    def tls_by_network(self) -> Tls | None:
        """TLS, if any of the servers is reached by other ways than its socket."""
        by_socket = all(one.host.startswith("/") for one in self.hosts)
        return None if by_socket else self.tls

    @property
    def hosts(self) -> tuple[Endpoint, ...]:
        """All database servers, the first one first; for SQLite one without a name."""
        return Endpoint(self.host, self.port), *self.more_hosts


@dataclass(frozen=True)
class ConfigFile:
    """One file of the configuration; `secret`: it holds the database password (mode 0640).

    `group`: who besides root reads it, where it is a secret.
    """

    name: str
    text: str = field(repr=False)
    secret: bool = False
    group: str = ""


def check_path(setting: str, path: str) -> None:
    """Raise ConfigError for a path that one of the servers would take for something else."""
    if not _PLAIN_PATH.fullmatch(path):
        raise ConfigError(setting, "an absolute path of letters, digits and . _ - only")


def _check_line(setting: str, value: str) -> None:
    if not value.isprintable():
        raise ConfigError(setting, "control characters cannot be written")
    if value != value.strip():
        # Both parsers cut them off, silently.
        raise ConfigError(setting, "blanks at the ends cannot be written")
