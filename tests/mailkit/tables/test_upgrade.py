"""`upgrade` mends the tutorials' tables and leaves rows and the mail servers' answers alone."""

from __future__ import annotations

import pytest

from mailkit.tables import Code, Level, find_rows, judge, plan, read, upgrade
from tests.mailkit.tables.base import HASH_WIDTH, faults_of, places
from tests.mailkit.tables.tutorial import Tutorial


def faults(tutorial: Tutorial) -> list[Code]:
    return faults_of(tutorial.connection, tutorial.dialect)


def run_upgrade(tutorial: Tutorial) -> list[str]:
    return [step.sql for step in upgrade(tutorial.connection, tutorial.dialect, HASH_WIDTH)]


def test_looking_changes_nothing(tutorial: Tutorial) -> None:
    before = tutorial.definitions(), tutorial.all_rows()
    facts = read(tutorial.connection, tutorial.dialect)
    assert judge(facts, HASH_WIDTH)
    assert find_rows(tutorial.connection, tutorial.dialect, facts)
    assert plan(facts, HASH_WIDTH)
    assert (tutorial.definitions(), tutorial.all_rows()) == before


def test_it_tells_the_truth_about_the_tutorials_tables(tutorial: Tutorial) -> None:
    facts = read(tutorial.connection, tutorial.dialect)
    found = places(judge(facts, HASH_WIDTH))
    narrow = {(table, column) for code, table, column in found if code is Code.COLUMN_NARROW}
    engines = {table for code, table, _ in found if code is Code.TABLE_ENGINE}
    formats = {table for code, table, _ in found if code is Code.TABLE_ROW_FORMAT}
    options = facts.tables["users"]
    assert narrow == (
        set()
        if tutorial.dialect == "sqlite"
        else {
            ("domains", "domain"),
            ("forwardings", "source"),
            ("users", "email"),
            ("users", "password"),
            ("transport", "domain"),
        }
    )
    assert engines == (set(facts.tables) if options.engine == "MyISAM" else set())
    assert formats == (set(facts.tables) if options.row_format == "Compact" else set())
    assert (Code.INDEX_DOMAIN, "users", "email") in found
    assert (Code.COLLATION_CASE, "users", "email") in found or tutorial.dialect == "mysql"
    assert ((Code.COLLATION_ACCENTS, "users", "email") in found) is (tutorial.dialect == "mysql")


def test_it_tells_which_rows_with_capitals_live(tutorial: Tutorial) -> None:
    facts = read(tutorial.connection, tutorial.dialect)
    found = find_rows(tutorial.connection, tutorial.dialect, facts)
    keys = {(one.code, one.table, one.key) for one in found}
    answered = tutorial.query("SELECT email FROM users WHERE email='mixed@a.test'")
    code = Code.ROW_CAPITALS_ALIVE if answered else Code.ROW_CAPITALS_DEAD
    assert (code, "users", "Mixed@a.test") in keys
    assert (code, "forwardings", "List@a.test") in keys
    assert (code, "domains", "B.test") in keys
    assert answered or tutorial.dialect != "mysql"


def test_after_it_no_fault_is_left_and_a_second_one_does_nothing(tutorial: Tutorial) -> None:
    assert run_upgrade(tutorial)
    assert faults(tutorial) == []
    facts = read(tutorial.connection, tutorial.dialect)
    assert plan(facts, HASH_WIDTH) == []
    before = tutorial.definitions()
    assert run_upgrade(tutorial) == []
    assert tutorial.definitions() == before


def test_rows_stay_byte_for_byte(tutorial: Tutorial) -> None:
    before = tutorial.all_rows()
    run_upgrade(tutorial)
    assert tutorial.all_rows() == before


def test_the_mail_servers_get_the_same_answers(tutorial: Tutorial) -> None:
    before = tutorial.lookups()
    assert any(before.values())
    run_upgrade(tutorial)
    assert tutorial.lookups() == before


def test_the_tutorials_inserts_and_selects_still_work(tutorial: Tutorial) -> None:
    run_upgrade(tutorial)
    tutorial.run(
        "INSERT INTO users (email, password) VALUES ('n1@a.test', 'x')",
        "INSERT INTO users VALUES ('n2@a.test', 'x')",
        "INSERT INTO forwardings (source, destination) VALUES ('n1@a.test', 'x@a.test')",
        "INSERT INTO forwardings VALUES ('n2@a.test', 'x@a.test')",
        "INSERT INTO domains VALUES ('n.test')",
        "INSERT INTO transport (domain, transport) VALUES ('n.test', ':')",
        "INSERT INTO transport (transport) VALUES ('x:')"
        if not tutorial.query("SELECT 1 FROM transport WHERE domain=''")
        else "DELETE FROM transport WHERE domain=''",
    )
    assert tutorial.query("SELECT * FROM users WHERE email='n2@a.test'") == [("n2@a.test", "x")]
    assert tutorial.query("SELECT * FROM forwardings WHERE source='n2@a.test'") == [
        ("n2@a.test", "x@a.test")
    ]


def test_a_hash_fits_afterwards_and_is_never_cut_before(tutorial: Tutorial) -> None:
    stored = "{SHA512-CRYPT}$6$rounds=50000$" + "s" * 16 + "$" + "h" * 86
    insert = f"INSERT INTO users (email, password) VALUES ('n@a.test', '{stored}')"
    if tutorial.dialect != "sqlite":
        with pytest.raises(Exception, match=r"(?i)too long"):
            tutorial.run(insert)
        run_upgrade(tutorial)
    tutorial.run(insert)
    assert tutorial.query("SELECT password FROM users WHERE email='n@a.test'") == [(stored,)]


@pytest.mark.parametrize("stop_before", range(9))
def test_an_interrupted_upgrade_is_simply_run_again(tutorial: Tutorial, stop_before: int) -> None:
    class Interrupted(Exception):
        pass

    steps = plan(read(tutorial.connection, tutorial.dialect), HASH_WIDTH)
    if stop_before >= len(steps):
        return
    before = tutorial.all_rows(), tutorial.lookups()
    done: list[str] = []

    def stop(step: object) -> None:
        if len(done) == stop_before:
            raise Interrupted
        done.append(str(step))

    with pytest.raises(Interrupted):
        upgrade(tutorial.connection, tutorial.dialect, HASH_WIDTH, before_step=stop)
    assert (tutorial.all_rows(), tutorial.lookups()) == before
    rest = run_upgrade(tutorial)
    assert len(rest) == len(steps) - stop_before
    assert faults(tutorial) == []
    assert run_upgrade(tutorial) == []


def test_it_works_on_empty_tables(tutorial: Tutorial) -> None:
    tutorial.run(*(f"DELETE FROM {name}" for name in ("domains", "forwardings", "users")))
    run_upgrade(tutorial)
    assert faults(tutorial) == []


def test_a_wider_scheme_widens_further(tutorial: Tutorial) -> None:
    upgrade(tutorial.connection, tutorial.dialect, 300)
    facts = read(tutorial.connection, tutorial.dialect)
    width = facts.tables["users"].columns["password"].width
    assert width == (None if tutorial.dialect == "sqlite" else 310)
    assert [one for one in judge(facts, 300) if one.level is Level.FAULT] == []
