"""The owner's own forwarding counts among those that the admins of his domain may have."""

from __future__ import annotations

from accounts.models import User
from audit.actor import Actor
from audit.transaction import service
from mailboxes.services import own
from mailboxes.services.own import OwnForwarding
from mailkit.addresses import domain_of, lowered


@service
def set_own_forwarding(
    *,
    actor: Actor,
    destination: str,
    keep_copy: bool,
    force: bool = False,
    state: str | None = None,
) -> OwnForwarding:
    """`mailboxes.services.own.set_own_forwarding`, within the limits of the domain's admins."""
    return own.set_own_forwarding(
        actor=actor,
        destination=destination,
        keep_copy=keep_copy,
        force=force,
        state=state,
        admins=limited_admins(domain_of(actor.name)),
    )


def limited_admins(domain_name: str) -> list[Actor]:
    """The domain admins of this domain who may have so many forwardings and no more."""
    admins = User.objects.operators().filter(
        is_active=True,
        is_superadmin=False,
        max_forwardings__isnull=False,
        grants__domain=lowered(domain_name),
    )
    actors = (admin.actor() for admin in admins)
    return [actor for actor in actors if actor.may_touch(domain_name)]
