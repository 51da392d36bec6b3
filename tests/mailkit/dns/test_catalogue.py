"""The catalogue has the codes that the families give, and every one of them has its case."""

from __future__ import annotations

import re
from pathlib import Path

from mailkit.dns import families
from mailkit.dns.catalogue import CATALOGUE
from mailkit.dns.families.registry import BY_NAME
from tests.mailkit.dns.cases import by_records
from tests.mailkit.dns.cases.all_cases import CASES
from tests.mailkit.dns.cases.mending import NOT_BY_RECORDS

_LITERAL = re.compile(r'"([a-z]+\.[a-z0-9_]+)"')


def test_every_code_has_a_case_with_a_near_miss() -> None:
    assert {case.code for case in CASES} == set(CATALOGUE)
    near = {case.code for case in CASES if case.fine is not None or case.fine_domain}
    assert near == set(CATALOGUE)


def test_what_publishing_does_not_mend_is_listed_with_its_reason() -> None:
    """Together with what the cases mend by the suggested records it is the whole catalogue."""
    by_their_records = {case.code for case in CASES if case.mend is by_records}
    assert not by_their_records & set(NOT_BY_RECORDS)
    assert by_their_records | set(NOT_BY_RECORDS) == set(CATALOGUE)
    assert all(NOT_BY_RECORDS.values())


def test_few_faults_are_not_mended_at_all() -> None:
    """Those that only somebody else can mend, of whom the tests have none."""
    left = {case.code for case in CASES if case.mend is None}
    assert left == {"spf.include_unknown", "dnsbl.refused"}


def test_every_family_is_run_and_in_the_catalogue() -> None:
    assert {one.family for one in CATALOGUE.values()} == set(BY_NAME)


def test_the_families_name_no_other_codes() -> None:
    """Each code is written out where it is given, so that it can be found."""
    paths = Path(families.__path__[0]).parent.rglob("*.py")
    source = "".join(path.read_text() for path in paths if path.name != "catalogue.py")
    named = {code for code in _LITERAL.findall(source) if code.partition(".")[0] in BY_NAME}
    assert named <= set(CATALOGUE)
    own = set(CATALOGUE)
    assert own <= named, own - named
