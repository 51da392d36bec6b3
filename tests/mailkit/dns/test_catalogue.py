"""The catalogue has the codes that the families give, and every one of them has its case."""

from __future__ import annotations

import re
from pathlib import Path

from mailkit.dns import families
from mailkit.dns.catalogue import CATALOGUE
from mailkit.dns.families.registry import BY_NAME
from tests.mailkit.dns.cases.all_cases import CASES

_LITERAL = re.compile(r'"([a-z]+\.[a-z0-9_]+)"')


def test_every_code_has_a_case_with_a_near_miss() -> None:
    wanted = set(CATALOGUE)
    # Only a name server that does not answer makes it: test_spf.py has that.
    wanted.remove("spf.include_unknown")
    assert {case.code for case in CASES} == wanted
    near = {case.code for case in CASES if case.fine is not None or case.fine_domain}
    assert near == wanted


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
