"""The plan for servers that are not at hand: older ones, other widths; its locks and durations."""

from __future__ import annotations

import pytest

from mailkit.tables import Code, Column, Facts, Kind, Lock, Step, Table, Work, plan
from tests.mailkit.tables.base import HASH_WIDTH


def facts(
    *,
    width: int = 80,
    rows: int = 1_000_000,
    engine: str = "InnoDB",
    row_format: str = "Dynamic",
    type_: str = "varchar",
    unicode: bool = True,
    invisible_columns: bool = True,
    instant_widening: bool = True,
) -> Facts:
    email = Column(
        "email",
        f"{type_}({width})",
        Kind.STRING,
        width,
        nullable=False,
        charset="utf8mb4",
        collation="utf8mb4_general_ci",
        unicode=unicode,
        attributes="NOT NULL",
    )
    password = Column("password", "text", Kind.TEXT, None)
    users = Table(
        "users",
        {"email": email, "password": password},
        rows=rows,
        unique=frozenset({"email"}),
        engine=engine,
        transactional=engine == "InnoDB",
        row_format=row_format,
    )
    return Facts(
        "mysql",
        "10.11.6-MariaDB",
        {"users": users},
        sql_mode="STRICT_TRANS_TABLES",
        mariadb=True,
        invisible_columns=invisible_columns,
        instant_widening=instant_widening,
    )


def widening(**options: object) -> Step:
    return plan(facts(**options), HASH_WIDTH)[0]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "work", "lock"),
    [
        ({}, Work.NONE, Lock.MOMENT),
        ({"row_format": "Compact"}, Work.REBUILD, Lock.ONLINE),
        ({"engine": "MyISAM"}, Work.COPY, Lock.WRITERS),
        ({"type_": "char"}, Work.COPY, Lock.WRITERS),
        # Older servers and MySQL: the length before each value grows from one byte to two.
        ({"instant_widening": False, "width": 50}, Work.COPY, Lock.WRITERS),
        ({"instant_widening": False, "width": 64}, Work.NONE, Lock.MOMENT),
        ({"instant_widening": False, "width": 63}, Work.COPY, Lock.WRITERS),
        ({"instant_widening": False, "width": 50, "unicode": False}, Work.NONE, Lock.MOMENT),
    ],
)
def test_what_a_widening_costs(options: dict[str, object], work: Work, lock: Lock) -> None:
    step = widening(**options)
    assert (step.work, step.lock) == (work, lock)


def test_an_expectation_grows_with_the_rows() -> None:
    small = widening(engine="MyISAM", rows=1000)
    large = widening(engine="MyISAM", rows=1_000_000)
    assert small.seconds < 0.1
    assert 0.5 < large.seconds < 60
    assert large.rebuilds
    assert widening(rows=1_000_000).seconds == 0
    assert not widening(rows=1_000_000).rebuilds


def test_a_server_without_invisible_columns_gets_no_domain_index() -> None:
    """A visible one would break INSERT INTO users VALUES (a, b) and SELECT *."""
    steps = plan(facts(invisible_columns=False), HASH_WIDTH)
    assert not [step for step in steps if "mailadmin_domain" in step.sql]


@pytest.mark.parametrize(("width", "indexed"), [(384, True), (385, False)])
def test_an_index_over_the_limit_of_innodb_is_not_tried(width: int, indexed: bool) -> None:
    steps = plan(facts(width=width), HASH_WIDTH)
    assert bool(steps) is indexed


def test_the_index_has_the_width_that_the_key_will_have() -> None:
    steps = plan(facts(width=80), HASH_WIDTH)
    assert "`mailadmin_domain` varchar(255)" in steps[1].sql
    assert {mend.code for step in steps[1:] for mend in step.mends} == {Code.INDEX_DOMAIN}


def test_a_column_whose_definition_cannot_be_read_is_left_alone() -> None:
    before = facts()
    users = before.tables["users"]
    email = Column(**{**vars(users.columns["email"]), "attributes": None})
    table = Table(**{**vars(users), "columns": {**users.columns, "email": email}})
    steps = plan(Facts(**{**vars(before), "tables": {"users": table}}), HASH_WIDTH)
    assert not [step for step in steps if "MODIFY" in step.sql]
