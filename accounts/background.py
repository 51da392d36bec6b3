"""Work that nobody waits for: mail is sent after the answer, so its time tells nothing.

A thread of this process; what it has not done when the process is stopped is done before it ends.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from django.db import connections

logger = logging.getLogger(__name__)

# Mail servers may be slow; what comes meanwhile waits.
THREADS = 2


def start(job: Callable[[], None]) -> None:
    """Run the job soon, with a database connection of its own. Call it outside transactions."""
    _pool().submit(_run, job)


@cache
def _pool() -> ThreadPoolExecutor:
    # Made at the first use: threads do not survive the fork of gunicorn's workers.
    return ThreadPoolExecutor(THREADS, thread_name_prefix="background")


def _run(job: Callable[[], None]) -> None:
    try:
        job()
    except Exception as error:
        # The text of an error may hold an address or a row; its kind says enough.
        logger.error("Work in the background failed: %s", type(error).__name__)
    finally:
        connections.close_all()
