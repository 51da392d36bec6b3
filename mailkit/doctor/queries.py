"""The mail servers' own queries: which may be run from here, and a key put into them.

mysql_table(5), pgsql_table(5) and sqlite_table(5) expand in the same way; Dovecot has variables
of its own, which 2.4 writes otherwise than 2.3.
"""

from __future__ import annotations

import re

# Whoever pastes a bundle may have it from somebody else: only what these functions do is run.
_FUNCTION_NAMES = """
    concat concat_ws substring substring_index substr instr left right mid locate position strpos
    split_part lower lcase upper ucase replace trim btrim ltrim rtrim reverse length char_length
    octet_length coalesce ifnull nullif if iif cast convert count max min sum group_concat
    string_agg format printf hex quote least greatest regexp_replace now current_date
    current_timestamp unix_timestamp to_char date exists
"""
_FUNCTIONS = frozenset(_FUNCTION_NAMES.split())
# Words that may stand before a bracket and are no functions.
_NO_FUNCTIONS = """
    select distinct all from where and or not in any some as on using join union except intersect
    values when then else case end like between having by limit varchar char character binary
    decimal numeric is over row filter
"""
_WORDS = frozenset(_NO_FUNCTIONS.split())
_WRITES = """
    into outfile dumpfile update share lock procedure delete insert merge drop alter call load
"""
# `WITH name (columns) AS (`: no function, whatever it is called.
_NAMED_QUERY = re.compile(r"(\bwith\s+(?:recursive\s+)?|,\s*)\w+\s*\([\w\s,]*\)\s+as\s*\(")
_FORBIDDEN = frozenset(_WRITES.split())
_STRING = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`")
_TABLE = re.compile(r"\b(?:from|join)\s+[\"`]?(?:\w+[\"`]?\.[\"`]?)?(\w+)", re.IGNORECASE)
_POSTFIX = re.compile(r"%(.)", re.DOTALL)
_DOVECOT = re.compile(r"%(?:(%)|\{([^{}]*)\}|([LUTMHRX0-9.]*)([a-zA-Z]))")


class NotRunError(ValueError):
    """The query is not run from here; the message says what of it is in the way."""


def refuse_dangerous(query: str) -> None:
    """Raises NotRunError for anything but a single SELECT of simple functions."""
    bare = query.strip().rstrip(";").rstrip()
    if "\\" in bare:
        raise NotRunError("\\")
    outside = _STRING.sub(" ", bare)
    for mark in (";", "--", "/*", "#", "$", "'", "`", ":=", "@@"):
        if mark in outside:
            raise NotRunError(mark)
    words = re.findall(r"\w+", outside.lower())
    if not words or words[0] not in ("select", "with"):
        raise NotRunError(words[0] if words else "")
    for word in words:
        if word in _FORBIDDEN:
            raise NotRunError(word)
    calls = _NAMED_QUERY.sub(" (", outside.lower())
    for name in re.findall(r"([\w.]+)\s*\(", calls):
        if name not in _FUNCTIONS and name not in _WORDS:
            raise NotRunError(f"{name}()")
    # A quoted name before a bracket is a function too.
    if re.search(r"[\"`]\s*\(", bare):
        raise NotRunError("(")


def tables_of(query: str) -> set[str]:
    """The tables that a query names, in lower case."""
    return {name.lower() for name in _TABLE.findall(query)}


def expand_postfix(query: str, key: str) -> str | None:
    """The query that Postfix sends for a key; None where it sends none for this one."""
    local, at, domain = key.rpartition("@")
    labels = (domain if at else key).split(".")
    missing = False

    def value(found: re.Match[str]) -> str:
        nonlocal missing
        letter = found[1].lower()
        if letter == "%":
            return "%"
        if letter == "s":
            return _quoted(key)
        if letter == "u":
            return _quoted(local if at else key)
        if letter == "d":
            missing |= not at
            return _quoted(domain)
        if letter.isdigit() and letter != "0":
            number = int(letter)
            missing |= number > len(labels)
            return "" if missing else _quoted(labels[-number])
        raise NotRunError(found[0])

    sql = _POSTFIX.sub(value, query)
    return None if missing else sql


def expand_dovecot(query: str, user: str) -> str:
    """The query that Dovecot sends for a user at an IMAP sign-in."""
    local, _at, domain = user.partition("@")
    named = {"user": user, "username": local, "domain": domain, "protocol": "imap"}
    named["service"] = named["protocol"]
    letters = {"u": user, "n": local, "d": domain, "s": "imap"}

    def value(found: re.Match[str]) -> str:
        percent, braces, modifiers, letter = found.groups()
        if percent:
            return "%"
        if braces is None:
            if letter not in letters or set(modifiers) - set("LU"):
                raise NotRunError(found[0])
            return _quoted(_cased(letters[letter], modifiers))
        name, *filters = [part.strip() for part in braces.split("|")]
        name, _colon, rest = name.partition(":")
        if name not in named or rest:
            raise NotRunError(found[0])
        text = named[name]
        for one in filters:
            text = _filtered(text, one, found[0])
        return _quoted(text)

    return _DOVECOT.sub(value, query)


def _filtered(text: str, name: str, whole: str) -> str:
    match name:
        case "lower" | "upper":
            return text.lower() if name == "lower" else text.upper()
        case "username":
            return text.partition("@")[0]
        case "domain":
            return text.partition("@")[2]
    raise NotRunError(whole)


def _cased(text: str, modifiers: str) -> str:
    for one in modifiers:
        text = text.lower() if one == "L" else text.upper()
    return text


def _quoted(text: str) -> str:
    return text.replace("'", "''")
