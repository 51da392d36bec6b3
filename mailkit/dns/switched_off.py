"""What somebody has switched off for a domain: told as such with its reason, never as in order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mailkit.dns.catalogue import CATALOGUE
from mailkit.dns.results import REQUIRED_FAMILIES, Check, Severity, Status, skipped

# In the params of such a check: the family or code that is switched off; how bad the fault is.
PARAM, SEVERITY = "off", "severity"


def is_only_unknown(key: str) -> bool:
    """Whether this code only ever says that nobody could tell: there is no fault to switch off."""
    return key in CATALOGUE and not CATALOGUE[key].fails


def off_family(family: str, off: Mapping[str, str]) -> Check | None:
    """The check that stands for a family that is switched off; None for one that is looked at.

    What mail depends on (`REQUIRED_FAMILIES`) is looked at whatever `off` says.
    """
    if family not in off or family in REQUIRED_FAMILIES:
        return None
    return skipped(family, off[family], params={PARAM: family})


def without(checks: Iterable[Check], off: Mapping[str, str]) -> tuple[Check, ...]:
    """The checks with each fault whose code is switched off as skipped, with what was seen.

    What nobody could tell stays unknown whatever `off` says: it may hide any other fault.

    A family that has one is not in order for the rest of it either, so that its "in order" goes.
    """
    found = [_switched(check, off) for check in checks]
    touched = {one.family for one in found if PARAM in one.params}
    return tuple(one for one in found if one.status != Status.PASS or one.family not in touched)


def is_off(check: Check) -> bool:
    """Whether somebody has switched it off."""
    return check.status == Status.SKIPPED and PARAM in check.params


def off_keys(checks: Iterable[Check]) -> dict[str, str]:
    """What is switched off among these: each code or family once, and the worst of its faults.

    "" for a family, at which nobody has looked.
    """
    found: dict[str, str] = {}
    for check in checks:
        if not is_off(check):
            continue
        key, severity = str(check.params[PARAM]), str(check.params.get(SEVERITY, ""))
        order = ["", *Severity]
        found[key] = max(found.get(key, ""), severity, key=order.index)
    return found


def _switched(check: Check, off: Mapping[str, str]) -> Check:
    # What could not be told stays so, whatever is switched off.
    if check.status != Status.FAIL or check.code not in off:
        return check
    return skipped(
        check.family,
        f"{check.code} {off[check.code]}",
        observed=check.observed,
        params={PARAM: check.code, SEVERITY: str(check.severity or Severity.NOTICE)},
        host=check.host,
        ip=check.ip,
    )
