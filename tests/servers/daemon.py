"""What the throw-away database servers have in common."""

from __future__ import annotations

import itertools
import re
import signal
import subprocess
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from tests.servers.database import Database
from tests.servers.processes import (
    ServerError,
    free_port,
    make_directory,
    remove_directory,
    stop_process,
    wait_until,
)

USER = "mail"
PASSWORD = "mailpw"


class Server(ABC):
    """What the three have in common: a directory, numbered databases, a context manager."""

    dialect = ""

    def __init__(self) -> None:
        self.directory = make_directory(f"ma-{self.dialect}")
        self._numbers = itertools.count(1)

    @abstractmethod
    def start(self) -> None:
        """Start, or start again after `stop` with the same port and data."""

    @abstractmethod
    def stop(self) -> None:
        """Stop and keep the data."""

    def close(self) -> None:
        """Stop and remove everything."""
        self.stop()
        remove_directory(self.directory)

    def _new_name(self, name: str | None) -> str:
        name = name or f"mail{next(self._numbers)}"
        if not re.fullmatch(r"[a-zA-Z0-9_]+", name):
            raise ValueError(f"a database name of letters, digits and _: {name!r}")
        return name

    def __enter__(self) -> Any:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Daemon(Server):
    """A server process over a copy of a data directory that is made once and cached."""

    def __init__(self) -> None:
        super().__init__()
        # A data directory to begin with, in place of an empty one.
        self.template: Path | None = None
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None
        self.data = self.directory / "data"
        self.log = self.directory / "log"

    def start(self) -> None:
        if self.process is not None:
            return
        if not self.data.exists():
            self._copy_template(self.template or self._empty_template())
        again = bool(self.port)
        for attempt in range(3):
            self.port = self.port if again else free_port()
            self.process = self._launch()
            try:
                wait_until(self._is_ready, f"{self.dialect} answers", 30)
            except _EndedError as error:
                self._kill()
                # Somebody else may have taken the port meanwhile.
                if again or attempt == 2:
                    raise ServerError(f"{error}:\n{self.log_text()[-4000:]}") from error
            else:
                return

    def stop(self) -> None:
        if self.process is not None:
            stop_process(self.process, self._stop_signal)
            self.process = None

    def log_text(self) -> str:
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""

    _stop_signal: int = signal.SIGTERM

    def _kill(self) -> None:
        if self.process is not None:
            stop_process(self.process, signal.SIGKILL)
            self.process = None

    def _is_ready(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise _EndedError(f"{self.dialect} ended with {self.process.returncode}")
        return self._answers()

    def database(self, name: str) -> Database:
        """One that is there already."""
        return self._database(name)

    def _database(self, name: str) -> Database:
        return Database(self.dialect, name, "127.0.0.1", self.port, USER, PASSWORD)

    @abstractmethod
    def _empty_template(self) -> Path: ...

    @abstractmethod
    def _copy_template(self, template: Path) -> None: ...

    @abstractmethod
    def _launch(self) -> subprocess.Popen[bytes]: ...

    @abstractmethod
    def _answers(self) -> bool: ...


class _EndedError(RuntimeError):
    pass


def version_of(program: str) -> str:
    """Program and version as a file name, so that an upgrade makes a new template."""
    text = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"\d+(\.\d+)+", text)
    return found.group() if found else "unknown"


def run_program(command: list[str], **options: Any) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode:
        raise ServerError(f"{command[0]}: {done.stdout}{done.stderr}")
