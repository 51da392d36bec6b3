"""Judge the lookup tables: are they all there, do they reach the panel's tables, do they answer?"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

from mailkit.doctor.bundle import POSTMAP, Bundle
from mailkit.doctor.database import Answer, Panel, QueryError, run_query, unknown_key
from mailkit.doctor.findings import Code, Finding
from mailkit.doctor.postfix import LookupFile, Postfix, Use
from mailkit.doctor.queries import (
    NotRunError,
    expand_postfix,
    refuse_dangerous,
    tables_of,
)
from mailkit.doctor.secrets import GONE
from mailkit.postfix.lookups import DOMAINS, EMAIL2EMAIL, FORWARDINGS, MAILBOXES, TRANSPORT, Lookup
from mailkit.tables import Dialect

_LOCAL = frozenset({"", "localhost", "127.0.0.1", "::1", "[::1]"})
_TROUBLE = re.compile(r"(?:warning|error|fatal|panic): (.*)")
_NO_FILE = "No such file"
# Where a table of mailboxes may stand too; anywhere else it is a lost email2email.
_MAILBOX_SETTINGS = ("virtual_mailbox_maps", "login_maps", "recipient_maps", "access", "restrict")
# What each setting is asked for, by the table that answers.
_ASKED = {
    "virtual_mailbox_domains": "domains",
    "virtual_mailbox_maps": "users",
    "transport_maps": "transport",
}
_NEEDED = (
    ("virtual_mailbox_domains", Code.MAP_NO_DOMAINS, DOMAINS),
    ("virtual_mailbox_maps", Code.MAP_NO_MAILBOXES, MAILBOXES),
    ("transport_maps", Code.MAP_NO_TRANSPORT, TRANSPORT),
)


@dataclass
class Asked:
    """What one lookup table answered: to the key of each table that has one, and to no one's."""

    file: LookupFile
    findings: list[Finding] = field(default_factory=list)
    answered: set[str] = field(default_factory=set)
    ran: bool = False

    @property
    def tables(self) -> set[str]:
        """The tables that it stands for: those in its query, and those whose keys it answers."""
        return tables_of(self.file.query) | self.answered


def judge_lookups(
    bundle: Bundle, postfix: Postfix, panel: Panel, keys: Mapping[str, str]
) -> Iterator[Finding]:
    """Findings about every SQL lookup table and about those that are missing.

    `keys`: a key of each table that the database really has.
    """
    asked = {path: ask(file, panel, keys) for path, file in postfix.files.items()}
    for path in dict.fromkeys(use.path for use in postfix.uses):
        if path in asked:
            yield from _about_file(bundle, asked[path], panel)
        elif any(one.name == path and _NO_FILE in one.reason for one in bundle.unread):
            yield Finding(Code.MAP_FILE_MISSING, path)
    for setting, code, lookup in _NEEDED:
        yield from _needed(postfix, panel, setting, code, lookup)
        yield from _unanswered(postfix, asked, keys, setting)
    yield from _aliases(postfix, asked, panel, keys)
    yield from _not_proxied(postfix)


def ask(file: LookupFile, panel: Panel, keys: Mapping[str, str]) -> Asked:
    """Run its query with a key of each table and with one that nobody has."""
    asked = Asked(file)
    if not file.query or file.dialect is not panel.dialect:
        return asked
    try:
        refuse_dangerous(file.query)
        for table in ("", *keys):
            answer = _answer(panel, file.query, keys[table] if table else unknown_key())
            if answer and answer.found:
                asked.answered.add(table)
        asked.ran = True
    except NotRunError as error:
        asked.findings.append(
            Finding(Code.QUERY_NOT_RUN, file.path, params={"what": str(error), "query": file.query})
        )
    except QueryError as error:
        asked.findings.append(
            Finding(Code.QUERY_FAILS, file.path, params={"said": str(error), "query": file.query})
        )
    if "" in asked.answered:
        asked.ran = False
        asked.findings.append(
            Finding(Code.QUERY_IGNORES_TABLES, file.path, params={"query": file.query})
        )
    return asked


def _answer(panel: Panel, query: str, key: str) -> Answer | None:
    sql = expand_postfix(query, key)
    return None if sql is None else run_query(panel, sql)


def _about_file(bundle: Bundle, asked: Asked, panel: Panel) -> Iterator[Finding]:
    file = asked.file
    if not file.query:
        yield Finding(Code.QUERY_MISSING, file.path)
        return
    elsewhere = list(other_database(bundle, file, panel))
    yield from elsewhere
    yield from asked.findings
    if elsewhere or asked.findings:
        return
    said = _TROUBLE.search(bundle.text(f"{POSTMAP} {file.kind}:{file.path}"))
    if said:
        yield Finding(Code.MAP_UNREACHABLE, file.path, params={"said": said[1][:300]})


def other_database(bundle: Bundle, file: LookupFile, panel: Panel) -> Iterator[Finding]:
    """Whether a lookup table reads another database than the panel writes."""
    # The password of a URI was cut out, by words with a blank in them.
    hosts, name = file.hosts.replace(GONE, "-").split(), file.dbname
    for one in hosts:
        if "://" in one:
            uri = urlsplit(one)
            name = unquote(uri.path.lstrip("/")) or name
    if file.dialect is Dialect.SQLITE:
        hosts, name = [], file.dbpath
    plain = [_host(one) for one in hosts]
    yield from differs(bundle, panel, file.path, file.dialect, plain or [""], name)


def differs(
    bundle: Bundle, panel: Panel, where: str, dialect: Dialect, hosts: list[str], name: str
) -> Iterator[Finding]:
    """The same for hosts without port, of either server. At most one finding."""
    if dialect is not panel.dialect:
        yield Finding(
            Code.DATABASE_OTHER_KIND, where, params={"kind": dialect, "ours": panel.dialect}
        )
        return
    if dialect is Dialect.SQLITE:
        same = name == panel.name or os.path.realpath(name) == os.path.realpath(panel.name)
        if not same and name:
            line = f"dbpath = {panel.name}"
            yield _other_name(where, name, panel, line)
        return
    if name and name != panel.name:
        yield _other_name(where, name, panel, f"dbname = {panel.name}")
        return
    ours = _host(panel.host)
    here = [one in _LOCAL or one.startswith("/") for one in hosts]
    if ours in hosts or (any(here) and (ours in _LOCAL or ours.startswith("/"))):
        return
    # From another machine a local name says nothing.
    if not bundle.here and (any(here) or ours in _LOCAL or ours.startswith("/")):
        return
    params = {"hosts": " ".join(hosts), "ours": ours or "localhost"}
    yield Finding(Code.DATABASE_OTHER_HOST, where, params=params)


def _other_name(where: str, name: str, panel: Panel, line: str) -> Finding:
    params = {"name": name, "ours": panel.name}
    return Finding(Code.DATABASE_OTHER_NAME, where, line, params)


def _host(text: str) -> str:
    if "://" in text:
        uri = urlsplit(text)
        return uri.hostname or parse_qs(uri.query).get("host", [""])[0]
    text = text.removeprefix("inet:")
    if text.startswith("unix:"):
        return "/" + text[5:].lstrip("/")
    bracket = re.fullmatch(r"\[?([0-9a-fA-F:.]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*?)\]?(?::\d+)?", text)
    if bracket and text.startswith("["):
        return bracket[1]
    return re.sub(r":\d+$", "", text) if text.count(":") == 1 else text


def _needed(
    postfix: Postfix, panel: Panel, setting: str, code: Code, lookup: Lookup
) -> Iterator[Finding]:
    if not postfix.uses_of(setting):
        yield Finding(code, setting, _line(postfix, panel, setting, lookup), _query(panel, lookup))


def _query(panel: Panel, lookup: Lookup) -> dict[str, object]:
    return {"query": f"query = {lookup.queries[panel.dialect]}", "file": lookup.file_name}


def _line(postfix: Postfix, panel: Panel, setting: str, lookup: Lookup) -> str:
    """The setting with this lookup table added, beside the files that are there already."""
    directory = next((os.path.dirname(use.path) for use in postfix.uses), "/etc/postfix")
    kind = {Dialect.MYSQL: "mysql", Dialect.POSTGRESQL: "pgsql"}.get(panel.dialect, "sqlite")
    proxy = "" if any(not use.proxied for use in postfix.uses) else "proxy:"
    name = f"{proxy}{kind}:{directory}/{lookup.file_name}"
    before = postfix.value(setting) if postfix.uses_of(setting) else ""
    return f"{setting} = {f'{before}, ' if before else ''}{name}"


def _unanswered(
    postfix: Postfix, asked: Mapping[str, Asked], keys: Mapping[str, str], setting: str
) -> Iterator[Finding]:
    table = _ASKED[setting]
    uses = [asked.get(use.path) for use in postfix.uses_of(setting)]
    yield from _silent(uses, keys, table, setting)


def _silent(
    uses: Iterable[Asked | None], keys: Mapping[str, str], table: str, setting: str
) -> Iterator[Finding]:
    """A finding where all of these could be asked, and none answered to the table's key."""
    listed = list(uses)
    if not listed or table not in keys or not all(one is not None and one.ran for one in listed):
        return
    found = [one for one in listed if one is not None]
    if any(table in one.answered for one in found):
        return
    params = {"setting": setting, "key": keys[table], "table": table, "query": found[0].file.query}
    yield Finding(Code.QUERY_UNANSWERED, found[0].file.path, params=params)


def _aliases(
    postfix: Postfix, asked: Mapping[str, Asked], panel: Panel, keys: Mapping[str, str]
) -> Iterator[Finding]:
    setting = "virtual_alias_maps"
    uses = [asked.get(use.path) for use in postfix.uses_of(setting)]
    if any(one is None for one in uses):
        return  # One that could not be read may be the one that is missed.
    found = [one for one in uses if one is not None]
    for table, code, lookup in (
        ("forwardings", Code.MAP_NO_FORWARDINGS, FORWARDINGS),
        ("users", Code.MAP_NO_EMAIL2EMAIL, EMAIL2EMAIL),
    ):
        own = [one for one in found if table in one.tables or not one.file.query]
        if own:
            yield from _silent(own, keys, table, setting)
            continue
        other = _misplaced(postfix, asked) if table == "users" else None
        line = _line(postfix, panel, setting, lookup)
        if other is None:
            yield Finding(code, setting, line, _query(panel, lookup))
        else:
            before = postfix.value(setting)
            line = f"{setting} = {f'{before}, ' if before else ''}{other.name}"
            params = {"other": other.setting, "name": other.name}
            yield Finding(Code.MAP_EMAIL2EMAIL_ELSEWHERE, setting, line, params)


def _misplaced(postfix: Postfix, asked: Mapping[str, Asked]) -> Use | None:
    for use in postfix.uses:
        one = asked.get(use.path)
        if one and "users" in one.tables and not any(s in use.setting for s in _MAILBOX_SETTINGS):
            return use
    return None


def _not_proxied(postfix: Postfix) -> Iterator[Finding]:
    allowed = set(re.split(r"[,\s]+", postfix.value("proxy_read_maps")))
    seen = set()
    for use in postfix.uses:
        if use.proxied and use.name not in allowed and use.name not in seen:
            seen.add(use.name)
            line = f'postconf -e "proxy_read_maps=$(postconf -h proxy_read_maps) {use.name}"'
            yield Finding(Code.MAP_NOT_PROXIED, use.setting, line, {"name": use.name})
