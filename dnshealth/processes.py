"""Which process does something, as a text to store, and whether it is there no more.

A process has a number that another one gets once it has ended (proc(5)), so its start and the boot
belong to its name, and the namespace in which the number counts (pid_namespaces(7)).
"""

from __future__ import annotations

import os
from pathlib import Path

_PROC = Path("/proc")
# After the program's name in parentheses, which may hold anything: the 22nd field of all.
_START = 19


def this_process() -> str:
    """The name of this process, "" where the system has no such names."""
    try:
        return f"{_world()} {os.getpid()} {_start(os.getpid())}"
    except OSError:
        return ""


def is_gone(process: str) -> bool | None:
    """Whether this process has ended; None where nobody here can tell (another machine's)."""
    world, _blank, rest = process.partition(" ")
    pid, _blank, start = rest.partition(" ")
    try:
        if not pid.isdigit() or world != _world():
            return None
    except OSError:
        return None
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        # It is there, though another user's. It may be hidden from us in /proc.
        pass
    try:
        return _start(int(pid)) != start
    except OSError:
        return False


def _world() -> str:
    """Where a process's number means one process."""
    boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    return f"{boot}/{os.readlink(_PROC / 'self/ns/pid')}"


def _start(pid: int) -> str:
    fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    # A killed one that nobody has waited for yet does nothing any more.
    return "ended" if fields[0] in ("Z", "X") else fields[_START]
