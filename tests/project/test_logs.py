"""The log: a refusal is one line, a fault has its traceback."""

from __future__ import annotations

import logging
import sys

import pytest

from mailadmin.logs import RefusalsInOneLine


@pytest.mark.parametrize(("status", "traceback"), [(403, False), (404, False), (500, True)])
def test_only_a_fault_has_a_traceback(status, traceback):
    try:
        raise ValueError("why")
    except ValueError:
        record = logging.LogRecord("django.request", 30, "x", 1, "said", (), sys.exc_info())
    record.status_code = status
    assert RefusalsInOneLine().filter(record)
    assert bool(record.exc_info) is traceback
