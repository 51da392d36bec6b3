"""The Dovecot 2.3 and 2.4 configuration over the four tables: passdb, userdb, LMTP, SASL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from mailkit.serverfiles import ConfigError, ConfigFile, DataSource
from mailkit.tables import Dialect


class Version(StrEnum):
    """The Dovecot releases whose configuration differs: Debian 12 has 2.3, Debian 13 has 2.4."""

    V23 = "2.3"
    V24 = "2.4"


SQL_DRIVERS: Mapping[Dialect, str] = MappingProxyType(
    {Dialect.MYSQL: "mysql", Dialect.POSTGRESQL: "pgsql", Dialect.SQLITE: "sqlite"}
)
# Stored hashes without a {SCHEME} are the tutorials': MySQL's ENCRYPT() or crypt(3).
DEFAULT_SCHEME = "CRYPT"
_QUERY = "SELECT email AS user, password FROM users WHERE email='{user}'"
MAIN_FILE = "mailadmin.conf"
SQL_FILE = "mailadmin-sql.conf"


@dataclass(frozen=True)
class Settings:
    """`directory`: where the files will lie. Mail goes to `mail_root`/domain/local part/Maildir.

    The sockets are Postfix's: below its queue directory, for its user.
    """

    source: DataSource
    directory: str = "/etc/dovecot/mailadmin"
    mail_root: str = "/var/vmail"
    uid: int = 5000
    gid: int = 5000
    lmtp_socket: str = "/var/spool/postfix/private/dovecot-lmtp"
    auth_socket: str = "/var/spool/postfix/private/auth"
    socket_user: str = "postfix"


def config_files(settings: Settings, version: Version) -> tuple[ConfigFile, ...]:
    """The files to write: `MAIN_FILE`, which dovecot.conf includes, and `SQL_FILE` for its use.

    Raises ConfigError for a database password that the version's syntax cannot carry.
    """
    if version is Version.V23:
        main, sql = _main_23(settings), _sql_23(settings.source)
    else:
        main, sql = _main_24(settings), _sql_24(settings.source)
    return ConfigFile(MAIN_FILE, main), ConfigFile(SQL_FILE, sql, bool(settings.source.password))


def _sockets(settings: Settings) -> str:
    return f"""\
service lmtp {{
  unix_listener {settings.lmtp_socket} {{
    mode = 0600
    user = {settings.socket_user}
    group = {settings.socket_user}
  }}
}}
service auth {{
  unix_listener {settings.auth_socket} {{
    mode = 0600
    user = {settings.socket_user}
    group = {settings.socket_user}
  }}
}}
"""


def _main_23(settings: Settings) -> str:
    home = f"{settings.mail_root}/%d/%n"
    return f"""\
auth_mechanisms = plain login
# Rows are in lower case; people type their address as they like.
auth_username_format = %Lu
mail_location = maildir:~/Maildir
passdb {{
  driver = sql
  args = {settings.directory}/{SQL_FILE}
}}
userdb {{
  driver = static
  args = uid={settings.uid} gid={settings.gid} home={home}
}}
{_sockets(settings)}"""


def _sql_23(source: DataSource) -> str:
    return f"""\
driver = {SQL_DRIVERS[source.dialect]}
connect = {_quote(_connect_23(source))}
default_pass_scheme = {DEFAULT_SCHEME}
password_query = {_QUERY.format(user="%u")}
"""


def _connect_23(source: DataSource) -> str:
    if source.dialect is Dialect.SQLITE:
        return source.name
    values = {
        "host": source.host,
        "port": str(source.port or ""),
        "dbname": source.name,
        "user": source.user,
        "password": source.password,
    }
    for name, value in values.items():
        # The string is split at blanks, and neither driver's way of quoting reaches the other.
        if " " in value or (source.dialect is Dialect.POSTGRESQL and set("'\\") & set(value)):
            raise ConfigError(name, "Dovecot 2.3 cannot be given a blank, quote or backslash here")
    return " ".join(f"{name}={value}" for name, value in values.items() if value)


def _main_24(settings: Settings) -> str:
    home = f"{settings.mail_root}/%{{user | domain}}/%{{user | username}}"
    return f"""\
auth_mechanisms {{
  plain = yes
  login = yes
}}
# Rows are in lower case; people type their address as they like.
auth_username_format = %{{user | lower}}
mail_driver = maildir
mail_path = ~/Maildir
!include {settings.directory}/{SQL_FILE}
passdb sql {{
  default_password_scheme = {DEFAULT_SCHEME}
  query = {_QUERY.format(user="%{user}")}
}}
userdb static {{
  fields {{
    uid = {settings.uid}
    gid = {settings.gid}
    home = {home}
  }}
}}
{_sockets(settings)}"""


def _sql_24(source: DataSource) -> str:
    driver = SQL_DRIVERS[source.dialect]
    if source.dialect is Dialect.SQLITE:
        return f"sql_driver = {driver}\nsqlite_path = {_quote(source.name)}\n"
    values = {
        "port": str(source.port or ""),
        "dbname": source.name,
        "user": source.user,
        # %{...} is a variable, %%{ is not.
        "password": source.password.replace("%{", "%%{"),
    }
    lines = [f"{name} = {_quote(value)}" for name, value in values.items() if value]
    if source.dialect is Dialect.POSTGRESQL:
        # libpq's own parameters stand in a block of their own.
        lines = ["parameters {", *(f"  {line}" for line in lines), "}"]
    inner = "".join(f"  {line}\n" for line in lines)
    return f"sql_driver = {driver}\n{driver} {source.host} {{\n{inner}}}\n"


def _quote(value: str) -> str:
    # In quotes, # begins no comment; inside them \ and " are escaped.
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
