"""Reads DATABASE_URL into what Django wants to know; see `mailadmin/env.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import dj_database_url

from mailadmin.config_error import ConfigError

DATABASE_ENGINES = {
    "sqlite": "django.db.backends.sqlite3",
    "mysql": "django.db.backends.mysql",
    "mariadb": "django.db.backends.mysql",
    "postgres": "django.db.backends.postgresql",
    "postgresql": "django.db.backends.postgresql",
}
WANTED = (
    "sqlite:///path, mysql://user:password@host:port/database "
    "or postgres://user:password@host:port/database (other characters than letters and digits in "
    "the password percent-encoded)"
)
# What may stand behind the ?: MySQLdb's arguments, as text or as a whole number. Not init_command
# and sql_mode, which the panel sets itself, so that nothing is cut.
MYSQL_TEXT = {
    "auth_plugin",
    "charset",
    "collation",
    "isolation_level",
    "read_default_file",
    "read_default_group",
    "server_public_key_path",
    "ssl",  # written as ssl-ca=FILE
    "ssl_mode",
    "unix_socket",
}
MYSQL_NUMBERS = {"connect_timeout", "read_timeout", "write_timeout"}
ISOLATION_LEVELS = ("read uncommitted", "read committed", "repeatable read", "serializable")


def read_database(url: str, var: Path) -> dict[str, Any]:
    """The settings of the database; SQLite under `var` where the URL is "". Raises ConfigError."""
    url = url or f"sqlite:///{var / 'mailadmin.sqlite3'}"
    scheme, separator, rest = url.partition("://")
    if scheme not in DATABASE_ENGINES or not separator:
        # The value may hold a password, so it is not repeated.
        raise ConfigError(f"DATABASE_URL begins with no database that is known; write {WANTED}.")
    if scheme == "mariadb":
        url = f"mysql://{rest}"
    try:
        settings: dict[str, Any] = dict(dj_database_url.parse(url, engine=DATABASE_ENGINES[scheme]))
        host = urlsplit(url).netloc
    except (ValueError, KeyError, dj_database_url.ParseError) as error:
        raise ConfigError(f"DATABASE_URL cannot be read; write {WANTED}.") from error
    settings.setdefault("OPTIONS", {})
    if scheme == "sqlite":
        _sqlite(settings, host, var)
        return settings
    if not settings.get("NAME"):
        raise ConfigError(f"DATABASE_URL names no database; write {WANTED}.")
    # The drivers take a socket's path in place of a host, Django hands it on.
    settings["HOST"] = unquote(settings["HOST"] or "")
    settings["CONN_MAX_AGE"] = 60
    settings["CONN_HEALTH_CHECKS"] = True
    if scheme in ("mysql", "mariadb"):
        _mysql_options(settings["OPTIONS"])
    else:
        _postgresql_options(settings["OPTIONS"])
    return settings


def _mysql_options(options: dict[str, Any]) -> None:
    _refuse_unknown(options, MYSQL_TEXT | MYSQL_NUMBERS)
    for name in MYSQL_NUMBERS & set(options):
        if type(options[name]) is not int:
            raise ConfigError(f"DATABASE_URL: {name} must be a whole number of seconds.")
    for name in MYSQL_TEXT & set(options) - {"ssl"}:
        if not isinstance(options[name], str):
            raise ConfigError(f"DATABASE_URL: {name} must be text, not a number or true or false.")
    options.setdefault("charset", "utf8mb4")
    level = options.setdefault("isolation_level", "read committed").lower()
    if level not in ISOLATION_LEVELS:
        raise ConfigError(
            f"DATABASE_URL: isolation_level must be one of {', '.join(ISOLATION_LEVELS)}."
        )
    options.setdefault("connect_timeout", 10)
    # A lenient server would cut what does not fit, with a warning only.
    options["init_command"] = (
        "SET SESSION sql_mode = 'STRICT_ALL_TABLES,STRICT_TRANS_TABLES,"
        "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'"
    )


def _postgresql_options(options: dict[str, Any]) -> None:
    # Only who runs PostgreSQL needs the driver and libpq.
    from psycopg import pq  # noqa: PLC0415

    known = {one.keyword.decode() for one in pq.Conninfo.get_defaults()}
    known -= {"host", "port", "user", "password", "dbname"}
    _refuse_unknown(options, known | {"assume_role"})
    options.setdefault("connect_timeout", 10)


def _refuse_unknown(options: dict[str, Any], known: set[str]) -> None:
    unknown = sorted(set(options) - known)
    if unknown:
        raise ConfigError(
            f"DATABASE_URL: behind the ? stands {unknown[0]!r}, which is no option here: take it "
            f"out, or use one of {', '.join(sorted(known))}."
        )
    twice = [name for name, value in options.items() if isinstance(value, list)]
    if twice:
        raise ConfigError(f"DATABASE_URL: the option {twice[0]} stands there twice: keep one.")


def _sqlite(settings: dict[str, Any], host: str, var: Path) -> None:
    name = settings["NAME"]
    if host or not name or name == ":memory:":
        raise ConfigError(
            "DATABASE_URL: sqlite:// names no file; write its path behind three slashes, which "
            "are four before a path from the root: sqlite:////var/lib/mailadmin/mail.sqlite3."
        )
    path = Path(name)
    if path.is_dir():
        raise ConfigError(
            f"DATABASE_URL: {path} is a directory; name a file in it, like {path}/mail.sqlite3."
        )
    if path.parent == var:
        var.mkdir(mode=0o750, parents=True, exist_ok=True)
    if not path.parent.is_dir():
        raise ConfigError(f"DATABASE_URL: the directory {path.parent} does not exist: make it.")
    options = settings["OPTIONS"]
    _refuse_unknown(options, {"timeout"})
    if type(options.setdefault("timeout", 30)) is not int:
        raise ConfigError("DATABASE_URL: timeout must be a whole number of seconds.")
    # IMMEDIATE takes the write lock at BEGIN, so a read-then-write never fails half way with
    # "database is locked"; the timeout is how long one writer waits for another, in seconds.
    options["transaction_mode"] = "IMMEDIATE"
