"""Addresses in what a service says: those of other domains are not named.

A refusal or a warning must not tell a domain admin, or a mailbox owner, where the rows of domains
lead that are not theirs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.utils.translation import gettext as _

from audit.actor import Actor
from mailkit.addresses import domain_of


def named(addresses: Iterable[str], actor: Actor, known: Collection[str] = ()) -> list[str]:
    """The addresses in their order, one after the other in other domains as one without a name.

    `known`: what the actor has typed, or is, which may be named.
    """
    own = {one.lower() for one in known}
    found: list[str] = []
    for address in addresses:
        visible = address.lower() in own or actor.may_touch(domain_of(address))
        text = address if visible else _("an address in another domain")
        if visible or found[-1:] != [text]:
            found.append(text)
    return found
