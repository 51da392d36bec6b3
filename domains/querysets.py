"""Reading rows by key, page by page, and by their domain; obeys what the actor may see.

Lists go by key (`after`), never by offset, and no page counts a whole table: at a million rows
both would cost a scan.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from string import ascii_lowercase, ascii_uppercase
from typing import Any, Generic, Self, TypeVar

from django.db import OperationalError, connection, models
from django.db.models import Q
from django.db.models.expressions import Func
from django.db.models.functions import Lower

from audit.actor import Actor
from audit.text_search import contains
from domains.schema import schema
from mailkit.addresses import lowered
from mailkit.tables import DOMAIN_COLUMN, DOMAIN_EXPRESSION

M = TypeVar("M", bound=models.Model)
PAGE_SIZE = 50
ILLEGAL_MIX_OF_COLLATIONS = 1267
# SQLite takes a thousand parameters in old releases.
KEYS_AT_ONCE = 500


@dataclass(frozen=True)
class Page(Generic[M]):
    """Some rows in key order; `next_after` is the key to go on after, None on the last page."""

    rows: list[M]
    next_after: str | None


def lower_forms(domain_names: Iterable[str]) -> list[str]:
    """The names in lower case, as Python and as the database may write that, each once.

    Give the names as they are stored: SQLite, and PostgreSQL with the collation C, know the
    capitals of ASCII only.
    """
    found: dict[str, None] = {}
    for name in domain_names:
        found[name.lower()] = None
        found[lowered(name)] = None
    return list(found)


class DomainPart(Func):
    """The domain of a key column in lower case, written literally as the index has it.

    SQLite uses an expression index only when the query has the same expression, with no bound
    parameters in it; MariaDB has an invisible virtual column instead once it is upgraded.
    """

    output_field = models.CharField()

    def __init__(self, column: str, table: str, **extra: Any) -> None:
        super().__init__(models.F(column), **extra)
        self.table = table

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        sql, params = compiler.compile(self.source_expressions[0])
        if connection.vendor == "mysql" and self.table in schema().indexed:
            quote = connection.ops.quote_name
            return f"{quote(self.table)}.{quote(DOMAIN_COLUMN)}", []
        # A literal % would be read as a parameter's place.
        return DOMAIN_EXPRESSION[connection.vendor].replace("%", "%%").format(column=sql), params


class Exactly(Func):
    """What stands behind the last @ of a key column, or all of it, as bytes in lower case.

    A grant is of this very domain. The index beside it finds more: MariaDB's collations may take
    `ａ.test`, `á.test` or `a.test ` for `a.test`, and PostgreSQL's split_part the `a.test` of
    `x@a.test@b.test`. Only SQL writes such keys.
    """

    output_field = models.CharField()

    def __init__(self, column: str, **extra: Any) -> None:
        super().__init__(models.F(column), **extra)

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        sql, params = compiler.compile(self.source_expressions[0])
        if connection.vendor == "mysql":
            last = f"SUBSTRING_INDEX({sql}, '@', -1)"
            return f"CAST(LOWER(CONVERT({last} USING ascii)) AS BINARY)", params
        if connection.vendor == "postgresql":
            # Not lower(), which makes a k of the Kelvin sign.
            last = f"substring({sql} from '[^@]*$')"
            return f"translate({last}, '{ascii_uppercase}', '{ascii_lowercase}')", params
        return DOMAIN_EXPRESSION[connection.vendor].format(column=sql), params


def _meant(rows: Iterable[M], key: str) -> M | None:
    rows = list(rows)
    for row in rows:
        if row.pk == key:
            return row
    for row in rows:
        if str(row.pk).lower() == key.lower() and str(row.pk).isascii() == key.isascii():
            return row
    return None


class KeyedQuerySet(models.QuerySet[M]):
    """Rows named by their text key."""

    def by_key(self, key: str) -> M | None:
        """The row of exactly this key, or, where the database is blind to case, of its like.

        A collation may also find `é@` for `e@` or a key with a trailing blank: not taken. Nor the
        Kelvin sign for k, although one is the other's lower case.
        """
        rows = self.filter(pk=key)[:2].found()
        return _meant(rows, key)

    def by_keys(self, keys: Sequence[str]) -> dict[str, M]:
        """{key as asked: its row} of those that `by_key` finds, some hundred in a query."""
        found: dict[str, M] = {}
        for start in range(0, len(keys), KEYS_AT_ONCE):
            batch = keys[start : start + KEYS_AT_ONCE]
            alike: dict[str, list[M]] = {}
            for row in self.filter(pk__in=batch).found():
                alike.setdefault(str(row.pk).lower(), []).append(row)
            for key in batch:
                row_meant = _meant(alike.get(key.lower(), []), key)
                if row_meant is not None:
                    found[key] = row_meant
        return found

    def found(self) -> list[M]:
        """The rows; none where the database cannot even write what was asked for.

        MariaDB refuses to compare a latin1 column with text that latin1 does not have (1267), and
        no row of such a column can be meant. Found by its number, since Django has no name for it.
        """
        try:
            return list(self)
        except OperationalError as error:
            if connection.vendor == "mysql" and error.args[0] == ILLEGAL_MIX_OF_COLLATIONS:
                return []
            raise

    def page(self, after: str = "", size: int = PAGE_SIZE) -> Page[M]:
        """The first `size` rows behind the key `after`, in key order; one query."""
        rows = self if self.query.order_by else self.order_by("pk")
        if after:
            rows = rows.filter(pk__gt=after)
        found = rows[: size + 1].found()
        if len(found) <= size:
            return Page(found, None)
        return Page(found[:size], str(found[size - 1].pk))


class InDomainQuerySet(KeyedQuerySet[M]):
    """Rows whose key is an address or `@domain`."""

    def in_domains(self, domain_names: Iterable[str]) -> Self:
        """Rows whose key lies in one of these domains, whatever letters are capitals in either."""
        names = lower_forms(domain_names)
        model = self.model
        part = DomainPart(model._meta.pk.name, model._meta.db_table)
        rows = self.alias(_domain=part)
        if len(names) > 1:
            return rows.filter(_domain__in=names)
        if connection.vendor == "mysql":
            # With `=` (or BETWEEN) MariaDB reads a big domain from its beginning for each later
            # page: half a second at 100,000 mailboxes.
            rows = rows.filter(_domain__gte=names[0], _domain__lte=names[0])
            return rows.order_by("_domain", "pk")
        return rows.filter(_domain=names[0])

    def in_domain(self, domain_name: str) -> Self:
        """Rows whose key lies in this domain, whatever letters are capitals in either."""
        return self.in_domains([domain_name])

    def visible_to(self, actor: Actor) -> Self:
        """What the actor may see: everything, his domains, or nothing."""
        if actor.domains is None:
            return self
        if not actor.domains:
            return self.none()
        names = sorted(actor.domains)
        exactly = Exactly(self.model._meta.pk.name)
        return self.in_domains(names).alias(_exactly=exactly).filter(_exactly__in=names)


class DomainQuerySet(KeyedQuerySet[M]):
    """Rows of `domains`."""

    def visible_to(self, actor: Actor) -> Self:
        """What the actor may see: every domain or those granted to him."""
        if actor.domains is None:
            return self
        names = sorted(actor.domains)
        return self.named(names).alias(_exactly=Exactly("pk")).filter(_exactly__in=names)

    def named(self, domain_names: Iterable[str]) -> Self:
        """Rows of these names, whatever letters are capitals in either.

        By a scan where the database tells capitals apart: 2 ms at 10,000 domains.
        """
        if "domains" in schema().blind:
            return self.filter(pk__in=list(domain_names))
        return self.alias(_lower=Lower("pk")).filter(_lower__in=lower_forms(domain_names))

    def matching(self, text: str) -> Self:
        """Domains with this text anywhere in their name."""
        return self.filter(contains("pk", text))


class TransportQuerySet(KeyedQuerySet[M]):
    """Rows of `transport`, whose key is an address, a domain, `.parent` or `*`."""

    def visible_to(self, actor: Actor) -> Self:
        """Everything, or the transports of the actor's domains and of addresses in them."""
        if actor.domains is None:
            return self
        if not actor.domains:
            return self.none()
        names = sorted(actor.domains)
        return self._of(names).alias(_exactly=Exactly("pk")).filter(_exactly__in=names)

    def in_domain(self, domain_name: str) -> Self:
        """Transports of a domain, of addresses in it and of what lies below it."""
        names = lower_forms([domain_name])
        return self._of(names, [f".{name}" for name in names])

    def _of(self, names: list[str], keys: Iterable[str] = ()) -> Self:
        """Transports of these names, of addresses in them, and of these keys; all by a scan."""
        rows = self.alias(_domain=DomainPart("domain", "transport"), _lower=Lower("pk"))
        return rows.filter(Q(_lower__in=[*names, *keys]) | Q(_domain__in=names))

    def matching(self, text: str) -> Self:
        """Transports with this text in their key or value."""
        return self.filter(contains("pk", text) | contains("transport", text))
