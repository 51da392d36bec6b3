"""A run over domains: host-level families once, results as they come, an end if DNS is down."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass

from mailkit.dns.answers import Asks
from mailkit.dns.families.dmarc import judge_alignment
from mailkit.dns.families.domain import name_fault
from mailkit.dns.families.registry import BY_NAME, FAMILIES, Family
from mailkit.dns.lookups import RESOLVER_DOWN, Lookups
from mailkit.dns.results import (
    Check,
    Status,
    Verdict,
    skipped,
    unknown,
    verdict,
)
from mailkit.dns.subject import MailDomain, MailHost
from mailkit.dns.switched_off import off_family, without

# Enough that the lookups' own limit is what bounds them, and that 200 dead domains, which only
# wait, leave room for the others.
AT_ONCE = 250
# What only all of these together tell: whether our mail passes for the policy.
ALIGNMENT = ("spf", "dkim", "dmarc")
logger = logging.getLogger(__name__)


class ResolverDown(Exception):
    """No resolver answers: the run ends, and what was stored before stays as it is."""

    code = "resolver_down"

    def __init__(self) -> None:
        super().__init__(RESOLVER_DOWN)


@dataclass(frozen=True)
class DomainResult:
    """All checks of one domain, those of the mail host among them."""

    domain: MailDomain
    checks: tuple[Check, ...]

    @property
    def verdict(self) -> Verdict:
        return verdict(self.checks)


async def check(
    domains: Iterable[MailDomain],
    host: MailHost,
    lookups: Lookups,
    *,
    families: Sequence[Family] = FAMILIES,
    at_once: int = AT_ONCE,
) -> AsyncIterator[DomainResult]:
    """Check domains, `at_once` at a time, and give each as it is done, in no order.

    Raises ResolverDown before the first or between two, and gives nothing that was seen while the
    resolver was dead. `domains` may be a generator: it is read as the run gets to it.
    """
    if not await lookups.alive():
        raise ResolverDown
    of_host = asyncio.ensure_future(_host_checks(host, lookups, families))
    waiting = iter(domains)
    results: asyncio.Queue[DomainResult | BaseException | None] = asyncio.Queue(at_once)

    async def work() -> None:
        try:
            for domain in waiting:
                result = await _check_domain(domain, host, lookups, families, of_host)
                if lookups.down:
                    raise ResolverDown
                await results.put(result)
        except Exception as error:
            await results.put(error)
        else:
            await results.put(None)

    workers = [asyncio.ensure_future(work()) for _ in range(at_once)]
    try:
        working = len(workers)
        while working:
            result = await results.get()
            if isinstance(result, BaseException):
                raise result
            if result is None:
                working -= 1
            else:
                yield result
    finally:
        for task in (*workers, of_host):
            task.cancel()
        await asyncio.gather(*workers, of_host, return_exceptions=True)


async def check_as_answers_come(
    domain: MailDomain,
    host: MailHost,
    lookups: Lookups,
    *,
    families: Sequence[Family] = FAMILIES,
) -> AsyncIterator[tuple[str, list[Check]]]:
    """One domain, family by family as each is done: for a page that shows its progress.

    Raises ResolverDown as `check` does.
    """
    if not await lookups.alive():
        raise ResolverDown
    within = lookups.within(domain.name)

    nobody = MailDomain(host.hostname, switched_off=domain.switched_off)

    async def one(family: Family) -> tuple[str, list[Check]]:
        if family.host_level:
            return family.name, await check_family(family.name, nobody, host, lookups)
        return family.name, await check_family(family.name, domain, host, within)

    tasks = [asyncio.ensure_future(one(family)) for family in families]
    try:
        for done in asyncio.as_completed(tasks):
            result = await done
            if lookups.down:
                raise ResolverDown
            yield result
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def check_family(name: str, domain: MailDomain, host: MailHost, asks: Asks) -> list[Check]:
    """The checks of one family for one domain; at least one. Never raises.

    A host-level family looks at the mail host and says the same for every domain.
    """
    family = BY_NAME[name]
    off = off_family(name, domain.switched_off)
    if off is not None:
        return [off]
    if name != "domain" and not family.host_level and name_fault(domain.name):
        return [skipped(name, "the domain's name is not valid")]
    try:
        return family.judge(domain, host, await family.probe(domain, host, asks))
    except Exception as error:
        # One domain's records that we are not up to must not end the run over all others.
        logger.exception("DNS check %s of %s", name, domain.name)
        return [unknown(name, f"a fault of this program: {type(error).__name__}")]


async def _host_checks(
    host: MailHost, lookups: Lookups, families: Sequence[Family]
) -> dict[str, list[Check]]:
    nobody = MailDomain(host.hostname)
    mine = [family.name for family in families if family.host_level]
    found = await asyncio.gather(*(check_family(name, nobody, host, lookups) for name in mine))
    return dict(zip(mine, found, strict=True))


async def _check_domain(
    domain: MailDomain,
    host: MailHost,
    lookups: Lookups,
    families: Sequence[Family],
    of_host: asyncio.Future[dict[str, list[Check]]],
) -> DomainResult:
    """The first family alone: where a domain's servers are dead, two lookups tell, not twenty."""
    within = lookups.within(domain.name)
    names = [family.name for family in families if not family.host_level]
    found: dict[str, list[Check]] = {}
    for some in (names[:1], names[1:]):
        checks = await asyncio.gather(*(check_family(name, domain, host, within) for name in some))
        found.update(zip(some, checks, strict=True))
    shared = await asyncio.shield(of_host)
    for name, of_family in shared.items():
        off = off_family(name, domain.switched_off)
        found[name] = [off] if off is not None else of_family
    return DomainResult(domain, all_checks(found, domain.switched_off, families))


def all_checks(
    found: Mapping[str, list[Check]],
    switched_off: Mapping[str, str],
    families: Sequence[Family] = FAMILIES,
) -> tuple[Check, ...]:
    """What the families found, in their order, with what only several of them together tell.

    A finding whose code is `switched_off` counts no more.
    """
    found = dict(found)
    unaligned = judge_alignment(one for name in ALIGNMENT for one in found.get(name, ()))
    if unaligned:
        failed = [one for one in found["dmarc"] if one.status == Status.FAIL]
        found["dmarc"] = [*failed, *unaligned]
    in_order = (one for family in families for one in found[family.name])
    return without(in_order, switched_off)
