"""The words for every code of the DNS checks, for people who have never heard of SPF.

`mailkit.dns` speaks in codes. What was seen, what was expected and the records to publish come
with the check itself; here stands what it means, what it does to mail, and what to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from mailkit.dns.results import Check, Severity, Status, Verdict

# Of str or a lazy translation of one.
Text = Any


@dataclass(frozen=True)
class Words:
    """A finding: its `title`, what it `means`, its `effect` on mail, what `todo` about it."""

    title: Text
    meaning: Text
    effect: Text
    todo: Text


@dataclass(frozen=True)
class FamilyWords:
    """A family of checks: its `name`, and `what` it is there for."""

    name: Text
    what: Text


WORDS: Mapping[str, Words] = {}
FAMILIES: Mapping[str, FamilyWords] = {}
STATUSES: Mapping[Status, Text] = {
    Status.PASS: _("in order"),
    Status.FAIL: _("fault"),
    Status.UNKNOWN: _("could not be checked"),
    Status.SKIPPED: _("not checked"),
}
SEVERITIES: Mapping[Severity, Text] = {
    Severity.CRITICAL: _("critical"),
    Severity.ERROR: _("error"),
    Severity.WARNING: _("warning"),
    Severity.NOTICE: _("notice"),
}
VERDICTS: Mapping[Verdict, Text] = {
    Verdict.OK: _("in order"),
    Verdict.NOTICE: _("notice"),
    Verdict.WARNING: _("warning"),
    Verdict.ERROR: _("error"),
    Verdict.CRITICAL: _("critical"),
    Verdict.UNKNOWN: _("could not be checked"),
}


def words_of(check: Check) -> Words | None:
    """The words for a check that found something; None where the family's name says it all."""
    return WORDS.get(check.code)


def family_name(family: str) -> Text:
    """What a family is called in headings."""
    words = FAMILIES.get(family)
    return words.name if words else family
