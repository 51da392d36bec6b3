"""Template tags about somebody's second factor, for pages of operators."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.owners import shadow_of
from accounts.second_factor.state import factors_of
from mailboxes.models import Mailbox

register = template.Library()


@register.filter
def ago(time: datetime) -> str:
    """How long ago that was: "5 minutes ago", or "just now" below a minute."""
    if (timezone.now() - time).total_seconds() < 60:
        return str(_("just now"))
    return str(_("%(time)s ago") % {"time": timesince(time)})


@register.simple_tag
def has_second_factor(whose: User | Mailbox) -> bool:
    """Whether this operator or mailbox's owner has one that an operator may have to reset."""
    user = shadow_of(whose) if isinstance(whose, Mailbox) else whose
    return user is not None and factors_of(user).any
