"""Helper processes hash passwords; they end with whoever started them, also when that is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mailkit.passwords import Scheme, verify
from mailkit.passwords.crew import Crew, CrewError

SECRETS = [f"geheim {number} ü" for number in range(20)]


def test_hashes_come_back_in_order() -> None:
    with Crew(2) as crew:
        for _again in range(2):
            made = crew.hash_passwords(SECRETS, Scheme.SHA512_CRYPT, 5000)
            assert len(set(made)) == len(SECRETS)
            assert all(verify(one, stored) for one, stored in zip(SECRETS, made, strict=True))
        helpers = [helper._process for helper in crew._helpers]
    assert [process.returncode for process in helpers] == [0, 0]


def test_a_helper_that_dies_is_an_error_and_no_wrong_hash() -> None:
    with Crew(2) as crew:
        crew.hash_passwords(SECRETS, Scheme.SHA512_CRYPT, 5000)
        crew._helpers[0]._process.kill()
        crew._helpers[0]._process.wait()
        with pytest.raises(CrewError):
            crew.hash_passwords(SECRETS, Scheme.SHA512_CRYPT, 5000)


def test_no_password_is_among_a_helper_s_arguments() -> None:
    with Crew(2) as crew:
        crew.hash_passwords(SECRETS, Scheme.SHA512_CRYPT, 5000)
        process = crew._helpers[0]._process
        assert b"geheim" not in Path(f"/proc/{process.pid}/cmdline").read_bytes()
        assert b"geheim" not in Path(f"/proc/{process.pid}/environ").read_bytes()


OWNER = """
import time
from mailkit.passwords.crew import Crew
from mailkit.passwords import Scheme
crew = Crew(2)
crew.hash_passwords(["x" * 8] * 20, Scheme.SHA512_CRYPT, 5000)
print(*[helper._process.pid for helper in crew._helpers], flush=True)
time.sleep(60)
"""


def test_helpers_end_when_their_owner_is_killed() -> None:
    root = Path(__file__).parents[3]
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER], cwd=root, stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    pids = [int(one) for one in owner.stdout.readline().split()]
    assert len(pids) == 2
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    owner.stdout.close()
    deadline = time.monotonic() + 30
    while any(_lives(pid) for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # Nobody may have buried it: init does so sooner or later.
    return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
