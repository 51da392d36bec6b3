"""The catalogue has the codes that the families give, and every one of them has its case."""

from __future__ import annotations

import re
from pathlib import Path

from mailkit.dns import families
from mailkit.dns.catalogue import CATALOGUE
from mailkit.dns.families.registry import BY_NAME
from tests.mailkit.dns.cases.all_cases import CASES
from tests.mailkit.dns.test_more_cases import TABLES

_LITERAL = re.compile(r'"([a-z]+\.[a-z0-9_]+)"')


def test_every_code_has_a_case_with_a_near_miss() -> None:
    near = {case.code for case in CASES if case.fine is not None or case.fine_domain}
    for table in TABLES.values():
        near |= {code for case in table if case.near is not None for code in case.codes}
    # Only a name server that does not answer makes it: test_spf.py has that.
    assert near == set(CATALOGUE) - {"spf.include_unknown"}


def test_every_family_is_run_and_in_the_catalogue() -> None:
    assert {one.family for one in CATALOGUE.values()} == set(BY_NAME)


def test_the_families_name_no_other_codes() -> None:
    source = "".join(path.read_text() for path in Path(families.__path__[0]).rglob("*.py"))
    named = {code for code in _LITERAL.findall(source) if code.partition(".")[0] in BY_NAME}
    assert named <= set(CATALOGUE)
