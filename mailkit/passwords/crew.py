"""Many passwords hashed by all cores: helper processes that read passwords and write hashes.

Programs of their own, started anew rather than forked: a worker has threads and open connections,
which no fork should take along. They end by themselves when whoever started them is gone, also by
`kill -9`, since their standard input ends then. Passwords go through pipes, never through
arguments or the environment.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from types import TracebackType
from typing import Self

from mailkit.passwords.hashing import hash_password
from mailkit.passwords.schemes import Scheme

# Fewer are hashed here, in less time than a process takes to start.
WORTH_IT = 16
# Handed out at once: the last one to finish keeps the others waiting for so many at most.
AT_ONCE = 8


class CrewError(Exception):
    """A helper ended before its time."""


class Crew:
    """`with Crew() as crew: crew.hash_passwords(...)`, as often as needed; starts when needed."""

    def __init__(self, size: int | None = None) -> None:
        self.size = size or len(os.sched_getaffinity(0))
        self._helpers: list[_Helper] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.dismiss()

    def hash_passwords(
        self, passwords: Sequence[str], scheme: Scheme, cost: int | None = None
    ) -> list[str]:
        """`{SCHEME}hash` of each, in order; all must have been checked. Raises CrewError."""
        if len(passwords) < WORTH_IT or self.size == 1:
            return [hash_password(password, scheme, cost) for password in passwords]
        if not self._helpers:
            self._helpers = [_Helper() for _number in range(self.size)]
        tasks = iter(range(0, len(passwords), AT_ONCE))
        found: dict[int, list[str]] = {}

        def work(helper: _Helper) -> None:
            # Both the iterator and the dictionary are safe with threads: one step in C each.
            for start in tasks:
                batch = passwords[start : start + AT_ONCE]
                found[start] = helper.ask(batch, scheme, cost)

        with ThreadPoolExecutor(self.size) as threads:
            for done in [threads.submit(work, helper) for helper in self._helpers]:
                done.result()
        return [one for start in sorted(found) for one in found[start]]

    def dismiss(self) -> None:
        """End the helpers."""
        for helper in self._helpers:
            helper.end()
        self._helpers = []


class _Helper:
    def __init__(self) -> None:
        # A session of its own: Ctrl-C is for whoever started it, who ends it in order.
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=_HOME,
            start_new_session=True,
        )

    def ask(self, passwords: Sequence[str], scheme: Scheme, cost: int | None) -> list[str]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None  # noqa: S101 - a pipe
        assert stdout is not None  # noqa: S101
        try:
            stdin.write(json.dumps([scheme.value, cost, list(passwords)]).encode() + b"\n")
            stdin.flush()
            line = stdout.readline()
        except OSError as error:
            raise CrewError from error
        if not line.endswith(b"\n"):
            raise CrewError
        answer: list[str] = json.loads(line)
        return answer

    def end(self) -> None:
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


# Where the package can be imported from.
_HOME = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def main() -> None:
    """A helper: a line of JSON with passwords in, a line with their hashes out."""
    for line in sys.stdin.buffer:
        scheme, cost, passwords = json.loads(line)
        hashes = [hash_password(password, Scheme(scheme), cost) for password in passwords]
        sys.stdout.buffer.write(json.dumps(hashes).encode() + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
