"""What both mail servers' configuration needs: where the tables are, the files to write."""

from __future__ import annotations

from dataclasses import dataclass, field

from mailkit.tables import Dialect


class ConfigError(ValueError):
    """A value that the file's syntax cannot carry; `setting` says which, never its content."""

    def __init__(self, setting: str, reason: str) -> None:
        super().__init__(f"{setting}: {reason}")
        self.setting = setting


@dataclass(frozen=True)
class DataSource:
    """The database that holds the four tables, as the mail servers reach it.

    `name` is the database, for SQLite the file's path. `host` may be the path of a UNIX socket
    (MySQL) or of the directory it lies in (PostgreSQL). `port` 0: the database's usual one.
    """

    dialect: Dialect
    name: str
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        for setting in ("name", "host", "user", "password"):
            value = getattr(self, setting)
            if not value.isprintable():
                raise ConfigError(setting, "control characters cannot be written")
            if value != value.strip():
                # Both parsers cut them off, silently.
                raise ConfigError(setting, "blanks at the ends cannot be written")


@dataclass(frozen=True)
class ConfigFile:
    """One file of the configuration; `secret`: it holds the database password (mode 0640)."""

    name: str
    text: str = field(repr=False)
    secret: bool = False
