"""What a run checks against: the mail host, its addresses, and what is known of each domain."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

IPAddress = IPv4Address | IPv6Address
IPNetwork = IPv4Network | IPv6Network


@dataclass(frozen=True)
class SignerKey:
    """A key the signer has for a domain: its selector and the public half, as DER (SPKI).

    `signs_as` is the d= of the signature where it is not the domain itself.
    """

    selector: str
    spki: bytes
    retired: bool = False
    signs_as: str = ""


@dataclass(frozen=True)
class MailHost:
    """The server: its name in HELO, the addresses it sends from, and how lookups are made.

    `hostname` is an A-label without a last dot, empty where nothing is set; `ips` is empty where
    nothing is set, and what needs them is then skipped. `connect` allows connections to port 25
    of our own hosts and to MTA-STS policies over HTTPS. `ca` is the authority that makes our
    certificates, as CAA records name it. Ports and `trust_file` (a PEM file of authorities to be
    believed beside the system's) are other than usual in laboratories only. `signer_known` says
    that the signer's keys were read, so that a domain without keys is one that is not signed.
    """

    hostname: str = ""
    ips: tuple[IPAddress, ...] = ()
    backup_mx: tuple[str, ...] = ()
    dnsbls: tuple[str, ...] = ()
    selectors: tuple[str, ...] = ("mail", "default", "dkim")
    allowed_networks: tuple[IPNetwork, ...] = ()
    connect: bool = True
    trusts_ad: bool = False
    ca: str = "letsencrypt.org"
    smtp_port: int = 25
    https_port: int = 443
    trust_file: str = ""
    signer_known: bool = False


@dataclass(frozen=True)
class MailDomain:
    """A domain to check, as A-label without a last dot, and what the panel knows of it.

    `keys_unread`: the signer has keys for it that we could not read, so that none in `keys` does
    not mean that its mail is not signed. `switched_off` has the reason by family or by code.
    `sts_id` and `sts_policy` are the MTA-STS id and policy of the last run that saw both: a new
    policy needs a new id.
    """

    name: str
    keys: tuple[SignerKey, ...] = ()
    selectors: tuple[str, ...] = ()
    keys_unread: bool = False
    send_only: bool = False
    receives_elsewhere: bool = False
    switched_off: dict[str, str] = field(default_factory=dict)
    sts_id: str = ""
    sts_policy: str = ""
