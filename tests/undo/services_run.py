"""Which functions are services, and which of them ran."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from typing import Any
from unittest import mock

from audit import transaction
from audit.actions import one_action

PACKAGES = (
    "accounts",
    "audit",
    "bulk",
    "dnshealth",
    "domains",
    "mailadmin",
    "mailboxes",
    "mailserver",
    "undo",
)


@cache
def all_services() -> frozenset[str]:
    """Every function with `@service`, as `module.name`."""
    marked = transaction.service(all_services).__code__
    found = set()
    for package in PACKAGES:
        path = importlib.import_module(package).__path__
        for module in pkgutil.walk_packages(path, f"{package}."):
            if module.name == "mailadmin.wsgi":
                continue
            for name, function in vars(importlib.import_module(module.name)).items():
                here = getattr(function, "__module__", "") == module.name
                if here and getattr(function, "__code__", None) is marked:
                    found.add(f"{module.name}.{name}")
    return frozenset(found)


@contextmanager
def services_run() -> Iterator[Counter[str]]:
    """Counts each service that begins, by `module.name`."""
    ran: Counter[str] = Counter()

    def begun() -> AbstractContextManager[Any]:
        # The service's own transaction asks for the action, and knows whom it is about to call.
        function = sys._getframe(1).f_locals["function"]
        ran[f"{function.__module__}.{function.__name__}"] += 1
        return one_action()

    with mock.patch.object(transaction, "one_action", begun):
        yield ran
