"""What a run checks against: the mail host, and each domain with its keys and own settings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings

from dnshealth.dkim.signer import keys_of, signers_known
from dnshealth.domain_settings import NONE, DomainSettings, read_settings
from dnshealth.models import Role
from dnshealth.names import a_label, stored_name
from dnshealth.reading_sts import known_policies
from mailkit.dns.dkim_keys import ReadKeys
from mailkit.dns.lookups import Lookups, system_servers, trusts_ad
from mailkit.dns.subject import MailDomain, MailHost


@dataclass(frozen=True)
class Subjects:
    """The host, the domains in the order they were asked for, and which keys cannot be read."""

    host: MailHost
    domains: tuple[MailDomain, ...]
    problems: tuple[str, ...] = ()


def subjects(names: Iterable[str]) -> Subjects:
    """What to check for these names: each once, by its A-label. The keys are read once."""
    wanted = list(dict.fromkeys(map(a_label, names)))
    keys = keys_of(wanted)
    stored = {name: stored_name(name) for name in wanted}
    own = read_settings(stored.values())
    policies = known_policies(stored.values())
    # Where tables or directory cannot be read nobody can say that a domain has no key.
    known = signers_known() and not keys.unreadable
    return Subjects(
        _host(signer_known=known),
        tuple(
            _domain(name, keys, own.get(stored[name], NONE), policies.get(stored[name], ("", "")))
            for name in wanted
        ),
        keys.problems,
    )


def _domain(name: str, keys: ReadKeys, own: DomainSettings, policy: tuple[str, str]) -> MailDomain:
    return MailDomain(
        name,
        keys=keys.keys.get(name, ()),
        selectors=tuple(dict.fromkeys((*keys.unread.get(name, ()), *own.selectors))),
        keys_unread=name in keys.unread,
        send_only=own.role == Role.SEND_ONLY,
        receives_elsewhere=own.role == Role.RECEIVES_ELSEWHERE,
        switched_off={key: one.reason for key, one in own.switched_off.items()},
        sts_id=policy[0],
        sts_policy=policy[1],
    )


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
