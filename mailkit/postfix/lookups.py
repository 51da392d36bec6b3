"""The Postfix lookup tables over the four SQL tables.

The queries are those of the "Postfix, Dovecot and MySQL" tutorials, in each database's own SQL.
mysql_table(5), pgsql_table(5), sqlite_table(5).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import quote

from mailkit.postfix.senders import senders_query
from mailkit.serverfiles import DataSource, Endpoint, TlsMode
from mailkit.tables import Dialect

POSTGRESQL_PORT = 5432
# The lookup table's type in main.cf, and the package that Debian has it in (postfix-mysql, ...).
MAP_TYPES: Mapping[Dialect, str] = MappingProxyType(
    {Dialect.MYSQL: "mysql", Dialect.POSTGRESQL: "pgsql", Dialect.SQLITE: "sqlite"}
)


@dataclass(frozen=True)
class Lookup:
    """One lookup table. `name` names its file (`name`.cf), `about` says in its head what it is."""

    name: str
    about: str
    queries: Mapping[Dialect, str]

    @property
    def file_name(self) -> str:
        return f"{self.name}.cf"


def _everywhere(query: str) -> Mapping[Dialect, str]:
    return MappingProxyType(dict.fromkeys(Dialect, query))


DOMAINS = Lookup(
    "domains",
    "Virtual domains: which domains are ours.",
    _everywhere("SELECT domain FROM domains WHERE domain='%s'"),
)
FORWARDINGS = Lookup(
    "forwardings",
    "Forwardings: source to destinations.",
    _everywhere("SELECT destination FROM forwardings WHERE source='%s'"),
)
# A mailbox's address forwards to itself: without this row a catch-all takes the mailbox's mail.
EMAIL2EMAIL = Lookup(
    "email2email",
    "Mailboxes as forwardings to themselves, so that a catch-all leaves them alone.",
    _everywhere("SELECT email FROM users WHERE email='%s'"),
)
# Only whether there is a row counts: Dovecot delivers, not virtual(8).
MAILBOXES = Lookup(
    "mailboxes",
    "Mailboxes: which addresses exist.",
    MappingProxyType(
        {
            Dialect.MYSQL: "SELECT CONCAT(SUBSTRING_INDEX(email,'@',-1),'/',"
            "SUBSTRING_INDEX(email,'@',1),'/') FROM users WHERE email='%s'",
            Dialect.POSTGRESQL: "SELECT split_part(email,'@',2) || '/' || "
            "split_part(email,'@',1) || '/' FROM users WHERE email='%s'",
            Dialect.SQLITE: "SELECT substr(email, instr(email,'@')+1) || '/' || "
            "substr(email, 1, instr(email,'@')-1) || '/' FROM users WHERE email='%s'",
        }
    ),
)
TRANSPORT = Lookup(
    "transport",
    "Transports: where mail for an address or a domain goes instead.",
    _everywhere("SELECT transport FROM transport WHERE domain='%s'"),
)
# `%%` is one % for the database: Postfix expands % in queries. 7: what follows `error:`.
ACCESS = Lookup(
    "access",
    "Refuse recipients with an error: transport while the client waits, instead of a bounce.",
    MappingProxyType(
        {
            Dialect.MYSQL: "SELECT CONCAT('REJECT ',SUBSTRING(transport,7)) FROM transport "
            "WHERE domain='%s' AND transport LIKE 'error:%%'",
            Dialect.POSTGRESQL: "SELECT 'REJECT ' || substr(transport,7) FROM transport "
            "WHERE domain='%s' AND transport LIKE 'error:%%'",
            Dialect.SQLITE: "SELECT 'REJECT ' || substr(transport,7) FROM transport "
            "WHERE domain='%s' AND transport LIKE 'error:%%'",
        }
    ),
)
# The query of the tutorials' delimiter, for tables of one collation; `senders` makes the others.
SENDERS = Lookup(
    "senders",
    "Senders: which mailbox may send as an address.",
    MappingProxyType({dialect: senders_query(dialect) for dialect in Dialect}),
)
TUTORIAL_LOOKUPS = (DOMAINS, FORWARDINGS, EMAIL2EMAIL, MAILBOXES, TRANSPORT)
LOOKUPS = (*TUTORIAL_LOOKUPS, ACCESS, SENDERS)


def lookup_text(lookup: Lookup, source: DataSource, query: str = "") -> str:
    """The settings of one lookup table's .cf file for this database; its own query, or this one."""
    lines = [*_login(source), f"query = {query or lookup.queries[source.dialect]}"]
    return "\n".join(lines) + "\n"


def map_name(lookup: Lookup, dialect: Dialect, directory: str) -> str:
    """The lookup table as main.cf names it, its file in `directory`.

    Over proxymap(8): the processes share a few database connections.
    """
    return f"proxy:{MAP_TYPES[dialect]}:{directory}/{lookup.file_name}"


def _login(source: DataSource) -> list[str]:
    if source.dialect is Dialect.SQLITE:
        return [f"dbpath = {source.name}"]
    return [
        f"hosts = {' '.join(_host(source, endpoint) for endpoint in source.hosts)}",
        f"user = {source.user}",
        f"password = {source.password}",
        f"dbname = {source.name}",
        *(_mysql_tls(source) if source.dialect is Dialect.MYSQL else ()),
    ]


def _mysql_tls(source: DataSource) -> list[str]:
    """mysql_table(5): with the first of these libmariadb takes nothing but TLS."""
    tls = source.tls_by_network
    if tls is None:
        return []
    name = "yes" if tls.mode is TlsMode.VERIFY_FULL else "no"
    return [f"tls_CAfile = {tls.authority}", f"tls_verify_cert = {name}"]


def _host(source: DataSource, endpoint: Endpoint) -> str:
    host, port = endpoint.host, endpoint.port
    if not host.startswith("/"):
        if source.dialect is Dialect.POSTGRESQL and source.tls is not None:
            where = f"{host}:{port}" if port else host
            return _uri(source, where, **source.tls.libpq)
        return f"{host}:{port}" if port else host
    if source.dialect is Dialect.MYSQL or port in (0, POSTGRESQL_PORT):
        return f"unix:{host}"
    # The port is in the socket's name, and only a URI has a place for it.
    return _uri(source, "", host=host, port=str(port))


def _uri(source: DataSource, where: str, **parameters: str) -> str:
    """A server in the one way that takes further parameters (pgsql_table(5))."""
    user, password, name = (
        quote(value, safe="") for value in (source.user, source.password, source.name)
    )
    query = "&".join(f"{key}={quote(value, safe='')}" for key, value in parameters.items())
    return f"postgresql://{user}:{password}@{where}/{name}?{query}"
