"""What is made once and used by many test runs: data directory templates, the Debian 13 root."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path


def cache_directory() -> Path:
    """$MAILADMIN_TEST_CACHE, or `mailadmin` in the user's cache directory; never in the clone."""
    named = os.environ.get("MAILADMIN_TEST_CACHE")
    if named:
        directory = Path(named)
    else:
        base = os.environ.get("XDG_CACHE_HOME")
        directory = (Path(base) if base else Path.home() / ".cache") / "mailadmin"
    directory.mkdir(parents=True, exist_ok=True)
    return directory.absolute()


def build_once(name: str, build: Callable[[Path], None]) -> Path:
    """The cached directory `name`; `build(path)` fills it when it is not there.

    Test runs side by side wait for each other, and a build that was interrupted leaves nothing
    behind that could be taken for a whole one: it gets its name only when it is complete.
    """
    cache = cache_directory()
    wanted = cache / name
    if wanted.exists():
        return wanted
    with open(cache / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if wanted.exists():
            return wanted
        for stale in cache.glob(f"{name}.new-*"):
            shutil.rmtree(stale, ignore_errors=True)
        new = Path(tempfile.mkdtemp(prefix=f"{name}.new-", dir=cache))
        new.chmod(0o755)
        try:
            build(new)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
        new.rename(wanted)
    return wanted
