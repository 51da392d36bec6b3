"""What both mail servers' configuration needs: where the tables are, the files to write."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

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


@dataclass(frozen=True)
class DataSource:
    """The database that holds the four tables, as the mail servers reach it.

    `name` is the database, for SQLite the file's path. `host` and `port` as in Endpoint;
    `more_hosts` are further servers with the same data, asked when that one does not answer.
    """

    dialect: Dialect
    name: str
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = field(default="", repr=False)
    more_hosts: tuple[Endpoint, ...] = ()

    def __post_init__(self) -> None:
        for setting in ("name", "user", "password"):
            _check_line(setting, getattr(self, setting))
        # Raises for the first host too.
        _ = self.hosts

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
