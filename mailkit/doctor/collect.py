"""Read Postfix's and Dovecot's configuration on this machine. It only looks."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mailkit.doctor.bundle import (
    DOVECONF,
    DOVECOT_VERSION,
    IDS,
    NO_KEY,
    PARAMETERS,
    POSTCONF,
    POSTCONF_MASTER,
    POSTCONF_OPTIONS,
    POSTCONF_VALUES,
    POSTMAP,
    STAT,
    Bundle,
    Sections,
)
from mailkit.doctor.dovecot import parse_blocks, read_dovecot
from mailkit.doctor.findings import Unread
from mailkit.doctor.postfix import read_postfix

DOVECOT_CONF = Path("/etc/dovecot/dovecot.conf")
SECONDS = 5
# All lookups together; a page waits for them.
LOOKUP_SECONDS = 12
_LARGEST_FILE = 200_000
_ENVIRONMENT_PATH = "/usr/local/sbin:/usr/sbin:/sbin"


@dataclass(frozen=True)
class Output:
    """What a program printed; `code` is None where it could not be run or took too long."""

    code: int | None
    out: str
    err: str


Run = Callable[[Sequence[str]], Output]


def run(command: Sequence[str], stdin: str = "", seconds: float = SECONDS) -> Output:
    """Run a program in English, with `stdin` to read. Never raises."""
    path = f"{os.environ.get('PATH', '/usr/bin:/bin')}:{_ENVIRONMENT_PATH}"
    try:
        done = subprocess.run(
            list(command),
            input=stdin,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
            env={**os.environ, "PATH": path, "LC_ALL": "C"},
        )
    except FileNotFoundError:
        return Output(None, "", f"{command[0]}: not found")
    except subprocess.TimeoutExpired:
        return Output(None, "", f"{command[0]}: warning: no answer within {seconds:g} seconds")
    except OSError as error:
        return Output(None, "", f"{command[0]}: {error}")
    return Output(done.returncode, done.stdout, done.stderr)


def collect(
    postfix: Path, dovecot: Path = DOVECOT_CONF, *, run: Run = run, lookups: bool = True
) -> Bundle:
    """Read what lies in `postfix` (as for `postconf -c`) and in Dovecot's file.

    `lookups`: ask each lookup table once with postmap(1), which shows whether Postfix gets
    through to its database. What this user may not read is in the bundle's `unread`.
    """
    found = Sections()
    _postfix(found, ["-c", str(postfix)], run)
    _dovecot(found, str(dovecot), run)
    read = read_postfix(Bundle(found.read))
    maps = sorted({(use.kind, use.path) for use in read.uses})
    for _kind, path in maps:
        _file(found, path)
    if lookups:
        until = time.monotonic() + LOOKUP_SECONDS
        for kind, path in maps:
            if path in found.read and time.monotonic() < until:
                # Nothing printed and 1: no such key, which is what a sound table says.
                asked = run(["postmap", "-c", str(postfix), "-q", NO_KEY, f"{kind}:{path}"])
                found.add(f"{POSTMAP} {kind}:{path}", f"{asked.out}\n{asked.err}")
    for path in read_dovecot(Bundle(found.read)).sql_files_unread:
        _file(found, path)
    _owners(found, run)
    return found.bundle(here=True)


def _postfix(found: Sections, where: list[str], run: Run) -> None:
    _program(found, POSTCONF, run(["postconf", *where, "-n"]))
    if POSTCONF not in found.read:
        return
    for name, words in (
        (POSTCONF_VALUES, ["-x", *PARAMETERS]),
        (POSTCONF_MASTER, ["-M"]),
        (POSTCONF_OPTIONS, ["-P"]),
    ):
        _program(found, name, run(["postconf", *where, *words]))


def _dovecot(found: Sections, conf: str, run: Run) -> None:
    _program(found, DOVECONF, run(["doveconf", "-c", conf, "-n"]))
    if DOVECONF in found.read:
        _program(found, DOVECOT_VERSION, run(["dovecot", "--version"]))


def _program(found: Sections, name: str, output: Output) -> None:
    if output.code == 0:
        found.add(name, output.out)
        return
    said = output.err.strip().split("\n")[0] or f"exit {output.code}"
    found.unread.append(Unread(name, said[:500]))


def _file(found: Sections, path: str) -> None:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            found.add(path, file.read(_LARGEST_FILE))
    except OSError as error:
        found.unread.append(Unread(path, error.strerror or str(error)))


def _owners(found: Sections, run: Run) -> None:
    bundle = Bundle(found.read)
    postfix, dovecot = read_postfix(bundle), read_dovecot(bundle)
    paths = {one.dbpath for one in postfix.files.values() if one.dbpath}
    paths |= {one.dbname for one in dovecot.passdbs if one.dbname.startswith("/")}
    paths |= {value for value in [parse_blocks(bundle.text(DOVECONF)).values.get("sqlite_path", "")]
              if value}  # fmt: skip
    if not paths:
        return
    files = [
        name
        for path in sorted(paths)
        for name in (path, f"{path}-wal", f"{path}-shm", str(Path(path).parent))
    ]
    # Those that are not there are left out, with a message and exit code 1.
    found.add(STAT, run(["stat", "-c", "%a %U %G %n", *files]).out)
    users = {postfix.value("mail_owner"), "dovecot", dovecot.worker_user} - {"", "root"}
    found.add(IDS, "\n".join(run(["id", user]).out.strip() for user in sorted(users)))
