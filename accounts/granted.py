"""What operators manage, for the pages and commands that show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from accounts.models import Grant, User


@dataclass(frozen=True)
class Granted:
    """`domains`: those somebody manages. `former`: granted once, but for one that is gone since."""

    domains: list[str] = field(default_factory=list)
    former: list[str] = field(default_factory=list)


def granted_to(users: Sequence[User]) -> dict[int, Granted]:
    """{id: what this operator has}, names in order; two queries."""
    found = {user.pk: Granted() for user in users}
    grants = Grant.objects.filter(user__in=users).order_by("domain")
    for user_id, domain in grants.in_force().values_list("user", "domain"):
        found[user_id].domains.append(domain)
    for user_id, domain in grants.former().values_list("user", "domain"):
        found[user_id].former.append(domain)
    return found
