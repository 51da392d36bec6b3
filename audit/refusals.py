"""How a service says no: refused for good, or refused until somebody confirms a warning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError

FieldErrors = dict[str, list[ValidationError]]


class Refused(ValidationError):
    """The change is not made. `error_dict` says which field, code and words."""


class NeedsConfirmation(ValidationError):
    """The change is not made unless it comes again with `force`; only warnings stand in its way."""


class ChangedMeanwhile(Refused):
    """The row is no longer as the form showed it; `current` is what stands there now."""

    def __init__(self, message: Any, current: Mapping[str, str]) -> None:
        super().__init__({"__all__": [ValidationError(message, code="changed_meanwhile")]})
        self.current = dict(current)


class Findings:
    """Collects what speaks against a change; `settle` raises if anything does."""

    def __init__(self) -> None:
        self.refusals: FieldErrors = {}
        self.warnings: FieldErrors = {}

    def refuse(self, field: str, code: str, message: Any, **params: Any) -> None:
        """Something that no confirmation lifts."""
        self.refusals.setdefault(field, []).append(ValidationError(message, code, params or None))

    def warn(self, field: str, code: str, message: Any, **params: Any) -> None:
        """Something that is done all the same once it is confirmed."""
        self.warnings.setdefault(field, []).append(ValidationError(message, code, params or None))

    def settle(self, *, force: bool) -> None:
        """Raise Refused, or NeedsConfirmation if only warnings are there and `force` is not set."""
        if self.refusals:
            # Somebody who mends a refusal wants to see the warnings in the same go.
            merged = {name: list(errors) for name, errors in self.refusals.items()}
            for name, errors in self.warnings.items():
                merged.setdefault(name, []).extend(errors)
            raise Refused(merged)
        if self.warnings and not force:
            raise NeedsConfirmation(self.warnings)


def codes_of(error: ValidationError) -> list[str]:
    """Every code in a refusal, in order, for callers that speak in codes (API, tests)."""
    found: list[str] = []
    for errors in _by_field(error).values():
        found += [str(one.code) for one in errors]
    return found


def _by_field(error: ValidationError) -> FieldErrors:
    if hasattr(error, "error_dict"):
        return dict(error.error_dict)
    return {"__all__": list(error.error_list)}
