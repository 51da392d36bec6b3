"""The lookup table of senders: which mailbox may send as an address (smtpd_sender_login_maps).

A mailbox's own address, and a forwarding that leads to that mailbox alone, be it over further
forwardings, a domain alias or an address with a tag. Whatever has a row and does not end at one
mailbox has itself as its owner, as which nobody signs in: else Postfix, which asks for the address
with and without its tag and then for `@domain` (postconf(5)), would ask the catch-all's owner.
"""

# ruff: noqa: S608 - the query is for the mail server, which puts the address in, quoted
from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mailkit.tables import Dialect

# So many forwardings of forwardings are followed.
MOST_STEPS = 10
# Delimiters that stand in SQL as they are.
_SAFE_DELIMITERS = frozenset("+-=.#~^")
_AT = "'@'"

_ALONE: Mapping[Dialect, str] = MappingProxyType(
    {
        Dialect.MYSQL: "TRIM(f.destination) NOT REGEXP '[[:space:],]'",
        Dialect.POSTGRESQL: "btrim(f.destination) !~ '[[:space:],]'",
        Dialect.SQLITE: "trim(f.destination) NOT GLOB '*[,' || char(9,10,13,32) || ']*'",
    }
)
_TARGET: Mapping[Dialect, str] = MappingProxyType(
    {
        # LEFT: a TEXT would not be looked up by an index.
        Dialect.MYSQL: "LEFT(LOWER(TRIM(f.destination)),255)",
        Dialect.POSTGRESQL: "lower(btrim(f.destination))",
        Dialect.SQLITE: "lower(trim(f.destination))",
    }
)


def senders_query(
    dialect: Dialect, delimiter: str = "+", collations: Mapping[str, str] | None = None
) -> str:
    """The query of the owners of the sender address `%s`, as a lookup table has it.

    `collations` are MySQL's, of the tables `users` and `forwardings`, to be given where they
    differ: texts of two collations are compared in that of the column, by its index.
    """
    found = frozenset(delimiter) & _SAFE_DELIMITERS
    tags = sorted(found) if found == frozenset(delimiter) else []
    to_users = _in_collation("way.address", collations, "users")
    to_forwardings = _in_collation("way.address", collations, "forwardings")
    local, domain = _split(dialect, "'%s'")
    alias = _joined(dialect, _AT, domain)
    # SQLite, which has statistics of a big table and none of a way, would go through the table.
    join = "CROSS JOIN" if dialect is Dialect.SQLITE else "JOIN"
    # An address with a tag is asked for once more without it: that answer is the right one.
    untagged = "".join(f" AND {_position(dialect, local, tag)}=0" for tag in tags)
    step = f"FROM forwardings f WHERE f.source={to_forwardings} AND {_ALONE[dialect]}"
    parts = [
        f"WITH RECURSIVE way (address, steps) AS (SELECT {_TARGET[dialect]}, 1 FROM forwardings f"
        f" WHERE f.source='%s' AND {_ALONE[dialect]}"
        " AND NOT EXISTS (SELECT 1 FROM users WHERE email='%s')",
        f"UNION ALL SELECT {_joined(dialect, local, _TARGET[dialect])}, 1 FROM forwardings f"
        f" WHERE f.source={alias} AND f.destination LIKE '@_%%'"
        f" AND {_ALONE[dialect]} AND '%s' NOT LIKE '@%%'{untagged}"
        " AND NOT EXISTS (SELECT 1 FROM forwardings WHERE source='%s')"
        " AND NOT EXISTS (SELECT 1 FROM users WHERE email='%s')",
        # No join: for one, SQLite may read all forwardings, to make a Bloom filter of them.
        f"UNION ALL SELECT (SELECT {_TARGET[dialect]} {step}), way.steps+1 FROM way"
        f" WHERE way.steps<{MOST_STEPS} AND EXISTS (SELECT 1 {step})"
        f" AND NOT EXISTS (SELECT 1 FROM users u WHERE u.email={to_users}))",
        "SELECT email FROM users WHERE email='%s'",
        "UNION SELECT '%s' FROM forwardings WHERE source='%s'",
        "UNION SELECT '%s' FROM way",
        f"UNION SELECT u.email FROM way {join} users u ON u.email={to_users}",
    ]
    if len(tags) == 1:
        bare = _in_collation(_without_tag(dialect, "way.address", tags[0]), collations, "users")
        parts.append(
            f"UNION SELECT u.email FROM way {join} users u ON u.email={bare}"
            f" WHERE NOT EXISTS (SELECT 1 FROM forwardings f WHERE f.source={to_forwardings})"
        )
    return " ".join(parts)


def _in_collation(text: str, collations: Mapping[str, str] | None, table: str) -> str:
    collation = (collations or {}).get(table)
    if collation is None:
        return text
    return f"CONVERT({text} USING {collation.partition('_')[0]}) COLLATE {collation}"


def _split(dialect: Dialect, address: str) -> tuple[str, str]:
    """The local part and the domain of an address, in SQL."""
    if dialect is Dialect.MYSQL:
        return f"SUBSTRING_INDEX({address},'@',1)", f"SUBSTRING_INDEX({address},'@',-1)"
    if dialect is Dialect.POSTGRESQL:
        return f"split_part({address},'@',1)", f"split_part({address},'@',2)"
    at = f"instr({address},'@')"
    return f"substr({address},1,{at}-1)", f"substr({address},{at}+1)"


def _position(dialect: Dialect, text: str, part: str) -> str:
    function = "strpos" if dialect is Dialect.POSTGRESQL else "instr"
    return f"{function}({text},'{part}')"


def _joined(dialect: Dialect, *texts: str) -> str:
    return f"CONCAT({','.join(texts)})" if dialect is Dialect.MYSQL else " || ".join(texts)


def _without_tag(dialect: Dialect, address: str, tag: str) -> str:
    local, domain = _split(dialect, address)
    if dialect is Dialect.MYSQL:
        name = f"SUBSTRING_INDEX({local},'{tag}',1)"
    elif dialect is Dialect.POSTGRESQL:
        name = f"split_part({local},'{tag}',1)"
    else:
        # With the tag put behind it too, there is always one to cut at.
        name = f"substr({local},1,instr({local} || '{tag}','{tag}')-1)"
    return _joined(dialect, name, _AT, domain)
