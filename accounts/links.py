"""One-time links: made, found and used up; the token itself is stored nowhere.

A token has 256 random bits, so its digest needs neither salt nor a slow hash. It stands in the
query of an address (`?token=`), which Django's log leaves out.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port
from django.urls import reverse
from django.utils import timezone

from accounts.models import OneTimeLink, Purpose, User
from audit.models import Entry
from mailboxes.models import Mailbox
from mailboxes.records import digest, record_of
from mailkit.addresses import domain_of
from mailkit.passwords import is_locked

VALID = {
    Purpose.RECOVER: timedelta(minutes=30),
    Purpose.CONFIRM: timedelta(hours=24),
    Purpose.INVITE: timedelta(days=7),
}
PAGES = {
    Purpose.RECOVER: "recover_password",
    Purpose.CONFIRM: "confirm_recovery_address",
    Purpose.INVITE: "accept_invitation",
}
TOKEN_BYTES = 32


def make_link(
    mailbox: Mailbox, purpose: Purpose, address: str = "", inviter: User | None = None
) -> str:
    """A new token for this mailbox as it is now; `address`: where it will be sent.

    `inviter`: the operator who hands it out, without whom it does not work.

    Call it within a transaction. Former invitations and confirmations of the mailbox are void then;
    a recovery link is not, or a stranger could make the owner's void by asking again.
    """
    now = timezone.now()
    OneTimeLink.objects.filter(expires_at__lt=now).delete()
    if purpose is not Purpose.RECOVER:
        OneTimeLink.objects.filter(email=mailbox.email, purpose=purpose).delete()
    token = secrets.token_urlsafe(TOKEN_BYTES)
    OneTimeLink.objects.create(
        purpose=purpose,
        digest=_digest(token),
        email=mailbox.email,
        identity=record_of(mailbox).identity,
        hash_digest=digest(mailbox.password),
        address=address,
        inviter=inviter,
        expires_at=now + VALID[purpose],
    )
    return token


def find_link(token: str, purpose: Purpose) -> tuple[OneTimeLink, Mailbox] | None:
    """The link of this token and its mailbox, if it still works; it is not used up by that.

    None if it has expired or was used, the mailbox is gone, suspended or somebody else's now, its
    domain was deleted or made since, its password has changed, or the operator who handed it out
    may not do so any more.
    """
    rows = OneTimeLink.objects.filter(digest=_digest(token), purpose=purpose)
    rows = rows.select_related("inviter")
    link = rows.filter(expires_at__gt=timezone.now()).first()
    if link is None:
        return None
    mailbox = Mailbox.objects.by_key(link.email)
    if mailbox is None or is_locked(mailbox.password):
        return None
    if record_of(mailbox).identity != link.identity:
        return None
    domain = domain_of(mailbox.email).lower()
    if Entry.objects.turns_since(domain, link.since).exists():
        return None
    if link.inviter is not None and not _may_invite(link.inviter, domain):
        return None
    return (link, mailbox) if digest(mailbox.password) == link.hash_digest else None


def _may_invite(inviter: User, domain: str) -> bool:
    return inviter.may_sign_in and inviter.is_operator and inviter.actor().may_touch(domain)


def use_up(link: OneTimeLink) -> bool:
    """Take the link out of the world; False if somebody else was quicker. In a transaction."""
    used, _by_model = OneTimeLink.objects.filter(pk=link.pk).delete()
    return used == 1


def forget_links(email: str, *purposes: Purpose) -> None:
    """The links of a mailbox for these purposes work no more."""
    OneTimeLink.objects.filter(email=email, purpose__in=purposes).delete()


def link_url(site: str, purpose: Purpose, token: str) -> str:
    """The whole address of a link, on a `site` as `site_of` gives it."""
    return f"{site}{reverse(PAGES[purpose])}?{urlencode({'token': token})}"


def site_of(request: HttpRequest) -> str:
    """`https://panel.example.org`, to begin a link with; "" where nobody has said what it is.

    From MAILADMIN_BASE_URL, else the request's host, but only one that ALLOWED_HOSTS names in so
    many words: with `*` a stranger could have links sent that lead to a host of his own.
    """
    base: str = settings.MAILADMIN.base_url
    if base:
        return base
    host = request.get_host()
    name = split_domain_port(host)[0]
    allowed = {one.lower() for one in settings.ALLOWED_HOSTS}
    return f"{request.scheme}://{host}" if name in allowed else ""


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
