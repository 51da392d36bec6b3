"""The MTA-STS policy that a domain's id stood for when last seen: a new one needs a new id."""

from __future__ import annotations

from collections.abc import Iterable

from dnshealth.models import Finding
from dnshealth.packing import unpack
from dnshealth.querysets import in_pieces
from mailkit.dns.results import Check


def known_policies(names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """By stored name the id and the policy, as far as a check has seen both."""
    found: dict[str, tuple[str, str]] = {}
    for some in in_pieces(names):
        rows = Finding.objects.filter(family="sts", health__in=some)
        for name, checks, before in rows.values_list("health_id", "checks", "known_checks"):
            seen = _seen(unpack(checks)) or _seen(unpack(before or []))
            if seen is not None:
                found[name] = seen
    return found


def _seen(checks: list[Check]) -> tuple[str, str] | None:
    for check in sorted(checks, key=lambda one: "known_policy" not in one.params):
        policy = check.params.get("known_policy") or check.params.get("policy")
        if policy and check.params.get("id"):
            return str(check.params["id"]), str(policy)
    return None
