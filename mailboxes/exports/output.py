"""A file that is there whole or not at all, and that nobody else may read if it has hashes."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

OWNER_ONLY = 0o600


@contextmanager
def whole_file(path: Path, *, secret: bool) -> Iterator[IO[bytes]]:
    """To be written: beside the path, and renamed to it at the end, unless an exception comes.

    A device or pipe is written as it is. Raises OSError.
    """
    path = path.resolve()
    with suppress(FileNotFoundError):
        if not stat.S_ISREG(path.stat().st_mode):
            with path.open("wb") as device:
                yield device
            return
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            yield file
            file.flush()
            os.fchmod(file.fileno(), OWNER_ONLY if secret else 0o666 & ~_umask())
            os.fsync(file.fileno())
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise


def _umask() -> int:
    mask = os.umask(OWNER_ONLY)
    os.umask(mask)
    return mask
