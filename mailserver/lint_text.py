"""The lint's report as text for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mailkit.tables import Level
from mailserver.linting import LintLine, LintReport
from mailserver.report import counts, wrapped
from mailserver.words import LEVEL_NAMES, printable, shown


def report_as_text(report: LintReport) -> Iterator[str]:
    """Lines: the worst first, one block for each code of a table; then the schemes."""
    for line in report.lines:
        yield f"{LEVEL_NAMES[line.level]}  {line.code}  {line.table}"
        yield from _block(line)
        yield ""
    yield from _schemes(report)
    rows = ", ".join(f"{name} {count:,}" for name, count in report.collected.rows.items())
    yield _("Rows read: %(rows)s.") % {"rows": rows}
    total: Counter[Level] = Counter()
    for line in report.lines:
        total[line.level] += line.count
    yield counts(total)


def _block(line: LintLine) -> Iterator[str]:
    yield wrapped(line.what)
    yield wrapped(line.means)
    if line.by_hand:
        yield wrapped(f"{_('By hand:')} {line.by_hand}")
    for example in line.examples:
        detail = f": {printable(example.detail)}" if example.detail else ""
        yield wrapped(f"- {shown(example.key)}{detail}", hanging="  ")
    more = line.count - len(line.examples)
    if more > 0:
        yield wrapped(ngettext("and %(n)s more", "and %(n)s more", more) % {"n": f"{more:,}"})


def _schemes(report: LintReport) -> Iterator[str]:
    schemes = sorted(report.collected.schemes.values(), key=lambda one: -one.count)
    if not schemes:
        return
    yield _("Passwords by scheme:")
    for one in schemes:
        notes = []
        if one.weak:
            notes.append(_("%(n)s weak") % {"n": f"{one.weak:,}"})
        if one.refused_24:
            notes.append(_("%(n)s refused by Dovecot 2.4") % {"n": f"{one.refused_24:,}"})
        note = f"  ({', '.join(notes)})" if notes else ""
        yield f"    {one.scheme:<16}{one.count:>12,}{note}"
    yield ""
