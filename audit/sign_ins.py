"""Sign-ins, sign-outs and refused sign-ins in the log: no secrets, and no flood.

Somebody who tries passwords all night would fill the log. So attempts on one name from one network
address within ten minutes are one entry with a count, and of further names there are at most
`MOST_REFUSALS` entries an hour; what goes beyond is counted in one entry without a name.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.utils import timezone

from audit.actions import group_of_action
from audit.actor import Actor, ActorKind
from audit.models import Entry
from mailkit.addresses import AddressError, domain_of, lowered, parse_address

SIGN_IN: Final = "sign_in"
SIGN_OUT: Final = "sign_out"
REFUSE_SIGN_IN: Final = "refuse_sign_in"
SIGN_INS: Final = (SIGN_IN, SIGN_OUT, REFUSE_SIGN_IN)

SAME_ATTEMPT = timedelta(minutes=10)
FLOOD = timedelta(hours=1)
MOST_REFUSALS = 300
# The field with the count; without it the entry stands for one attempt.
ATTEMPTS: Final = "attempts"
# Attempts of the same name and address may differ in method and reason.
SEVERAL = 5


def record_sign_in(*, actor: Actor, method: str = "password") -> None:
    """Somebody is signed in now. `method`: "password", "passkey", "totp", "recovery_code" ..."""
    _record(actor, SIGN_IN, {"method": [None, method]})


def record_sign_out(*, actor: Actor) -> None:
    """Somebody has ended his session; call it while he is still known."""
    _record(actor, SIGN_OUT, {})


def record_refused_sign_in(
    *, name: str, address: str, known: bool, method: str = "password", reason: str = ""
) -> None:
    """A sign-in that failed. `name`: as typed; `known`: whether somebody has this name.

    A name that nobody has is logged only if it is an address: people type passwords into the wrong
    field. `reason`: a code such as "password", "suspended", "locked_out"; never what was typed.
    """
    key = _safe(name) if known or "@" in name else ""
    refused = Entry.objects.filter(action=REFUSE_SIGN_IN).order_by("-pk")
    now = timezone.now()
    oldest_of_many = refused.values_list("time", flat=True)[MOST_REFUSALS - 1 : MOST_REFUSALS]
    if any(at > now - FLOOD for at in oldest_of_many):
        key, address = "", ""
    same = refused.filter(object_key=key, address=address[:45], time__gt=now - SAME_ATTEMPT)
    changes: dict[str, list[str | None]] = {"method": [None, method]}
    if reason:
        changes["reason"] = [None, reason]
    entry = next((one for one in same[:SEVERAL] if changes.items() <= one.changes.items()), None)
    if entry is not None:
        times = int(entry.changes.get(ATTEMPTS, [None, "1"])[1]) + 1
        Entry.objects.filter(pk=entry.pk).update(changes={**changes, ATTEMPTS: [None, str(times)]})
        return
    Entry.objects.create(
        group=group_of_action(),
        actor_kind=ActorKind.NOBODY.value,
        actor="",
        address=address[:45],
        action=REFUSE_SIGN_IN,
        object_type="mailbox" if "@" in key else "operator",
        object_key=key,
        domain=_domain(key),
        changes=changes,
    )


def _record(actor: Actor, action: str, changes: dict[str, list[str | None]]) -> None:
    Entry.objects.create(
        group=group_of_action(),
        actor_kind=actor.kind.value,
        actor=actor.name[:254],
        address=actor.address[:45],
        action=action,
        object_type="mailbox" if actor.is_mailbox_owner else "operator",
        object_key=actor.name[:254],
        domain=_domain(actor.name) if actor.is_mailbox_owner else "",
        changes=changes,
    )


def _safe(name: str) -> str:
    # What was typed comes from anybody, and ends up on terminals.
    return "".join(sign for sign in lowered(name.strip()) if sign.isprintable())[:254]


def _domain(key: str) -> str:
    try:
        return domain_of(parse_address(key))[:255]
    except AddressError:
        return lowered(domain_of(key))[:255]
