"""Throttles mails with links: so many an hour for each address, and from each network.

What is counted is what was asked, not whether there is such a mailbox.
"""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.models import LinkRequest
from audit.transaction import service
from mailkit.addresses import lowered

SPAN = timedelta(hours=1)
MOST_FOR_A_NAME = 3
MOST_FROM_A_NETWORK = 20
# Whoever has one IPv6 address usually has all of its /64 (RFC 6177).
IPV6_NETWORK = 64
# So many old ones are deleted at each request: no statement lasts.
PRUNED = 500


def may_ask(name: str, address: str) -> bool:
    """Count a request for `name` (a mailbox's address) from a network address, unless too many.

    False: no mail shall be sent. Refused requests are not counted, so that an owner who is
    bothered by somebody gets a link again within the hour.
    """
    now = timezone.now()
    _forget(now - SPAN)
    key, network = _digest("name", lowered(name.strip())), _digest("network", network_of(address))
    # Written first, and for all to see: of many at once each sees those before it.
    mine = _write(name=key, network=network, at=now)
    so_far = LinkRequest.objects.filter(pk__lte=mine.pk)
    if (
        so_far.filter(name=key).count() > MOST_FOR_A_NAME
        or so_far.filter(network=network).count() > MOST_FROM_A_NETWORK
    ):
        _take_back(mine)
        return False
    return True


# Each a service of its own: tried again where MariaDB ends a deadlock of many at once.


@service
def _forget(before: datetime) -> None:
    old = list(LinkRequest.objects.filter(at__lt=before).values_list("pk", flat=True)[:PRUNED])
    if old:
        LinkRequest.objects.filter(pk__in=old).delete()


@service
def _write(**row: Any) -> LinkRequest:
    return LinkRequest.objects.create(**row)


@service
def _take_back(request: LinkRequest) -> None:
    LinkRequest.objects.filter(pk=request.pk).delete()


def network_of(address: str) -> str:
    """The network that a network address stands for: itself for IPv4, its /64 for IPv6."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, IPV6_NETWORK), strict=False))


def _digest(kind: str, text: str) -> str:
    return salted_hmac(f"accounts.link_requests.{kind}", text, algorithm="sha256").hexdigest()
