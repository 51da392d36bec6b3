"""The Postfix lookup tables over the four SQL tables, and the main.cf settings that use them.

The queries are those of the "Postfix, Dovecot and MySQL" tutorials, in each database's own SQL.
mysql_table(5), pgsql_table(5), sqlite_table(5), postconf(5).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import quote

from mailkit.postfix.master import DEFAULT_DELIMITER, DEFAULT_VIRTUAL_TRANSPORT
from mailkit.serverfiles import ConfigFile, DataSource
from mailkit.tables import Dialect

POSTGRESQL_PORT = 5432
# The lookup table's type in main.cf, and the package that Debian has it in (postfix-mysql, ...).
MAP_TYPES: Mapping[Dialect, str] = MappingProxyType(
    {Dialect.MYSQL: "mysql", Dialect.POSTGRESQL: "pgsql", Dialect.SQLITE: "sqlite"}
)


@dataclass(frozen=True)
class Lookup:
    """One lookup table. `name` names its file (`name`.cf), `about` is the file's first line."""

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
TUTORIAL_LOOKUPS = (DOMAINS, FORWARDINGS, EMAIL2EMAIL, MAILBOXES, TRANSPORT)
LOOKUPS = (*TUTORIAL_LOOKUPS, ACCESS)


def lookup_file(lookup: Lookup, source: DataSource) -> ConfigFile:
    """The .cf file of one lookup table for this database."""
    lines = [f"# {lookup.about}", *_login(source), f"query = {lookup.queries[source.dialect]}"]
    return ConfigFile(lookup.file_name, "\n".join(lines) + "\n", secret=bool(source.password))


def lookup_files(source: DataSource) -> tuple[ConfigFile, ...]:
    """All lookup tables' files."""
    return tuple(lookup_file(lookup, source) for lookup in LOOKUPS)


def map_name(lookup: Lookup, dialect: Dialect, directory: str) -> str:
    """The lookup table as main.cf names it, its file in `directory`.

    Over proxymap(8): the processes share a few database connections.
    """
    return f"proxy:{MAP_TYPES[dialect]}:{directory}/{lookup.file_name}"


def main_cf(
    dialect: Dialect, directory: str, *, refuse_error_transports: bool = False
) -> dict[str, str]:
    """The settings of main.cf that use the lookup tables in `directory`, by name, in order.

    `refuse_error_transports` adds the access table: 554 at RCPT where there would be a bounce.
    """
    names = {lookup.name: map_name(lookup, dialect, directory) for lookup in LOOKUPS}
    settings = {
        "virtual_mailbox_domains": names["domains"],
        # Both in one list, so that an address is looked for in both before `@domain` is.
        "virtual_alias_maps": f"{names['forwardings']}, {names['email2email']}",
        "virtual_mailbox_maps": names["mailboxes"],
        "transport_maps": names["transport"],
        "virtual_transport": DEFAULT_VIRTUAL_TRANSPORT,
        "recipient_delimiter": DEFAULT_DELIMITER,
    }
    if not refuse_error_transports:
        return settings
    return {**settings, **access_settings(dialect, directory)}


def access_settings(dialect: Dialect, directory: str) -> dict[str, str]:
    """The settings that refuse recipients with an `error:` transport at RCPT."""
    table = map_name(ACCESS, dialect, directory)
    return {
        "smtpd_recipient_restrictions": f"check_recipient_access {table}",
        # Postfix's default without smtpd_access_maps: a row `a.test` is to mean what it means in
        # transport(5), that domain alone, and not its subdomains too as in access(5).
        "parent_domain_matches_subdomains": "debug_peer_list, fast_flush_domains, mynetworks,"
        " permit_mx_backup_networks, qmqpd_authorized_clients, relay_domains",
    }


def sasl_settings(socket: str = "private/auth") -> dict[str, str]:
    """The settings of a submission service whose clients sign in by Dovecot (SASL_README).

    `socket` is relative to Postfix's queue directory.
    """
    return {
        "smtpd_sasl_auth_enable": "yes",
        "smtpd_sasl_type": "dovecot",
        "smtpd_sasl_path": socket,
        "smtpd_relay_restrictions": "permit_sasl_authenticated, reject",
    }


def render_main_cf(settings: Mapping[str, str]) -> str:
    """Settings as main.cf has them."""
    return "".join(f"{name} = {value}\n" for name, value in settings.items())


def _login(source: DataSource) -> list[str]:
    if source.dialect is Dialect.SQLITE:
        return [f"dbpath = {source.name}"]
    host = source.host
    if host.startswith("/"):
        host = _socket(source)
    elif source.port:
        host += f":{source.port}"
    return [
        f"hosts = {host}",
        f"user = {source.user}",
        f"password = {source.password}",
        f"dbname = {source.name}",
    ]


def _socket(source: DataSource) -> str:
    if source.dialect is Dialect.MYSQL or source.port in (0, POSTGRESQL_PORT):
        return f"unix:{source.host}"
    # The port is in the socket's name, and only a URI has a place for it (pgsql_table(5)).
    user, password = quote(source.user, safe=""), quote(source.password, safe="")
    where = f"host={quote(source.host, safe='')}&port={source.port}"
    return f"postgresql://{user}:{password}@/{quote(source.name, safe='')}?{where}"
