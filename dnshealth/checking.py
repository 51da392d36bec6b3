"""Check domains' DNS: run the engine, and give each domain's result as it comes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.utils import timezone
from django.utils.translation import gettext as _

from dnshealth.host import Subjects, new_lookups, subjects
from mailkit.dns import run
from mailkit.dns.families.registry import FAMILIES
from mailkit.dns.results import Check, Verdict, unknown, verdict
from mailkit.dns.subject import MailDomain

T = TypeVar("T")


@dataclass(frozen=True)
class Checked:
    """A domain (A-label), when it was checked, and all its checks in the order of the families."""

    domain: str
    checked_at: datetime
    checks: tuple[Check, ...]

    @property
    def verdict(self) -> Verdict:
        return verdict(self.checks)


OnResult = Callable[[Checked], None]


class ResolverDown(Exception):
    """No resolver answers: the run ended, and what was stored before stays.

    `done` are the results from before it died, `missing` the domains without one.
    """

    code = run.ResolverDown.code

    def __init__(self, done: list[Checked], missing: list[str]) -> None:
        super().__init__(self.code)
        self.done = done
        self.missing = missing

    @property
    def message(self) -> str:
        """For people."""
        return _(
            "No name server (resolver) answers, so nothing can be said about any domain. "
            "See whether it runs, and whether MAILADMIN_DNS_SERVERS or /etc/resolv.conf name it."
        )


def check_domains(names: Iterable[str], on_result: OnResult | None = None) -> list[Checked]:
    """Check these domains, in a table or not; results in the order of the names, each once.

    `on_result` gets each as it is done, in no order, and may write to the database. Raises
    ResolverDown.
    """
    return check_subjects(subjects(names), on_result)


def check_subjects(wanted: Subjects, on_result: OnResult | None = None) -> list[Checked]:
    """As `check_domains`, for what `dnshealth.host.subjects` made of the names."""
    found: dict[str, Checked] = {}
    try:
        with closing(_driven(_results(wanted))) as results:
            for result in results:
                found[result.domain] = result
                if on_result is not None:
                    on_result(result)
    except run.ResolverDown:
        missing = [one.name for one in wanted.domains if one.name not in found]
        raise ResolverDown(_in_order(wanted, found), missing) from None
    return _in_order(wanted, found)


def check_by_family(
    name: str, on_family: Callable[[str, list[Check]], None], limit: float | None = None
) -> Checked:
    """One domain; `on_family` gets each family's checks as its answers come, in no order.

    For a page that shows its progress. After `limit` seconds what has not answered is unknown.
    Raises ResolverDown.
    """
    wanted = subjects([name])
    (domain,) = wanted.domains
    found: dict[str, list[Check]] = {}
    coming = run.check_as_answers_come(domain, wanted.host, new_lookups())
    try:
        with closing(_driven(coming, limit)) as results:
            for family, checks in results:
                found[family] = checks
                on_family(family, checks)
    except run.ResolverDown:
        raise ResolverDown([], [domain.name]) from None
    late = [unknown(one.name, f"no answer within {limit:g} seconds") for one in FAMILIES if limit]
    found = {one.family: [one] for one in late} | found
    return Checked(domain.name, timezone.now(), run.all_checks(found, domain.switched_off))


def without_resolver(wanted: Subjects, names: Iterable[str]) -> list[Checked]:
    """What can be said of these domains (A-labels) while no resolver answers: mostly unknown."""
    names = set(names)
    domains = [one for one in wanted.domains if one.name in names]
    return asyncio.run(_without_resolver(wanted, domains))


async def _without_resolver(wanted: Subjects, domains: list[MailDomain]) -> list[Checked]:
    lookups = new_lookups()
    # It asks nobody any more.
    lookups.down = True
    found = []
    for domain in domains:
        checks: list[Check] = []
        for family in FAMILIES:
            checks += await run.check_family(family.name, domain, wanted.host, lookups)
        found.append(Checked(domain.name, timezone.now(), tuple(checks)))
    return found


def _driven(results: AsyncIterator[T], limit: float | None = None) -> Generator[T, None, None]:
    """What comes within so many seconds, one by one, outside of the loop.

    There the database may be used.
    """
    end = None if limit is None else time.monotonic() + limit

    async def following() -> T:
        async with asyncio.timeout(None if end is None else end - time.monotonic()):
            return await anext(results)

    # Its end cancels what is still under way.
    with asyncio.Runner() as runner:
        while True:
            try:
                yield runner.run(following())
            except (StopAsyncIteration, TimeoutError):
                return


async def _results(wanted: Subjects) -> AsyncIterator[Checked]:
    async for result in run.check(wanted.domains, wanted.host, new_lookups()):
        yield Checked(result.domain.name, timezone.now(), result.checks)


def _in_order(wanted: Subjects, found: dict[str, Checked]) -> list[Checked]:
    return [found[one.name] for one in wanted.domains if one.name in found]
