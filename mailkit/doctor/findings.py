"""Every finding of the doctor as a code with its level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from mailkit.tables.findings import Level


class Code(StrEnum):
    """Stable names; docs/doctor.md has a line on each."""

    MAP_FILE_MISSING = "map.file_missing"
    MAP_UNREACHABLE = "map.unreachable"
    MAP_NO_DOMAINS = "map.no_domains"
    MAP_NO_MAILBOXES = "map.no_mailboxes"
    MAP_NO_FORWARDINGS = "map.no_forwardings"
    MAP_NO_EMAIL2EMAIL = "map.no_email2email"
    MAP_EMAIL2EMAIL_ELSEWHERE = "map.email2email_elsewhere"
    MAP_NO_TRANSPORT = "map.no_transport"
    MAP_NOT_PROXIED = "map.not_in_proxy_read_maps"
    QUERY_MISSING = "query.missing"
    QUERY_FAILS = "query.fails"
    QUERY_NOT_RUN = "query.not_run"
    QUERY_UNANSWERED = "query.unanswered"
    QUERY_IGNORES_TABLES = "query.ignores_tables"
    QUERY_NO_PASSWORD = "query.no_password"  # noqa: S105
    DATABASE_OTHER_NAME = "database.other_name"
    DATABASE_OTHER_HOST = "database.other_host"
    DATABASE_OTHER_KIND = "database.other_kind"
    POSTFIX_LOCAL_DOMAIN = "postfix.mydestination"
    POSTFIX_ALIAS_DOMAIN = "postfix.virtual_alias_domains"
    POSTFIX_VIRTUAL_TRANSPORT = "postfix.virtual_transport"
    POSTFIX_NO_SERVICE = "postfix.no_service"
    POSTFIX_LMTP_SOCKET = "postfix.lmtp_socket"
    POSTFIX_SASL_SOCKET = "postfix.sasl_socket"
    POSTFIX_OLD = "postfix.version"
    DELIMITER_DIFFERS = "delimiter.dovecot"
    DELIMITER_OF_PANEL = "delimiter.panel"
    DOVECOT_NO_PASSDB = "dovecot.no_passdb"
    DOVECOT_NO_LMTP = "dovecot.no_lmtp"
    DOVECOT_CACHE = "dovecot.auth_cache"
    DOVECOT_CASE = "dovecot.username_case"
    DOVECOT_NO_DOMAIN = "dovecot.username_domain"
    DOVECOT_LMTP_DOMAIN = "dovecot.lmtp_username"
    DOVECOT_SCHEME = "dovecot.default_scheme"
    DOVECOT_OLD = "dovecot.version"
    PASSWORD_REFUSED = "password.refused"  # noqa: S105
    PASSWORD_REFUSED_LATER = "password.refused_by_24"  # noqa: S105
    SQLITE_UNREADABLE = "sqlite.unreadable"
    SQLITE_NOT_WRITABLE = "sqlite.wal_not_writable"
    SQLITE_JOURNAL = "sqlite.journal"


_WARNINGS = {
    Code.DATABASE_OTHER_HOST,
    Code.POSTFIX_VIRTUAL_TRANSPORT,
    Code.POSTFIX_OLD,
    Code.DELIMITER_DIFFERS,
    Code.DELIMITER_OF_PANEL,
    Code.DOVECOT_CACHE,
    Code.DOVECOT_CASE,
    Code.DOVECOT_OLD,
    Code.MAP_NO_TRANSPORT,
    Code.SQLITE_JOURNAL,
}
_NOTICES = {Code.QUERY_NOT_RUN, Code.PASSWORD_REFUSED_LATER}
LEVELS: Mapping[Code, Level] = MappingProxyType(
    {
        code: Level.WARNING
        if code in _WARNINGS
        else Level.NOTICE
        if code in _NOTICES
        else Level.FAULT
        for code in Code
    }
)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong. `where`: the file or the setting that it is about.

    `line`: what to write there to mend it, "" where no line does. `params` are for the words.
    """

    code: Code
    where: str
    line: str = ""
    params: Mapping[str, object] = field(default_factory=dict)

    @property
    def level(self) -> Level:
        """How bad it is; the code alone decides."""
        return LEVELS[self.code]


@dataclass(frozen=True)
class Unread:
    """Something that could not be looked at: its name, and what was said instead."""

    name: str
    reason: str
