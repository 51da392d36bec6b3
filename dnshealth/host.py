"""What a run checks against, from the settings: the mail host, and each domain with its keys."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings

from dnshealth.dkim.signer import keys_of, signers_known
from mailkit.dns.lookups import Lookups, system_servers, trusts_ad
from mailkit.dns.names import BadName, to_a_label
from mailkit.dns.subject import MailDomain, MailHost


@dataclass(frozen=True)
class Subjects:
    """The host, the domains in the order they were asked for, and which keys cannot be read."""

    host: MailHost
    domains: tuple[MailDomain, ...]
    problems: tuple[str, ...] = ()


def mail_host() -> MailHost:
    """Our mail host as the settings have it. Whether its keys are known: see `subjects`."""
    return _host(signer_known=False)


def mail_domain(name: str) -> MailDomain:
    """One domain, as A-label, with the signer's keys; the name itself where it is none."""
    return subjects([name]).domains[0]


def subjects(names: Iterable[str]) -> Subjects:
    """What to check for these names: each once, by its A-label. The keys are read once."""
    wanted = list(dict.fromkeys(map(a_label, names)))
    keys = keys_of(wanted)
    # Where tables or directory cannot be read nobody can say that a domain has no key.
    known = signers_known() and not keys.unreadable
    return Subjects(
        _host(signer_known=known),
        tuple(
            MailDomain(
                name,
                keys=keys.keys.get(name, ()),
                selectors=keys.unread.get(name, ()),
                keys_unread=name in keys.unread,
            )
            for name in wanted
        ),
        keys.problems,
    )


def a_label(name: str) -> str:
    """The name as DNS has it; one that DNS could not hold as it is, in lower case."""
    try:
        return to_a_label(name)
    except BadName:
        return name.strip().rstrip(".").lower()


def new_lookups() -> Lookups:
    """The lookups of one run, with the resolvers of the settings."""
    dns = settings.MAILADMIN.dns
    return Lookups(dns.servers, validating=dns.validating)


def _host(*, signer_known: bool) -> MailHost:
    config = settings.MAILADMIN
    dns = config.dns
    return MailHost(
        hostname=config.mail_hostname,
        ips=dns.mail_ips,
        backup_mx=dns.backup_mx,
        dnsbls=dns.dnsbls,
        selectors=dns.selectors,
        allowed_networks=dns.allowed_networks,
        connect=dns.connect,
        trusts_ad=trusts_ad(dns.servers or system_servers(), validating=dns.validating),
        ca=dns.ca,
        signer_known=signer_known,
    )
