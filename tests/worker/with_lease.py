"""`python -m tests.worker.with_lease`: a worker whose lease is short, for tests."""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailadmin.settings")
django.setup()

from worker.loop import Loop  # noqa: E402

if __name__ == "__main__":
    loop = Loop(interval=0.05, beat=0.2, lease=1.5)
    loop.take_signals()
    loop.run()
