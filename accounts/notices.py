"""Which mail goes to whom: links that somebody waits for at once, notices in the background."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, override

from accounts import background
from accounts.links import link_url
from accounts.mail import send_mail, send_notices
from accounts.models import Purpose
from accounts.recovery import Asked, Done, confirmed_address, make_recovery_link
from audit.actor import ActorKind
from audit.models import Entry
from mailboxes.models import Mailbox
from mailkit.addresses import lowered

PEOPLE: Final = frozenset({ActorKind.MAILBOX_OWNER, ActorKind.SUPERADMIN, ActorKind.DOMAIN_ADMIN})


def send_confirmation(asked: Asked, site: str) -> bool:
    """The link that confirms a recovery address; False if it could not be sent."""
    return _send_link("confirm_address", asked, Purpose.CONFIRM, site)


def send_invitation(asked: Asked, to: str, site: str) -> bool:
    """The link by which an owner chooses the password; False if it could not be sent."""
    return _send_link("invitation", asked, Purpose.INVITE, site, to)


def send_recovery_link(email: str, network: str, site: str) -> None:
    """Look for the mailbox and send its owner a link, all behind the answer's back.

    So the answer and its time are the same whether there is such a mailbox or not.
    """
    language = get_language()

    def job() -> None:
        with override(language):
            asked = make_recovery_link(email=email, network=network)
            if asked is not None:
                _send_link("recovery_link", asked, Purpose.RECOVER, site)

    background.start(job)


def tell_password_set(done: Done, network: str) -> None:
    """The recovery address and the mailbox itself hear of a password set by a link."""
    _tell("password_set", done, network)


def tell_recovery_changed(done: Done) -> None:
    """The recovery addresses, former and new, and the mailbox itself hear that it changed."""
    _tell("recovery_changed", done, "")


def tell_forwardings_changed(entries: Sequence[Entry]) -> None:
    """Whoever's own forwarding was changed hears of it: by the mailbox, and the recovery address.

    Of what people do in the browser, undo included; a script may change thousands by commands.
    """
    for entry in entries:
        if entry.object_type == "forwarding" and entry.actor_kind in PEOPLE:
            for key in {entry.object_key, entry.former_key} - {""}:
                _tell_forwarding_changed(key, entry)


def _tell_forwarding_changed(key: str, entry: Entry) -> None:
    mailbox = Mailbox.objects.by_key(key) or Mailbox.objects.by_key(lowered(key))
    if mailbox is None:
        return
    by_owner = entry.actor_kind == ActorKind.MAILBOX_OWNER
    done = Done(mailbox.email, (confirmed_address(mailbox),))
    name = "forwarding_changed" if by_owner else "forwarding_changed_for_owner"
    _tell(name, done, entry.address)


def _tell(name: str, done: Done, network: str) -> None:
    language = get_language()
    context = {"email": done.email, "network": network, "time": _now()}

    def job() -> None:
        with override(language):
            send_notices(name, (*done.addresses, done.email), context)

    background.start(job)


def _send_link(name: str, asked: Asked, purpose: Purpose, site: str, to: str = "") -> bool:
    context = {
        "email": asked.email,
        "link": link_url(site, purpose, asked.token),
        "server": settings.MAILADMIN.mail_hostname,
    }
    return send_mail(name, to or asked.address, context)


def _now() -> str:
    return f"{date_format(timezone.now(), 'Y-m-d H:i')} UTC"
