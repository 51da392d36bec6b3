"""The four tables as the mail servers expect them, and the names of what `upgrade` adds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Dialect(StrEnum):
    """Django's vendor names."""

    MYSQL = "mysql"
    POSTGRESQL = "postgresql"
    SQLITE = "sqlite"


# RFC 1035, section 2.3.4: 255 octets on the wire, 253 characters in writing.
DOMAIN_LENGTH = 253
# RFC 5321, section 4.5.3.1.3: a path has 256 characters, two of them are < and >.
ADDRESS_LENGTH = 254
# What `create` and `upgrade` make of a column that holds one address, domain or hash.
MADE_WIDTH = 255
# A varchar this wide holds a list of more than 150 addresses, so it may stay what it is.
DESTINATION_LENGTH = 4000


@dataclass(frozen=True)
class ExpectedColumn:
    """`length`: characters a real value may have; None where the password scheme decides.

    `text`: made as text, without a limit of its own. `filled`: NOT NULL DEFAULT '' in the
    tutorials, which leave it out of some of their INSERTs.
    """

    name: str
    length: int | None
    text: bool = False
    filled: bool = False


@dataclass(frozen=True)
class ExpectedTable:
    """`key` is looked up by Postfix, `value` is what it reads; `domains` has none."""

    name: str
    key: ExpectedColumn
    value: ExpectedColumn | None = None

    @property
    def columns(self) -> tuple[ExpectedColumn, ...]:
        """The columns in their order in the tutorials."""
        return (self.key,) if self.value is None else (self.key, self.value)


TABLES = (
    ExpectedTable("domains", ExpectedColumn("domain", DOMAIN_LENGTH)),
    ExpectedTable(
        "forwardings",
        ExpectedColumn("source", ADDRESS_LENGTH),
        ExpectedColumn("destination", DESTINATION_LENGTH, text=True),
    ),
    ExpectedTable(
        "users",
        ExpectedColumn("email", ADDRESS_LENGTH),
        ExpectedColumn("password", None),
    ),
    ExpectedTable(
        "transport",
        # The key is a domain or an address. The tutorials' 128 are enough for every `smtp:[host]`
        # met in practice; a longer one is refused when it is saved.
        ExpectedColumn("domain", ADDRESS_LENGTH, filled=True),
        ExpectedColumn("transport", 128, filled=True),
    ),
)
EXPECTED: Mapping[str, ExpectedTable] = MappingProxyType({table.name: table for table in TABLES})

# Tables whose rows are asked for by the domain in their key.
INDEXED = ("forwardings", "users")

# MariaDB: an invisible virtual column and an index on (it, key). Invisible, so that
# `SELECT *` and `INSERT INTO users VALUES (a, b)` still see two columns.
DOMAIN_COLUMN = "mailadmin_domain"

# The domain of a key in lower case, literally as it stands in the index: SQLite uses an expression
# index only for the same expression without bound parameters. On MySQL ask for DOMAIN_COLUMN where
# `tables_with_domain_index` names the table; the expression gives the same value by a scan.
# In lower case, since SQL may have written `z@UP.test`. SQLite, and PostgreSQL with the collation
# C, know the capitals of ASCII only.
DOMAIN_EXPRESSION: Mapping[str, str] = MappingProxyType(
    {
        Dialect.MYSQL: "LOWER(SUBSTRING_INDEX({column}, '@', -1))",
        Dialect.POSTGRESQL: "lower(split_part({column}, '@', 2))",
        Dialect.SQLITE: "lower(substr({column}, instr({column}, '@') + 1))",
    }
)


def domain_index(dialect: str, table: str) -> str:
    """The name of the index on the domain; in MySQL names belong to the table, else to a schema."""
    return DOMAIN_COLUMN if dialect == Dialect.MYSQL else f"mailadmin_{table}_domain"


def prefix_index(table: str) -> str:
    """The name of PostgreSQL's index for searches by the first characters."""
    return f"mailadmin_{table}_prefix"


def key_index(dialect: str, table: str) -> str:
    """The name of a unique key that was missing."""
    return "mailadmin_key" if dialect == Dialect.MYSQL else f"mailadmin_{table}_key"
