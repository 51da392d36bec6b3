"""Template tags about mailbox owners, for pages of other apps too."""

from __future__ import annotations

from typing import Any

from django import template
from django.conf import settings

from accounts.owners import factors_suspended, shadow_of
from mailboxes.models import Mailbox

register = template.Library()


@register.simple_tag
def owner_is_suspended(mailbox: Mailbox) -> bool:
    """Whether this mailbox's owner has a second factor or recovery address that waits for a word.

    An owner who never signed in has nothing that could.
    """
    user = shadow_of(mailbox)
    return user is not None and factors_suspended(user)


@register.inclusion_tag("accounts/account/_client_settings.html")
def client_settings(email: str, *, operator: bool = False) -> dict[str, Any]:
    """What to type into a mail program; `operator`: for one who can set what is missing."""
    return {"email": email, "server": settings.MAILADMIN.mail_hostname, "operator": operator}
