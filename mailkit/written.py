"""Writes the configuration's files: each at once or not at all, and over nothing of others.

A file that is there is ours where its head says so, and was changed since where its sum says so.
"""

from __future__ import annotations

import difflib
import grp
import os
import re
import secrets
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from mailkit.configuration import SUM, is_ours, is_unchanged
from mailkit.serverfiles import ConfigFile

SECRET_MODE = 0o640
MODE = 0o644
DIRECTORY_MODE = 0o755
HIDDEN = "********"
# Where a password stands in the files that are made here: the rest of the line, or in quotes.
_PASSWORDS = re.compile(
    r"(^ *password = |\bpassword=|\bpostgresql://[^:\n]*:|\bIDENTIFIED BY |\bPASSWORD )"
    r"(?:(?<=:)[^@\n]*(?=@)|.*)",
    re.MULTILINE,
)


class State(StrEnum):
    """What a file that is to be written is now."""

    NEW = "new"
    SAME = "same"
    CHANGED = "changed"
    # Changed by hand since it was written.
    EDITED = "edited"
    # There, and not written by us.
    FOREIGN = "foreign"


# What is not written over unless somebody says so.
IN_THE_WAY = (State.EDITED, State.FOREIGN)


@dataclass(frozen=True)
class Difference:
    """One file to be written. `diff`: lines as `diff -u` has them, without passwords."""

    file: ConfigFile
    path: Path
    state: State
    diff: tuple[str, ...] = ()


def compare(directory: Path, files: Iterable[ConfigFile]) -> list[Difference]:
    """What writing these files into `directory` would change. Raises OSError."""
    return [_compare(file, directory / file.name) for file in files]


def write(differences: Iterable[Difference]) -> list[Path]:
    """Write what differs, and whatever mode a file had; returns the files without their group.

    Raises OSError; the files before are written then, each as a whole.
    """
    ungrouped = []
    for one in differences:
        one.path.parent.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
        if one.state is not State.SAME:
            _replace(one.path, one.file)
        else:
            one.path.chmod(_mode(one.file))
        if not _give_to_group(one.path, one.file):
            ungrouped.append(one.path)
    return ungrouped


def kept_password(directory: Path, name: str, user: str) -> str:
    """The password that a file of ours there has for this user, "" if there is none."""
    try:
        text = (directory / name).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
    if not is_ours(text) or f"\nuser = {user}\n" not in text:
        return ""
    found = re.search(r"^password = (.*)$", text, re.MULTILINE)
    return found[1] if found else ""


def _compare(file: ConfigFile, path: Path) -> Difference:
    if path.is_symlink() or (path.exists() and not path.is_file()):
        return Difference(file, path, State.FOREIGN)
    if not path.exists():
        return Difference(file, path, State.NEW)
    old = path.read_text("utf-8", "replace")
    if old == file.text:
        return Difference(file, path, State.SAME)
    if not is_ours(old):
        # Where a password stands in a secret file of somebody else is not known.
        return Difference(file, path, State.FOREIGN, () if file.secret else _diff(path, old, file))
    state = State.CHANGED if is_unchanged(old) else State.EDITED
    return Difference(file, path, state, _diff(path, old, file))


def _diff(path: Path, old: str, file: ConfigFile) -> tuple[str, ...]:
    before, after = (_shown(text).splitlines() for text in (old, file.text))
    lines = difflib.unified_diff(before, after, str(path), f"{path} (new)", lineterm="")
    return tuple(lines)


def _shown(text: str) -> str:
    # The sum differs wherever anything does, and is one over the password too.
    return without_passwords(SUM.sub("", text, count=1))


def without_passwords(text: str) -> str:
    """A file's text with its passwords blotted out."""
    return _PASSWORDS.sub(lambda found: found[1] + HIDDEN, text)


def _replace(path: Path, file: ConfigFile) -> None:
    # Beside it, with its rights from the beginning, and then in its place: no server ever reads
    # half a file, and nobody a password that is not for him.
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as draft_file:
            draft_file.write(file.text)
            draft_file.flush()
            os.fsync(draft_file.fileno())
        _give_to_group(draft, file)
        draft.chmod(_mode(file))
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _mode(file: ConfigFile) -> int:
    return SECRET_MODE if file.secret else MODE


def _give_to_group(path: Path, file: ConfigFile) -> bool:
    """Whether the file's group may read it now; a file that everybody reads needs none."""
    if not file.secret or not file.group:
        return True
    try:
        number = grp.getgrnam(file.group).gr_gid
        if path.stat().st_gid != number:
            os.chown(path, -1, number)
            # chown(2) may take bits away.
            path.chmod(stat.S_IMODE(path.stat().st_mode))
    except (KeyError, PermissionError):
        return False
    return True
