"""The signer's files: read, written as a whole or not at all, by one writer at a time.

Nothing here repeats what stands in a file: it may be a key.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mailkit.dkim.signing import Obstacle, SignerFault

# Tables of ten thousands of domains stay below; what is longer is something else.
MOST_BYTES = 16 * 1024 * 1024


def read_text(path: Path) -> str:
    """The file's text. Raises SignerFault with path and reason."""
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES).decode("utf-8", "surrogateescape")
    except OSError as problem:
        raise SignerFault(Obstacle.NOT_READ, _words(path, problem)) from problem


@contextlib.contextmanager
def one_writer(path: Path) -> Iterator[None]:
    """Hold the lock for changes to this file and those written with it (`.NAME.lock` beside it).

    Other panels wait; an editor does not know of it. Raises SignerFault.
    """
    lock = path.with_name(f".{path.name}.lock")
    try:
        handle = os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o640)
    except OSError as problem:
        raise SignerFault(Obstacle.NOT_WRITTEN, _words(lock, problem)) from problem
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def replace_text(path: Path, text: str) -> None:
    """Put this text in the file's place at once, with its owner, group and mode. SignerFault.

    A symbolic link stays one: what it leads to is replaced.
    """
    path = Path(os.path.realpath(path))
    temporary = ""
    try:
        before = path.stat() if path.exists() else None
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8", "surrogateescape"))
            file.flush()
            mode = stat.S_IMODE(before.st_mode) if before else 0o640
            _own(file.fileno(), before or path.parent.stat(), change_owner=before is not None)
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.replace(temporary, path)
        temporary = ""
        _sync_directory(path.parent)
    except OSError as problem:
        raise SignerFault(Obstacle.NOT_WRITTEN, _words(path, problem)) from problem
    finally:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)


def _own(handle: int, like: os.stat_result, *, change_owner: bool) -> None:
    """The owner and group of what was there; of a new file, the directory's group."""
    mine = os.fstat(handle)
    owner = like.st_uid if change_owner else -1
    if (owner, like.st_gid) in ((mine.st_uid, mine.st_gid), (-1, mine.st_gid)):
        return
    # Who is not root may give a file to a group of his only; the signer must read it, so that
    # it is better to stop than to leave it to another one.
    os.fchown(handle, owner if owner != mine.st_uid else -1, like.st_gid)


def write_key(path: Path, text: str, *, owner: tuple[int, int] | None = None) -> None:
    """A new file for a private key; raises FileExistsError rather than write over one.

    `owner` (uid, gid; root alone can give files away): it is for him alone, mode 0600. Without,
    the file has the directory's group, which may read it: 0640. Raises SignerFault.
    """
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-key-")
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            if owner is not None:
                os.fchown(file.fileno(), *owner)
            else:
                _own(file.fileno(), path.parent.stat(), change_owner=False)
                os.fchmod(file.fileno(), 0o640)
            os.fsync(file.fileno())
        # Unlike a rename, a link is refused where the name is taken.
        os.link(temporary, path)
        _sync_directory(path.parent)
    except FileExistsError:
        raise
    except OSError as problem:
        raise SignerFault(Obstacle.NOT_WRITTEN, _words(path, problem)) from problem
    finally:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)


def delete_file(path: Path) -> bool:
    """Remove a file, of a key mostly; False if it was gone already. Raises SignerFault."""
    try:
        path.unlink()
        _sync_directory(path.parent)
    except FileNotFoundError:
        return False
    except OSError as problem:
        raise SignerFault(Obstacle.NOT_WRITTEN, _words(path, problem)) from problem
    return True


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _words(path: Path, problem: OSError) -> str:
    return f"{path}: {problem.strerror or 'cannot be used'}"
