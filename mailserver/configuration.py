"""The mail servers' configuration over the panel's own database: what to write, and where to."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils.translation import gettext_lazy as _

from domains.postfix import delimiter
from mailkit import tables
from mailkit.configuration import Plan, configuration
from mailkit.dovecot.config import Version
from mailkit.serverfiles import ConfigError, ConfigFile, DataSource, Endpoint, Tls, TlsMode
from mailkit.tables import Dialect
from mailkit.written import kept_password

# The read-only database user, and where the files lie, unless somebody says otherwise.
READER = "mailreader"
DIRECTORY = "/etc/mailadmin"
# Where libpq and the MySQL client look when no host is named.
_NO_HOST = {Dialect.MYSQL: "localhost", Dialect.POSTGRESQL: "/var/run/postgresql"}
_PASSWORD_FILE = "postfix/domains.cf"  # noqa: S105 - a file's name
# Debian's authorities, which the panel's client takes where it verifies and none is named.
_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
_MYSQL_VERIFYING = ("VERIFY_CA", "VERIFY_IDENTITY")
# What of DATABASE_URL is for the panel's own connection alone.
_PANELS_OWN = ("read_default_file", "sslcert", "sslkey")


@dataclass(frozen=True)
class Wanted:
    """What the command's options say; `hosts` empty: those of DATABASE_URL.

    `installed_as`: where the files lie on the mail server, "" for `directory` itself.
    """

    directory: Path
    dovecot: Version
    user: str = READER
    password: str = ""
    hosts: tuple[Endpoint, ...] = ()
    clients: tuple[str, ...] = ()
    installed_as: str = ""
    mail_root: str = "/var/vmail"
    uid: int = 5000
    gid: int = 5000
    queue_directory: str = "/var/spool/postfix"


def files_for(wanted: Wanted) -> tuple[ConfigFile, ...]:
    """The files. Without a password the one of before is kept, or one is made.

    Raises ValidationError for what no file can carry, and for the panel's own database user.
    """
    kept = kept_password(wanted.directory, _PASSWORD_FILE, wanted.user)
    password = wanted.password or kept or secrets.token_urlsafe(24)
    return _files(wanted, password)


def files_to_show(version: Version, placeholder: str) -> tuple[ConfigFile, ...]:
    """The files for a page, with `placeholder` where the password stands."""
    return _files(Wanted(Path(DIRECTORY), version), placeholder)


def tls_notes() -> list[str]:
    """What is to be done about TLS to the database beside installing the files."""
    options = connection.settings_dict.get("OPTIONS", {})
    tls = tls_of(Dialect(connection.vendor), options)
    notes = []
    if tls is not None and tls.authority:
        text = _("Postfix and Dovecot must be able to read %(path)s: they trust what is in it.")
        notes.append(str(text % {"path": tls.authority}))
    for name in _PANELS_OWN:
        if name in options:
            text = _("%(name)s of DATABASE_URL is for the panel alone: the files do not have it.")
            notes.append(str(text % {"name": name}))
    return notes


def _files(wanted: Wanted, password: str) -> tuple[ConfigFile, ...]:
    try:
        dialect, database = Dialect(connection.vendor), connection.settings_dict
        source = data_source(dialect, database, wanted.user, password, wanted.hosts)
        return configuration(_plan(wanted, source))
    except ConfigError as error:
        raise ValidationError(
            _("%(setting)s cannot be written: %(reason)s."),
            code=f"config.{error.setting}",
            params={"setting": error.setting, "reason": error.reason},
        ) from error


def _plan(wanted: Wanted, source: DataSource) -> Plan:
    collations: Mapping[str, str] = {}
    schema = ""
    if source.dialect is not Dialect.SQLITE:
        connection.ensure_connection()
        with connection.wrap_database_errors:
            collations = tables.key_collations(connection.connection, connection.vendor)
            schema = tables.schema_of_tables(connection.connection, connection.vendor)
    return Plan(
        source,
        wanted.installed_as or str(wanted.directory.absolute()),
        wanted.dovecot,
        recipient_delimiter=delimiter(),
        mail_root=wanted.mail_root,
        uid=wanted.uid,
        gid=wanted.gid,
        queue_directory=wanted.queue_directory,
        clients=wanted.clients,
        collations=collations,
        schema=schema or "public",
    )


def data_source(
    dialect: Dialect,
    database: Mapping[str, Any],
    user: str,
    password: str,
    hosts: Sequence[Endpoint] = (),
) -> DataSource:
    """Django's settings of the database as the mail servers reach it, as a user of their own.

    Raises ConfigError, and ValidationError where that user is the panel's.
    """
    name = str(database["NAME"])
    if dialect is Dialect.SQLITE:
        return DataSource(dialect, str(Path(name).absolute()))
    if user == database["USER"]:
        raise ValidationError(
            _(
                "%(user)s is the panel's own database user, which writes. Name another one: "
                "the mail servers only read, and grants.sql makes it."
            ),
            code="panels_user",
            params={"user": user},
        )
    first, *more = hosts or [_endpoint(database, dialect)]
    tls = tls_of(dialect, database.get("OPTIONS", {}))
    return DataSource(dialect, name, first.host, first.port, user, password, tuple(more), tls)


def tls_of(dialect: Dialect, options: Mapping[str, Any]) -> Tls | None:
    """TLS as safe as DATABASE_URL's options make the panel's own; None where they ask for none.

    Raises ConfigError where the mail servers cannot have it.
    """
    if dialect is Dialect.POSTGRESQL:
        mode = options.get("sslmode", "")
        asked = mode in [one.value for one in TlsMode]
        return Tls(TlsMode(mode), options.get("sslrootcert", "")) if asked else None
    if dialect is not Dialect.MYSQL:
        return None
    authority, mode = options.get("ssl", {}).get("ca", ""), options.get("ssl_mode", "").upper()
    if mode in _MYSQL_VERIFYING:
        # mysqlclient with libmariadb looks at the name for both.
        return Tls(TlsMode.VERIFY_FULL, authority or _AUTHORITIES)
    if authority:
        # Whatever the mode is.
        return Tls(TlsMode.VERIFY_CA, authority)
    return Tls(TlsMode.REQUIRE) if mode == "REQUIRED" else None


def _endpoint(database: Mapping[str, Any], dialect: Dialect) -> Endpoint:
    options = database.get("OPTIONS", {})
    host = options.get("unix_socket") or database["HOST"] or _NO_HOST[dialect]
    return Endpoint(host, int(database["PORT"] or 0))


def read_endpoint(text: str) -> Endpoint:
    """`host`, `host:port`, or the path of a socket. Raises ConfigError, ValueError."""
    if text.startswith("/"):
        return Endpoint(text)
    host, colon, port = text.rpartition(":")
    if not colon:
        return Endpoint(text)
    if not port.isascii() or not port.isdigit() or int(port) not in range(1, 65536):
        raise ConfigError("host", "a port from 1 to 65535 stands behind the colon")
    return Endpoint(host, int(port))
