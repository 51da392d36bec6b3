"""Everything that is judged, in one go."""

from __future__ import annotations

from dataclasses import dataclass

from mailkit.doctor.bundle import Bundle
from mailkit.doctor.database import Panel, QueryError, count_hashes, known_keys
from mailkit.doctor.dovecot import read_dovecot
from mailkit.doctor.findings import Code, Finding, Unread
from mailkit.doctor.judge_dovecot import judge_dovecot
from mailkit.doctor.judge_lookups import judge_lookups
from mailkit.doctor.judge_postfix import judge_postfix
from mailkit.doctor.judge_sqlite import judge_sqlite
from mailkit.doctor.postfix import read_postfix
from mailkit.tables.findings import Level


@dataclass(frozen=True)
class Examination:
    """`findings`, the worst first; `unread`, what could not be looked at; the versions, or ""."""

    findings: tuple[Finding, ...]
    unread: tuple[Unread, ...]
    postfix: str = ""
    dovecot: str = ""

    @property
    def looked(self) -> bool:
        """Whether anything of either server was read."""
        return bool(self.postfix or self.dovecot)


def examine(bundle: Bundle, panel: Panel) -> Examination:
    """Judge all that is in the bundle, and run its queries against the panel's database."""
    postfix = read_postfix(bundle) if bundle.has_postfix else None
    dovecot = read_dovecot(bundle) if bundle.has_dovecot else None
    keys = known_keys(panel)
    found: list[Finding] = []
    unread = list(bundle.unread)
    named: list[str] = []
    if postfix is not None:
        found += judge_lookups(bundle, postfix, panel, keys)
        found += judge_postfix(bundle, postfix, dovecot, panel, keys)
        named += [use.path for use in postfix.uses if use.path not in postfix.files]
    if dovecot is not None:
        hashes = None
        try:
            hashes = count_hashes(panel)
        except QueryError as error:
            unread.append(Unread("users.password", str(error)))
        found += judge_dovecot(bundle, dovecot, panel, keys, hashes)
        named += [path for path in dovecot.sql_files_unread if path]
    found += judge_sqlite(bundle, postfix, dovecot, panel)
    known = {one.name for one in unread}
    unread += [Unread(path, "") for path in dict.fromkeys(named) if path not in known]
    missing = {one.where for one in found if one.code is Code.MAP_FILE_MISSING}
    codes, levels = list(Code), list(Level)
    found.sort(key=lambda one: (levels.index(one.level), codes.index(one.code)))
    return Examination(
        tuple(found),
        tuple(one for one in unread if one.name not in missing),
        (postfix.value("mail_version") or "?") if postfix is not None else "",
        ".".join(map(str, dovecot.version or ("?",))) if dovecot is not None else "",
    )
