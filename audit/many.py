"""A change of many rows: what is refused is told by key, the others are done."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

Refusals = dict[str, ValidationError]


def one_by_one(keys: Iterable[str], service: Callable[[str], object]) -> Refusals:
    """Call the service of one row for each; what it refuses is taken back, and told by key.

    Within the transaction of whoever calls it.
    """
    refused: Refusals = {}
    for key in keys:
        try:
            with transaction.atomic():
                service(key)
        except ValidationError as error:
            refused[key] = error
        except PermissionDenied:
            refused[key] = not_yours()
        except ObjectDoesNotExist:
            refused[key] = gone()
    return refused


def not_yours() -> ValidationError:
    """The refusal of a row outside the actor's domains."""
    return ValidationError(_("This is not yours to change."), "outside_domains")


def gone() -> ValidationError:
    """The refusal of a row that is not there any more."""
    return ValidationError(_("It was deleted or renamed meanwhile."), "not_found")


def changed() -> ValidationError:
    """The refusal of a row that is not as the plan showed it."""
    words = _("Somebody changed it since the plan was made.")
    return ValidationError(words, "changed_meanwhile")
