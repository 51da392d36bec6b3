"""What words consist of: of a finding, and of a family of checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# Of str or a lazy translation of one.
Text = Any


@dataclass(frozen=True)
class Words:
    """A finding: its `title`, what it `means`, its `effect` on mail, what `todo` about it.

    `detail` is a sentence with %(...)s of the check's params, shown where the check has them.
    """

    title: Text
    meaning: Text
    effect: Text
    todo: Text
    detail: Text = ""


@dataclass(frozen=True)
class FamilyWords:
    """A family of checks: its `name` in headings, and `what` it is there for."""

    name: Text
    what: Text
