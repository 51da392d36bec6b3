"""Every code of `check`: something makes it, something just does not, and it is explained."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from mailkit.tables import LEVELS, Code, Level
from mailserver.words import WORDS
from tests.mailkit.tables.base import SOUND, SOUND_COLLATION, all_findings, places, run
from tests.mailkit.tables.case import ALL, LITE, MY, PG, Case, Statement
from tests.mailkit.tables.cases import CASES
from tests.servers.databases import Database
from tests.servers.plugin import SERVER_FIXTURES

# The other codes can come up on every database.
ONLY_ON = {
    Code.TABLE_ENGINE: {MY},
    Code.TABLE_ROW_FORMAT: {MY},
    # SQLite holds no column to its declared width.
    Code.COLUMN_NARROW: {MY, PG},
    # SQLite compares accents by bytes in the collations of its own.
    Code.COLLATION_ACCENTS: {MY, PG},
    Code.COLLATION_UNKNOWN: {LITE},
    Code.COLLATION_NO_SEARCH: {PG},
    Code.CHARSET_NARROW: {MY, PG},
    Code.INDEX_PREFIX: {PG},
    Code.SETTING_LENIENT: {MY},
    Code.SQLITE_JOURNAL: {LITE},
    Code.SQLITE_RIGHTS: {LITE},
}

Half = tuple[Case, str, tuple[Statement, ...], bool]


def _halves() -> Iterator[object]:
    for case in CASES:
        for dialect in case.dialects:
            marks = () if dialect == LITE else (pytest.mark.stack,)
            for expected, lists in ((True, case.made_by), (False, case.not_by)):
                for number, statements in enumerate(lists):
                    name = f"{case.code.value}-{case.place[0]}-{dialect}-{expected}-{number}"
                    yield pytest.param((case, dialect, statements, expected), marks=marks, id=name)


@pytest.fixture(scope="module")
def postgresql_databases() -> dict[str, Database]:
    """One for each way to make it, since making one takes PostgreSQL long; emptied by a test."""
    return {}


@pytest.fixture
def sound_database(
    request: pytest.FixtureRequest, postgresql_databases: dict[str, Database]
) -> Iterator[tuple[Database, Half]]:
    half: Half = request.param
    case, dialect, _, expected = half
    server = request.getfixturevalue(SERVER_FIXTURES[dialect])
    options = dict(SOUND_COLLATION) if dialect == MY else {}
    options |= dict(case.made_in if expected else case.not_in)
    if dialect == PG:
        if str(options) not in postgresql_databases:
            postgresql_databases[str(options)] = server.create_database(**options)
        database = postgresql_databases[str(options)]
        database.execute("DROP SCHEMA public CASCADE")
        database.execute("CREATE SCHEMA public")
    else:
        database = server.create_database(**options)
    connection = database.connect()
    before = _global_sql_mode(database)
    run(connection, SOUND)
    connection.close()
    yield database, half
    if before is not None and before != _global_sql_mode(database):
        database.execute("SET GLOBAL sql_mode = %s", (before,))
    if dialect != PG:
        server.drop_database(database)


def _global_sql_mode(database: Database) -> str | None:
    if database.dialect != MY:
        return None
    return database.execute("SELECT @@GLOBAL.sql_mode")[0][0]


@pytest.mark.parametrize("sound_database", list(_halves()), indirect=True)
def test_it_finds_the_case_and_not_the_one_beside_it(
    sound_database: tuple[Database, Half],
) -> None:
    database, (case, dialect, statements, expected) = sound_database
    connection = database.connect()
    for statement in statements:
        if callable(statement):
            statement(database)
        else:
            run(connection, [statement])
    found = places(all_findings(connection, dialect))
    connection.close()
    assert ((case.code, *case.place) in found) is expected


@pytest.mark.parametrize("code", Code)
def test_every_code_has_both_cases_on_each_database_that_can_have_it(code: Code) -> None:
    cases = [case for case in CASES if case.code is code]
    made = {dialect for case in cases if case.made_by for dialect in case.dialects}
    spared = {dialect for case in cases if case.not_by for dialect in case.dialects}
    assert made == spared == ONLY_ON.get(code, set(ALL))


@pytest.mark.parametrize("code", Code)
def test_every_code_has_words_and_a_paragraph_in_the_documentation(code: Code) -> None:
    words = WORDS[code]
    assert str(words.what)
    assert str(words.means)
    text = Path(settings.BASE_DIR, "docs", "tables.md").read_text(encoding="utf-8")
    found = re.search(rf"^### `{re.escape(code.value)}`.*\n\n(.+)", text, re.MULTILINE)
    assert found, f"docs/tables.md has no paragraph on {code.value}"
    assert LEVELS[code].value in found.group(0).splitlines()[0]


def test_the_levels_are_what_the_exit_code_rests_on() -> None:
    faults = {code for code, level in LEVELS.items() if level is Level.FAULT}
    assert not {code for code in faults if code.value.startswith("row.")}
    # Changing a collation would break other people's joins (error 1267).
    assert not {code for code in faults if code.value.startswith("charset.")}
    assert Code.COLLATION_ACCENTS not in faults
    assert Code.SETTING_LENIENT not in faults
