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
    wanted = {code for code, one in CATALOGUE.items() if one.family in BY_NAME}
    # Only a name server that does not answer makes it: test_spf.py has that.
    assert {case.code for case in CASES} == wanted - {"spf.include_unknown"}
    near = {case.code for case in CASES if case.fine is not None or case.fine_domain}
    assert near == wanted - {"spf.include_unknown"}


def test_the_families_name_no_other_codes() -> None:
    """Each code is written out where it is given, so that it can be found."""
    paths = Path(families.__path__[0]).parent.rglob("*.py")
    source = "".join(path.read_text() for path in paths if path.name != "catalogue.py")
    named = {code for code in _LITERAL.findall(source) if code.partition(".")[0] in BY_NAME}
    assert named <= set(CATALOGUE)
    own = {code for code, one in CATALOGUE.items() if one.family in BY_NAME}
    assert own <= named, own - named
