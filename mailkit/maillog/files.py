"""The log's files, the rotated and compressed ones of the last days included."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast

# logrotate's names: mail.log.1, mail.log.2.gz, mail.log-20261123, mail.log-20261123.gz
_ROTATED = re.compile(r"[.-]\d+(?:\.gz)?")
_LONGEST_LINE = 20_000


class LogError(Exception):
    """The log could not be read; `code`: missing, forbidden, broken; `path` is the file."""

    def __init__(self, code: str, path: Path) -> None:
        super().__init__(code, str(path))
        self.code = code
        self.path = path


@dataclass(frozen=True)
class LogFile:
    """One file of the log; `written` is when its last line came, `size` in bytes on the disk."""

    path: Path
    written: datetime
    size: int


def log_files(path: Path, since: datetime) -> list[LogFile]:
    """The log and what was rotated away of it, as far as it has lines since then; oldest first.

    Raises LogError if there is no such log, or it may not be looked at.
    """
    try:
        names = [
            one
            for one in path.parent.iterdir()
            if one.name == path.name
            or (one.name.startswith(path.name) and _ROTATED.fullmatch(one.name[len(path.name) :]))
        ]
        found = [_file(one) for one in names]
    except PermissionError as error:
        raise LogError("forbidden", path) from error
    except OSError as error:
        raise LogError("missing", path) from error
    if not found:
        raise LogError("missing", path)
    found.sort(key=lambda file: (file.written, file.path.name == path.name))
    return [file for file in found if file.written >= since]


def _file(path: Path) -> LogFile:
    about = path.stat()
    return LogFile(path, datetime.fromtimestamp(about.st_mtime, UTC), about.st_size)


def read_lines(file: LogFile) -> Iterator[str]:
    """Its lines without their ends. Raises LogError."""
    try:
        with _opened(file.path) as stream:
            while line := stream.readline(_LONGEST_LINE):
                yield line.decode("utf-8", "replace").rstrip("\r\n")
    except PermissionError as error:
        raise LogError("forbidden", file.path) from error
    except FileNotFoundError:
        # Rotated away meanwhile: the next search finds it by its new name.
        return
    except (OSError, EOFError, zlib.error) as error:
        raise LogError("broken", file.path) from error


def _opened(path: Path) -> BinaryIO:
    if path.suffix == ".gz":
        return cast(BinaryIO, gzip.open(path))
    return path.open("rb")
