"""generate_password(): good enough for anybody, and read out without spelling."""

from __future__ import annotations

import math
import re

from mailkit.passwords import Scheme, check_password, generate_password
from mailkit.passwords.generate import ALPHABET, GROUP_LENGTH, GROUPS


def test_it_has_at_least_75_bits():
    assert len(set(ALPHABET)) == len(ALPHABET)
    assert GROUPS * GROUP_LENGTH * math.log2(len(ALPHABET)) >= 75


def test_it_can_be_read_out():
    for _ in range(200):
        password = generate_password()
        assert re.fullmatch(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}", password)
        assert not set(password) & set("0o1li")


def test_no_two_are_alike_and_every_scheme_takes_them():
    made = {generate_password() for _ in range(500)}
    assert len(made) == 500
    for scheme in Scheme:
        check_password(next(iter(made)), scheme)
