"""The file of a job, opened: its parts put together in a temporary file that has no name."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from bulk.importing.file_words import unreadable
from bulk.models import Job
from bulk.parts import read_file
from mailkit.sheets import Head, Opened, Record, SheetError, open_file, read_head
from mailkit.sheets.xlsx import LARGEST


class Reading(io.RawIOBase):
    """One reader of an open file, with a place of its own in it."""

    def __init__(self, number: int, size: int) -> None:
        super().__init__()
        self._number = number
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = os.pread(self._number, len(buffer), self._at)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(start + offset, 0)
        return self._at

    def tell(self) -> int:
        return self._at


@contextmanager
def file_of(job: Job) -> Iterator[Callable[[], BinaryIO]]:
    """Gives a function that opens the file, as often as needed. No name, so that nothing is left
    of it whatever happens."""
    with tempfile.TemporaryFile() as file:
        for piece in read_file(job):
            file.write(piece)
        file.flush()
        size = file.tell()
        yield lambda: io.BufferedReader(Reading(file.fileno(), size))


def opened(job: Job, file: BinaryIO, most: int = LARGEST) -> Opened:
    """The file as the job's options say. Raises Unreadable."""
    try:
        return open_file(
            file,
            job.options.get("encoding", ""),
            job.options.get("columns"),
            only=bool(job.options.get("only")),
            most=most,
        )
    except SheetError as error:
        raise unreadable(error) from error


def head_of(job: Job, encoding: str = "") -> Head:
    """The file's columns and first rows. Raises Unreadable."""
    with file_of(job) as again:
        try:
            return read_head(again(), encoding)
        except SheetError as error:
            raise unreadable(error) from error


def records_of(found: Opened) -> Iterator[Record]:
    """The rows. Raises Unreadable."""
    try:
        yield from found.records
    except SheetError as error:
        raise unreadable(error) from error
