"""Postfix's main.cf and master.cf over the lookup tables: virtual domains, submission, refusals.

postconf(5), master(5), SASL_README.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from mailkit.postfix.lookups import ACCESS, LOOKUPS, SENDERS, lookup_text, map_name
from mailkit.postfix.master import DEFAULT_DELIMITER, DEFAULT_VIRTUAL_TRANSPORT
from mailkit.postfix.senders import senders_query
from mailkit.serverfiles import ConfigFile, DataSource
from mailkit.tables import Dialect

# Who reads the lookup tables' files: proxymap(8) runs as this user.
GROUP = "postfix"
MAIN_FILE = "main.cf"
MASTER_FILE = "master.cf"


@dataclass(frozen=True)
class Settings:
    """`directory`: where the lookup tables' files will lie.

    `sasl_socket` is Dovecot's, relative to Postfix's queue directory. `collations` as in
    `senders_query`.
    """

    source: DataSource
    directory: str = "/etc/postfix/mailadmin"
    virtual_transport: str = DEFAULT_VIRTUAL_TRANSPORT
    recipient_delimiter: str = DEFAULT_DELIMITER
    sasl_socket: str = "private/auth"
    collations: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Service:
    """A service of master.cf with the settings that only it has."""

    name: str
    options: Mapping[str, str]

    @property
    def line(self) -> str:
        # Not chrooted: a lookup table without proxy: is to find the database's socket too.
        return f"{self.name} inet n - n - - smtpd"


def lookup_files(settings: Settings) -> tuple[ConfigFile, ...]:
    """All lookup tables' files."""
    source = settings.source
    senders = senders_query(source.dialect, settings.recipient_delimiter, settings.collations)
    return tuple(
        ConfigFile(
            lookup.file_name,
            lookup_text(lookup, source, senders if lookup is SENDERS else ""),
            bool(source.password),
            GROUP,
        )
        for lookup in LOOKUPS
    )


def main_settings(settings: Settings) -> dict[str, str]:
    """The settings of main.cf, by name, in order."""
    dialect, directory = settings.source.dialect, settings.directory
    names = {lookup.name: map_name(lookup, dialect, directory) for lookup in LOOKUPS}
    return {
        "virtual_mailbox_domains": names["domains"],
        # Its default is virtual_alias_maps: a forwarding whose source is a bare domain would make
        # that domain one whose addresses are all aliases.
        "virtual_alias_domains": "",
        # Both in one list, so that an address is looked for in both before `@domain` is.
        "virtual_alias_maps": f"{names['forwardings']}, {names['email2email']}",
        "virtual_mailbox_maps": names["mailboxes"],
        "transport_maps": names["transport"],
        "virtual_transport": settings.virtual_transport,
        "recipient_delimiter": settings.recipient_delimiter,
        **access_settings(dialect, directory),
        "smtpd_sender_login_maps": names["senders"],
        "smtpd_sasl_type": "dovecot",
        "smtpd_sasl_path": settings.sasl_socket,
    }


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


def submission_services() -> tuple[Service, ...]:
    """The services that mail programs hand mail to, signed in and as nobody but themselves."""
    signed_in = {
        "smtpd_sasl_auth_enable": "yes",
        "smtpd_tls_auth_only": "yes",
        "smtpd_client_restrictions": "permit_sasl_authenticated, reject",
        "smtpd_relay_restrictions": "permit_sasl_authenticated, reject",
        "smtpd_sender_restrictions": "reject_sender_login_mismatch",
    }
    return (
        Service(
            "submission",
            {
                "syslog_name": "postfix/submission",
                "smtpd_tls_security_level": "encrypt",
                **signed_in,
            },
        ),
        Service(
            "submissions",
            {
                "syslog_name": "postfix/submissions",
                "smtpd_tls_wrappermode": "yes",
                **signed_in,
            },
        ),
    )


def render_main_cf(settings: Mapping[str, str]) -> str:
    """Settings as main.cf has them."""
    return "".join(f"{name} = {value}".rstrip() + "\n" for name, value in settings.items())


def render_master_cf(services: tuple[Service, ...]) -> str:
    """Services as master.cf has them."""
    return "".join(f"{one.line}\n{render_options(one.options)}" for one in services)


def render_options(options: Mapping[str, str]) -> str:
    """A service's own settings; a value with blanks stands in braces (master(5))."""
    return "".join(f"  -o {{ {name} = {value} }}\n" for name, value in options.items())
