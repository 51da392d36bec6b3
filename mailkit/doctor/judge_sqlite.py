"""Judge the rights of SQLite files: Postfix and Dovecot open them as users of their own.

In WAL mode whoever opens the file first writes beside it; a proxymap(8) that may not dies, and
SMTP hangs. With a rollback journal a reader may meet the writer, which Postfix takes as fatal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from mailkit.doctor.bundle import IDS, STAT, Bundle
from mailkit.doctor.database import Panel, journal_mode
from mailkit.doctor.dovecot import Dovecot
from mailkit.doctor.findings import Code, Finding
from mailkit.doctor.postfix import Postfix
from mailkit.tables import Dialect

_STAT = re.compile(r"^([0-7]{3,4}) (\S+) (\S+) (/.*)$", re.MULTILINE)
_ID = re.compile(r"^uid=\d+\(([^)]+)\) gid=\d+\(([^)]+)\)(?: groups=(.*))?$", re.MULTILINE)
READ, WRITE, ENTER = 4, 2, 1


@dataclass(frozen=True)
class _Owned:
    mode: int
    user: str
    group: str

    def allows(self, user: str, groups: set[str], what: int) -> bool:
        shift = 6 if user == self.user else 3 if self.group in groups else 0
        return user == "root" or (self.mode >> shift) & what == what


def judge_sqlite(
    bundle: Bundle, postfix: Postfix | None, dovecot: Dovecot | None, panel: Panel
) -> Iterator[Finding]:
    """Findings about the files that the lookup tables and the password database name."""
    owned = {
        path: _Owned(int(mode, 8), user, group)
        for mode, user, group, path in _STAT.findall(bundle.text(STAT))
    }
    groups = {
        user: {group, *re.findall(r"\(([^)]+)\)", others)}
        for user, group, others in _ID.findall(bundle.text(IDS))
    }
    readers: dict[str, set[str]] = {}
    if postfix is not None:
        for file in postfix.files.values():
            if file.dialect is Dialect.SQLITE and file.dbpath:
                readers.setdefault(file.dbpath, set()).add(postfix.value("mail_owner"))
    if dovecot is not None:
        for passdb in dovecot.passdbs:
            if passdb.dialect is Dialect.SQLITE and passdb.dbname:
                readers.setdefault(passdb.dbname, set()).add(dovecot.worker_user or "root")
    mode = journal_mode(panel)
    for path, users in readers.items():
        for user in sorted(users):
            yield from _rights(path, user, owned, groups, mode)
        if path == panel.name and mode not in ("", "wal", "memory"):
            line = f'sqlite3 {path} "PRAGMA journal_mode = WAL"'
            yield Finding(Code.SQLITE_JOURNAL, path, line, {"mode": mode})


def _rights(
    path: str, user: str, owned: Mapping[str, _Owned], groups: Mapping[str, set[str]], mode: str
) -> Iterator[Finding]:
    directory = str(PurePosixPath(path).parent)
    if user == "root" or user not in groups or path not in owned:
        return
    mine = groups[user]
    file, around = owned[path], owned.get(directory)
    params = {"user": user, "directory": directory}
    group = "postfix" if user == "postfix" else user
    line = f"chgrp {group} {directory} {path}*\nchmod 0770 {directory}\nchmod 0660 {path}*"
    if not file.allows(user, mine, READ) or (around and not around.allows(user, mine, ENTER)):
        yield Finding(Code.SQLITE_UNREADABLE, path, line, params)
        return
    beside = [owned[one] for one in (f"{path}-wal", f"{path}-shm") if one in owned]
    if mode == "wal" and not (
        all(one.allows(user, mine, READ | WRITE) for one in (file, *beside))
        and (around is None or around.allows(user, mine, WRITE | ENTER))
    ):
        yield Finding(Code.SQLITE_NOT_WRITABLE, path, line, params)
