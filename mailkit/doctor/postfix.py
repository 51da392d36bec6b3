"""What a bundle says of Postfix: settings, services, and the SQL lookup tables that it names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mailkit.doctor.bundle import (
    POSTCONF,
    POSTCONF_MASTER,
    POSTCONF_OPTIONS,
    POSTCONF_VALUES,
    Bundle,
)
from mailkit.postfix.master import parse_main, parse_master
from mailkit.tables import Dialect

DIALECTS: Mapping[str, Dialect] = {
    "mysql": Dialect.MYSQL,
    "pgsql": Dialect.POSTGRESQL,
    "sqlite": Dialect.SQLITE,
}
# Postfix's own, as far as they are asked for (postconf(5)).
_DEFAULTS = {
    "mydestination": "$myhostname, localhost.$mydomain, localhost",
    "proxy_read_maps": "$local_recipient_maps $mydestination $virtual_alias_maps"
    " $virtual_alias_domains $virtual_mailbox_maps $virtual_mailbox_domains"
    " $relay_recipient_maps $relay_domains $canonical_maps $sender_canonical_maps"
    " $recipient_canonical_maps $relocated_maps $transport_maps $mynetworks"
    " $smtpd_sender_login_maps $sender_bcc_maps $recipient_bcc_maps $smtp_generic_maps"
    " $lmtp_generic_maps $alias_maps $smtpd_client_restrictions $smtpd_helo_restrictions"
    " $smtpd_sender_restrictions $smtpd_relay_restrictions $smtpd_recipient_restrictions",
    "queue_directory": "/var/spool/postfix",
    "mail_owner": "postfix",
    "recipient_delimiter": "",
    "virtual_alias_domains": "$virtual_alias_maps",
    "virtual_alias_maps": "$virtual_maps",
    "virtual_mailbox_domains": "$virtual_mailbox_maps",
    "virtual_transport": "virtual",
}
# What these are where nobody sets them.
_SAME_BY_DEFAULT = {
    "virtual_alias_domains": "virtual_alias_maps",
    "virtual_mailbox_domains": "virtual_mailbox_maps",
}
_REFERENCE = re.compile(r"\$(?:(\w+)|\{(\w+)\}|\((\w+)\))")
_MAP = re.compile(r"(?<![\w:])(proxy:)?(mysql|pgsql|sqlite):(/[^\s,{}]+)")
# service/type/parameter = value
_OPTION = re.compile(r"^([^\s=]+)/\w[\w-]*/(\w+) = (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Use:
    """A lookup table as a setting names it."""

    setting: str
    kind: str
    path: str
    proxied: bool

    @property
    def name(self) -> str:
        """As Postfix writes it."""
        return f"{'proxy:' if self.proxied else ''}{self.kind}:{self.path}"


@dataclass(frozen=True)
class LookupFile:
    """A lookup table's file: what it asks, and where. `query` "" if it says none."""

    path: str
    kind: str
    query: str
    hosts: str = ""
    dbname: str = ""
    dbpath: str = ""

    @property
    def dialect(self) -> Dialect:
        """Of its database."""
        return DIALECTS[self.kind]


@dataclass(frozen=True)
class Postfix:
    """`values`: main.cf with its references expanded. `options`: those of master.cf."""

    values: Mapping[str, str]
    options: Mapping[str, str] = field(default_factory=dict)
    services: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, LookupFile] = field(default_factory=dict)
    uses: tuple[Use, ...] = ()

    def value(self, name: str) -> str:
        """A setting of main.cf, "" if it is not set."""
        return self.values.get(name, "")

    def words(self, name: str) -> list[str]:
        """A setting that is a list, in lower case."""
        return [one.lower() for one in re.split(r"[,\s]+", self.value(name)) if one]

    def uses_of(self, setting: str) -> list[Use]:
        """The SQL lookup tables that a setting of main.cf names, in order."""
        return [use for use in self.uses if use.setting == setting]


def read_postfix(bundle: Bundle) -> Postfix:
    """Take apart what was read; what is missing there has Postfix's defaults."""
    written = parse_main(bundle.text(POSTCONF))
    # What postconf itself has expanded goes over what is expanded here.
    values = _expanded({**_DEFAULTS, **written}) | parse_main(bundle.text(POSTCONF_VALUES))
    options = {
        f"{service}: {name}": _expand(value, values, 10)
        for service, name, value in _OPTION.findall(bundle.text(POSTCONF_OPTIONS))
    }
    uses = tuple(_uses(values, options))
    files = {}
    for use in uses:
        if bundle.has(use.path):
            files[use.path] = read_lookup(use.kind, use.path, bundle.text(use.path))
    services = parse_master(bundle.text(POSTCONF_MASTER))
    return Postfix(values, options, services, files, uses)


def read_lookup(kind: str, path: str, text: str) -> LookupFile:
    """A lookup table's file, also in the old way without `query` (mysql_table(5))."""
    values = parse_main(text)
    query = values.get("query", "")
    if not query and {"table", "select_field", "where_field"} <= values.keys():
        query = (
            f"SELECT {values['select_field']} FROM {values['table']} WHERE"  # noqa: S608
            f" {values['where_field']} = '%s' {values.get('additional_conditions', '')}".rstrip()
        )
    return LookupFile(
        path,
        kind,
        query,
        values.get("hosts", ""),
        values.get("dbname", ""),
        values.get("dbpath", ""),
    )


def _uses(values: Mapping[str, str], options: Mapping[str, str]) -> Iterator[Use]:
    for name, value in (*values.items(), *options.items()):
        if name.endswith("proxy_read_maps") or name.endswith("proxy_write_maps"):
            continue
        if value == values.get(_SAME_BY_DEFAULT.get(name, "")):
            continue  # Nobody has put the tables there.
        for found in _MAP.finditer(value):
            yield Use(name, found[2], found[3], bool(found[1]))


def _expanded(values: Mapping[str, str]) -> dict[str, str]:
    known = dict(values)
    known.setdefault("mydomain", known.get("myhostname", "").partition(".")[2])
    return {name: _expand(value, known, 10).strip() for name, value in values.items()}


def _expand(text: str, values: Mapping[str, str], depth: int) -> str:
    # Ten levels: a setting may refer to itself.
    if depth == 0:
        return ""
    return _REFERENCE.sub(
        lambda found: _expand(values.get(found[1] or found[2] or found[3], ""), values, depth - 1),
        text,
    )
