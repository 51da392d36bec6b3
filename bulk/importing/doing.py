"""Carrying out rows one after the other: each is done, or says why not."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from domains.many import Refusals


def one_by_one(count: int, do: Callable[[int], object]) -> Refusals:
    """Call `do` with 0 to `count` - 1, each in a savepoint; the refusals by place."""
    refused: Refusals = {}
    for place in range(count):
        try:
            with transaction.atomic():
                do(place)
        except ValidationError as error:
            refused[place] = error
        except PermissionDenied:
            refused[place] = not_yours()
        except ObjectDoesNotExist:
            words = _("It was deleted or renamed meanwhile.")
            refused[place] = ValidationError({"__all__": [ValidationError(words, "not_found")]})
    return refused


def not_yours() -> ValidationError:
    """What a PermissionDenied says in a plan."""
    words = _("This is not yours to change.")
    return ValidationError({"__all__": [ValidationError(words, "outside_domains")]})
