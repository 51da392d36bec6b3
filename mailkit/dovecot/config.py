"""The Dovecot 2.3 and 2.4 configuration over the four tables: passdb, userdb, LMTP, SASL."""

# ruff: noqa: S608 - the queries are for Dovecot, which puts the name in, quoted
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from mailkit.serverfiles import ConfigError, ConfigFile, DataSource, TlsMode, check_path
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
MYSQL_PORT = 3306
_PASSDB_QUERY = "SELECT email AS user, password FROM users WHERE email='{user}'"
_ITERATE_QUERY = "SELECT email AS user FROM users"
MAIN_FILE = "mailadmin.conf"
SQL_FILE = "mailadmin-sql.conf"
# Who reads SQL_FILE besides root: Dovecot's auth process runs as this user.
GROUP = "dovecot"

# The home directory of a row, made of the address as it is stored: domain/local part.
_HOME: Mapping[Dialect, str] = MappingProxyType(
    {
        Dialect.MYSQL: "CONCAT('{root}/',SUBSTRING_INDEX(email,'@',-1),'/',"
        "SUBSTRING_INDEX(email,'@',1))",
        Dialect.POSTGRESQL: "'{root}/' || split_part(email,'@',2) || '/' || "
        "split_part(email,'@',1)",
        Dialect.SQLITE: "'{root}/' || substr(email, instr(email,'@')+1) || '/' || "
        "substr(email, 1, instr(email,'@')-1)",
    }
)


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
    recipient_delimiter: str = "+"

    def __post_init__(self) -> None:
        for name in ("directory", "mail_root", "lmtp_socket", "auth_socket"):
            check_path(name, getattr(self, name))

    @property
    def userdb_fields(self) -> dict[str, str]:
        """What the userdb gives for a mailbox: the field's name and its SQL, over `users`.

        A field of a mailbox's own (its quota) is one more here. Where the SQL gives NULL, the
        setting of the whole server counts.
        """
        return {"home": _HOME[self.source.dialect].format(root=self.mail_root)}

    def user_query(self, user: str) -> str:
        """The userdb's query; `user` is the variable of the signed-in name or the recipient."""
        fields = ", ".join(f"{sql} AS {name}" for name, sql in self.userdb_fields.items())
        return f"SELECT {fields} FROM users WHERE email='{user}'"


def config_files(settings: Settings, version: Version) -> tuple[ConfigFile, ...]:
    """The files to write: `MAIN_FILE`, which dovecot.conf includes, and `SQL_FILE` for its use.

    Raises ConfigError for a database password that the version's syntax cannot carry.
    """
    if version is Version.V23:
        main, sql = _main_23(settings), _sql_23(settings)
    else:
        main, sql = _main_24(settings), _sql_24(settings.source)
    secret = bool(settings.source.password)
    return ConfigFile(MAIN_FILE, main), ConfigFile(SQL_FILE, sql, secret, GROUP)


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
    return f"""\
auth_mechanisms = plain login
# Rows are in lower case; people type their address as they like.
auth_username_format = %Lu
mail_location = maildir:~/Maildir
mail_uid = {settings.uid}
mail_gid = {settings.gid}
# As Postfix has it.
recipient_delimiter = {_quote(settings.recipient_delimiter)}
passdb {{
  driver = sql
  args = {settings.directory}/{SQL_FILE}
}}
userdb {{
  driver = sql
  args = {settings.directory}/{SQL_FILE}
}}
{_sockets(settings)}"""


def _sql_23(settings: Settings) -> str:
    source = settings.source
    return f"""\
driver = {SQL_DRIVERS[source.dialect]}
connect = {_quote(_connect_23(source))}
default_pass_scheme = {DEFAULT_SCHEME}
password_query = {_PASSDB_QUERY.format(user="%u")}
user_query = {settings.user_query("%u")}
iterate_query = {_ITERATE_QUERY}
"""


def _connect_23(source: DataSource) -> str:
    if source.dialect is Dialect.SQLITE:
        return source.name
    values = [
        *_hosts_23(source),
        ("dbname", source.name),
        ("user", source.user),
        ("password", source.password),
        *_tls_23(source),
    ]
    for name, value in values:
        # The string is split at blanks, and neither driver's way of quoting reaches the other.
        if " " in value or (source.dialect is Dialect.POSTGRESQL and set("'\\") & set(value)):
            raise ConfigError(name, "Dovecot 2.3 cannot be given a blank, quote or backslash here")
    return " ".join(f"{name}={value}" for name, value in values if value)


def _tls_23(source: DataSource) -> list[tuple[str, str]]:
    tls = source.tls_by_network
    if tls is None:
        return []
    if source.dialect is Dialect.POSTGRESQL:
        return list(tls.libpq.items())
    # The authority turns TLS on; the name of the server is looked at unless this says no.
    name = "yes" if tls.mode is TlsMode.VERIFY_FULL else "no"
    return [("ssl_ca", tls.authority), ("ssl_verify_server_cert", name)]


def _hosts_23(source: DataSource) -> list[tuple[str, str]]:
    ports = [endpoint.port for endpoint in source.hosts]
    names = [endpoint.host for endpoint in source.hosts]
    if source.dialect is Dialect.POSTGRESQL:
        # libpq's own list: given several `host`, 2.3.19's auth process dies when one is down.
        host, port = _postgresql_hosts(source)
        return [("host", host), ("port", port)]
    # Each `host` is a server of its own, the rest of the string is for all of them.
    by_tcp = {port for name, port in zip(names, ports, strict=True) if not name.startswith("/")}
    if len(by_tcp) > 1:
        raise ConfigError("port", "Dovecot 2.3 takes one port for all MySQL servers")
    number = max(by_tcp | set(ports))
    return [*(("host", name) for name in names), ("port", str(number or ""))]


def _main_24(settings: Settings) -> str:
    return f"""\
auth_mechanisms {{
  plain = yes
  login = yes
}}
# Rows are in lower case; people type their address as they like.
auth_username_format = %{{user | lower}}
mail_driver = maildir
mail_path = ~/Maildir
# Debian's own conf.d has it in /var/mail.
mail_inbox_path = ~/Maildir
mail_uid = {settings.uid}
mail_gid = {settings.gid}
# As Postfix has it.
recipient_delimiter = {_quote(settings.recipient_delimiter)}
!include {settings.directory}/{SQL_FILE}
passdb sql {{
  default_password_scheme = {DEFAULT_SCHEME}
  query = {_PASSDB_QUERY.format(user="%{user}")}
}}
userdb sql {{
  query = {settings.user_query("%{user}")}
  iterate_query = {_ITERATE_QUERY}
}}
# Debian's own conf.d cuts the domain off here, and with it every mailbox.
protocol lmtp {{
  auth_username_format = %{{user | lower}}
}}
{_sockets(settings)}"""


def _sql_24(source: DataSource) -> str:
    driver = SQL_DRIVERS[source.dialect]
    if source.dialect is Dialect.SQLITE:
        return f"sql_driver = {driver}\nsqlite_path = {_quote(source.name)}\n"
    # One server as Dovecot sees it: given several, 2.4.1's auth process dies when one is down.
    # libmariadb (since 3.3) and libpq (since 10) go through a list of their own.
    values = {
        "dbname": source.name,
        "user": source.user,
        # %{...} is a variable, %%{ is not.
        "password": source.password.replace("%{", "%%{"),
    }
    tls = source.tls_by_network
    if source.dialect is Dialect.MYSQL:
        host, port = _mysql_hosts(source)
        # libmariadb (since 3.4, Debian 13) looks at the server's name too, but on this machine.
        secured = {"ssl": "yes", "ssl_client_ca_file": tls.authority} if tls else {}
        lines = _lines({"host": host, "port": port, **values, **secured})
    else:
        host, port = _postgresql_hosts(source)
        # libpq's own parameters stand in a block of their own.
        secured = tls.libpq if tls else {}
        inside = [f"  {line}" for line in _lines({"port": port, **values, **secured})]
        lines = [*_lines({"host": host}), "parameters {", *inside, "}"]
    inner = "".join(f"  {line}\n" for line in lines)
    return f"sql_driver = {driver}\n{driver} database {{\n{inner}}}\n"


def _mysql_hosts(source: DataSource) -> tuple[str, str]:
    """The host and the port, or the list of `host:port` in place of the host."""
    if not source.more_hosts:
        return source.host, str(source.port or "")
    if any(endpoint.host.startswith("/") for endpoint in source.hosts):
        raise ConfigError("host", "Dovecot 2.4 takes no socket among several MySQL servers")
    listed = [f"{endpoint.host}:{endpoint.port or MYSQL_PORT}" for endpoint in source.hosts]
    return ",".join(listed), ""


def _postgresql_hosts(source: DataSource) -> tuple[str, str]:
    """The host and the port; of several, the lists that belong together (libpq, 34.1.1.3)."""
    ports = [str(endpoint.port or "") for endpoint in source.hosts]
    return ",".join(one.host for one in source.hosts), ",".join(ports) if any(ports) else ""


def _lines(values: Mapping[str, str]) -> list[str]:
    return [f"{name} = {_quote(value)}" for name, value in values.items() if value]


def _quote(value: str) -> str:
    # In quotes, # begins no comment; inside them \ and " are escaped.
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
