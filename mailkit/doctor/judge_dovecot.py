"""Judge Dovecot: does it ask our table for passwords, rightly, and can it use what it finds?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mailkit.doctor.bundle import Bundle
from mailkit.doctor.database import (
    Hashes,
    Panel,
    QueryError,
    run_query,
    unknown_key,
)
from mailkit.doctor.dovecot import Dovecot, SqlPassdb
from mailkit.doctor.findings import Code, Finding
from mailkit.doctor.judge_lookups import differs
from mailkit.doctor.queries import NotRunError, expand_dovecot, refuse_dangerous
from mailkit.passwords.shapes import CRYPT_SCHEMES

OLDEST = (2, 3)
_NO_FILE = "No such file"
_QUERY_23 = "password_query = SELECT email AS user, password FROM users WHERE email='%u'"
_QUERY_24 = "query = SELECT email AS user, password FROM users WHERE email='%{user}'"
# In these clients' addresses are compared as they were typed.
_LOWER_23, _LOWER_24 = "auth_username_format = %Lu", "auth_username_format = %{user | lower}"


def judge_dovecot(
    bundle: Bundle,
    dovecot: Dovecot,
    panel: Panel,
    keys: Mapping[str, str],
    hashes: Hashes | None,
) -> Iterator[Finding]:
    """Findings about Dovecot's settings, its password query and the stored hashes, if known."""
    if dovecot.version is not None and dovecot.version < OLDEST:
        version = ".".join(map(str, dovecot.version))
        yield Finding(Code.DOVECOT_OLD, "dovecot --version", params={"version": version})
    missing = [
        path
        for path in dovecot.sql_files_unread
        if any(one.name == path and _NO_FILE in one.reason for one in bundle.unread)
    ]
    for path in missing:
        yield Finding(Code.MAP_FILE_MISSING, path)
    if not dovecot.passdbs and not dovecot.sql_files_unread:
        yield Finding(Code.DOVECOT_NO_PASSDB, "passdb", _passdb_line(dovecot))
    for passdb in dovecot.passdbs:
        yield from _about_passdb(bundle, dovecot, passdb, panel, keys)
    yield from _about_protocols(dovecot, keys.get("users", "anna@example.org"))
    size = [*dovecot.value("auth_cache_size").split(), "0"][0]
    if size.strip("0") not in ("", "B"):
        params = {"size": dovecot.value("auth_cache_size")}
        yield Finding(Code.DOVECOT_CACHE, "auth_cache_size", "auth_cache_size = 0", params)
    if hashes is not None:
        yield from _about_hashes(dovecot, hashes)


def _passdb_line(dovecot: Dovecot) -> str:
    if dovecot.is_24:
        return f"passdb sql {{\n  default_password_scheme = CRYPT\n  {_QUERY_24}\n}}"
    return "passdb {\n  driver = sql\n  args = /etc/dovecot/dovecot-sql.conf.ext\n}"


def _about_passdb(
    bundle: Bundle, dovecot: Dovecot, passdb: SqlPassdb, panel: Panel, keys: Mapping[str, str]
) -> Iterator[Finding]:
    query_line = _QUERY_24 if dovecot.is_24 else _QUERY_23
    if passdb.dialect is not None:
        hosts = list(passdb.hosts or [""])
        elsewhere = list(differs(bundle, panel, passdb.where, passdb.dialect, hosts, passdb.dbname))
        yield from elsewhere
        if elsewhere and elsewhere[0].code is Code.DATABASE_OTHER_KIND:
            return
    if not passdb.query:
        yield Finding(Code.QUERY_MISSING, passdb.where, query_line)
        return
    try:
        refuse_dangerous(passdb.query)
        nobody = run_query(panel, expand_dovecot(passdb.query, unknown_key()))
        if nobody.found:
            params = {"query": passdb.query}
            yield Finding(Code.QUERY_IGNORES_TABLES, passdb.where, query_line, params)
            return
        if "password" not in nobody.columns:
            params = {"columns": ", ".join(nobody.columns), "query": passdb.query}
            yield Finding(Code.QUERY_NO_PASSWORD, passdb.where, query_line, params)
            return
        yield from _about_user(dovecot, passdb, panel, keys)
    except NotRunError as error:
        params = {"what": str(error), "query": passdb.query}
        yield Finding(Code.QUERY_NOT_RUN, passdb.where, params=params)
    except QueryError as error:
        params = {"said": str(error), "query": passdb.query}
        yield Finding(Code.QUERY_FAILS, passdb.where, query_line, params)


def _about_user(
    dovecot: Dovecot, passdb: SqlPassdb, panel: Panel, keys: Mapping[str, str]
) -> Iterator[Finding]:
    """With a mailbox that is there: typed as it stands, and typed in capitals."""
    user = keys.get("users")
    if user is None:
        return
    form = dovecot.value("auth_username_format", "%{user | lower}" if dovecot.is_24 else "%Lu")
    line = _LOWER_24 if dovecot.is_24 else _LOWER_23
    # The key goes in as it is, without the quoting of SQL: it has no quotes.
    if "@" not in expand_dovecot(form, user):
        yield Finding(
            Code.DOVECOT_NO_DOMAIN, "auth_username_format", line, {"format": form, "user": user}
        )
        return
    if not run_query(panel, expand_dovecot(passdb.query, expand_dovecot(form, user))).found:
        params = {"setting": "passdb", "key": user, "table": "users", "query": passdb.query}
        yield Finding(Code.QUERY_UNANSWERED, passdb.where, params=params)
        return
    typed = expand_dovecot(form, user.capitalize())
    if not run_query(panel, expand_dovecot(passdb.query, typed)).found:
        params = {"format": form, "user": user.capitalize()}
        yield Finding(Code.DOVECOT_CASE, "auth_username_format", line, params)


def _about_protocols(dovecot: Dovecot, user: str) -> Iterator[Finding]:
    """A protocol's own auth_username_format; Debian 13's for LMTP is made for system users."""
    if not dovecot.passdbs and not dovecot.sql_files_unread:
        return
    codes = {
        "lmtp": Code.DOVECOT_LMTP_DOMAIN,
        "imap": Code.DOVECOT_NO_DOMAIN,
        "pop3": Code.DOVECOT_NO_DOMAIN,
    }
    for block in dovecot.top.all("protocol"):
        form = block.values.get("auth_username_format", "")
        code = codes.get(block.name)
        try:
            if code is None or not form or "@" in expand_dovecot(form, user):
                continue
        except NotRunError:
            continue
        lower = _LOWER_24 if dovecot.is_24 else _LOWER_23
        line = f"protocol {block.name} {{\n  {lower}\n}}"
        yield Finding(code, f"protocol {block.name}", line, {"format": form, "user": user})


def _about_hashes(dovecot: Dovecot, hashes: Hashes) -> Iterator[Finding]:
    for passdb in dovecot.passdbs:
        count = _not_verified(hashes, passdb.scheme)
        if count:
            name = "default_password_scheme" if dovecot.is_24 else "default_pass_scheme"
            params = {"n": count, "scheme": passdb.scheme}
            yield Finding(Code.DOVECOT_SCHEME, passdb.where, f"{name} = CRYPT", params)
    if not hashes.refused_24 or dovecot.version is None:
        return
    params = {"n": hashes.refused_24, "total": hashes.total}
    if not dovecot.is_24:
        yield Finding(Code.PASSWORD_REFUSED_LATER, "users", params=params)
    elif dovecot.value("auth_allow_weak_schemes", "no") != "yes":
        line = "auth_allow_weak_schemes = yes"
        yield Finding(Code.PASSWORD_REFUSED, "users", line, params)


def _not_verified(hashes: Hashes, scheme: str) -> int:
    """How many hashes without {SCHEME} are not what this default takes them for."""
    name = scheme.upper().partition(".")[0]
    if name in CRYPT_SCHEMES:
        return 0
    fits = {"MD5-CRYPT"} if name in ("MD5", "MD5-CRYPT") else {name}
    return sum(count for found, count in hashes.bare.items() if found not in fits)
