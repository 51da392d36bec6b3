"""Networks whose addresses no mail from the Internet reaches, or none that we may connect to."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, ip_network

from mailkit.dns.subject import IPAddress, IPNetwork

# From IANA's registries of special-purpose addresses. `ipaddress.is_global` is of no use here: it
# takes multicast, 6to4 and NAT64 for global (Python's documentation of is_global).
SPECIAL: tuple[tuple[str, str], ...] = (
    ("0.0.0.0/8", "this network"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "shared (carrier-grade NAT)"),
    ("127.0.0.0/8", "loopback"),
    ("169.254.0.0/16", "link-local"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "protocol assignments"),
    ("192.0.2.0/24", "documentation"),
    ("192.88.99.0/24", "6to4 relay"),
    ("192.168.0.0/16", "private"),
    ("198.18.0.0/15", "benchmarks"),
    ("198.51.100.0/24", "documentation"),
    ("203.0.113.0/24", "documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
    ("::/96", "unspecified, loopback or IPv4-compatible"),
    ("::ffff:0:0/96", "IPv4-mapped"),
    ("64:ff9b::/96", "NAT64"),
    ("64:ff9b:1::/48", "NAT64, local"),
    ("100::/64", "discard"),
    ("2001::/23", "protocol assignments"),
    ("2001:db8::/32", "documentation"),
    ("2002::/16", "6to4"),
    ("3fff::/20", "documentation"),
    ("5f00::/16", "segment routing"),
    ("fc00::/7", "private"),
    ("fe80::/10", "link-local"),
    ("fec0::/10", "site-local"),
    ("ff00::/8", "multicast"),
)
_SPECIAL_V4 = [(ip_network(net), name) for net, name in SPECIAL if ":" not in net]
_SPECIAL_V6 = [(ip_network(net), name) for net, name in SPECIAL if ":" in net]


def special_network(ip: IPAddress, allowed: Iterable[IPNetwork] = ()) -> str:
    """The name of the special network `ip` lies in, empty for a public address.

    `allowed` are networks to be taken for public although they are not (a laboratory's).
    """
    if any(ip.version == network.version and ip in network for network in allowed):
        return ""
    table = _SPECIAL_V6 if isinstance(ip, IPv6Address) else _SPECIAL_V4
    for network, name in table:
        if ip in network:
            return name
    return ""


def loopback(ip: IPAddress) -> bool:
    """127.0.0.0/8 or ::1."""
    return ip in IPv4Network("127.0.0.0/8") if ip.version == 4 else ip == IPv6Address("::1")
