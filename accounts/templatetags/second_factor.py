"""Template tags about somebody's second factor, for pages of operators."""

from __future__ import annotations

from django import template
from django.db.models import Q

from accounts.models import User

register = template.Library()


@register.simple_tag
def has_second_factor(username: str) -> bool:
    """Whether this operator or mailbox owner has one that an operator may have to reset."""
    people = User.objects.filter(username=username)
    return people.filter(Q(passkeys__isnull=False) | Q(authenticator__isnull=False)).exists()
