"""Signing in: operators against `mailadmin_user`, mailbox owners against `users`."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

from accounts.models import Kind, User
from accounts.owners import is_still_owner, owner_of
from audit.actor import Actor, ActorKind
from mailboxes.models import Mailbox
from mailboxes.services.rehash import rehash_password
from mailkit.addresses import lowered
from mailkit.passwords import is_locked, verify, verify_dummy


class _Backend(BaseBackend):
    kind: Kind

    def get_user(self, user_id: Any) -> User | None:
        """The person of a session at each request, or None once he may no longer sign in."""
        user = User.objects.filter(pk=user_id, kind=self.kind).first()
        return user if user is not None and user.may_sign_in else None


class OperatorBackend(_Backend):
    """Names without an @."""

    kind = Kind.OPERATOR

    def authenticate(
        self, request: HttpRequest | None, username: str = "", password: str = "", **_: Any
    ) -> User | None:
        if not username or "@" in username:
            return None
        name = lowered(username.strip())
        user = User.objects.filter(username=name, kind=self.kind).first()
        # A collation may find `alice` for `álice` too, whose failures are counted by themselves.
        if user is None or user.username != name:
            make_password(password)  # as long as a known name takes
            return None
        if user.check_password(password) and user.may_sign_in:
            return user
        return None


class MailboxOwnerBackend(_Backend):
    """Addresses; the password is the mailbox's own."""

    kind = Kind.MAILBOX_OWNER

    def authenticate(
        self, request: HttpRequest | None, username: str = "", password: str = "", **_: Any
    ) -> User | None:
        if "@" not in username:
            return None
        mailbox = Mailbox.objects.by_key(lowered(username.strip()))
        if mailbox is None or not mailbox.password or is_locked(mailbox.password):
            config = settings.MAILADMIN
            verify_dummy(config.password_scheme, config.password_cost)
            return None
        if not verify(password, mailbox.password):
            return None
        address = request.META.get("REMOTE_ADDR", "") if request is not None else ""
        actor = Actor(ActorKind.MAILBOX_OWNER, mailbox.email, address)
        return owner_of(rehash_password(actor=actor, mailbox=mailbox, password=password))

    def get_user(self, user_id: Any) -> User | None:
        """As for everybody; and the mailbox must still be the one he signed in to."""
        user = User.objects.filter(pk=user_id, kind=self.kind).first()
        return user if user is not None and is_still_owner(user) and user.may_sign_in else None
