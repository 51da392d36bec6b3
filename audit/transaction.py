"""One write, one transaction, and a second try where the database says "deadlock".

`@service` marks a function that checks, writes and logs. Nested services join the outer one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction

from audit.actions import one_action

P = ParamSpec("P")
R = TypeVar("R")

TRIES = 5
# MariaDB 1213 deadlock, 1020 record changed (snapshot isolation); on Galera the second of two
# commits on one row gets 1213 as well. Not 1205, which comes after 50 s of waiting for a lock:
# five times that is longer than anybody waits.
MYSQL_RETRY = {1213, 1020}
POSTGRESQL_RETRY = {"40001", "40P01"}


def service(function: Callable[P, R]) -> Callable[P, R]:
    """Run in one transaction, as one action of the log (or part of the caller's).

    Retried from its start when the database broke a deadlock.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if connection.in_atomic_block:
            # Part of another service: a refusal takes back what this one did, and no more.
            return once(*args, **kwargs)
        for attempt in range(1, TRIES):
            try:
                return once(*args, **kwargs)
            except OperationalError as error:
                if not _worth_another_try(error):
                    raise
                time.sleep(0.02 * attempt)
        return once(*args, **kwargs)

    def once(*args: P.args, **kwargs: P.kwargs) -> R:
        with one_action(), transaction.atomic():
            return function(*args, **kwargs)

    return run


def _worth_another_try(error: OperationalError) -> bool:
    cause = error.__cause__
    if connection.vendor == "mysql":
        return bool(error.args) and error.args[0] in MYSQL_RETRY
    if connection.vendor == "postgresql":
        return getattr(cause, "sqlstate", None) in POSTGRESQL_RETRY
    return "locked" in str(error)
