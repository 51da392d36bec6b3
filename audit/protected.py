"""A text that is stored and never shown: former rows of the mail tables, hashes included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

HIDDEN = "(protected)"


class Protected:
    """What stands in a ProtectedField. Prints, formats and serialises as "(protected)".

    Pages, exports, logs and error pages get it through str() or repr(); json refuses it.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def open(self) -> str:
        """The text itself; only undo asks for it."""
        return self._text

    def __repr__(self) -> str:
        return HIDDEN

    def __str__(self) -> str:
        return HIDDEN

    def __reduce__(self) -> tuple[type[Protected], tuple[str]]:
        # Neither sessions nor caches may carry it.
        raise TypeError("a protected text is not to be pickled")


if TYPE_CHECKING:
    _TextField = models.TextField["Protected | None", "Protected | None"]
else:
    _TextField = models.TextField


class ProtectedField(_TextField):
    """A text column whose value is a Protected; left out of forms, admin and `dumpdata`."""

    # What django-stubs reads.
    _pyi_private_set_type: Protected | None  # type: ignore[assignment]
    _pyi_private_get_type: Protected | None  # type: ignore[assignment]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["editable"] = False
        kwargs["serialize"] = False
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """For migrations: the two settings above go without saying."""
        name, path, args, kwargs = super().deconstruct()
        del kwargs["editable"], kwargs["serialize"]
        return name, path, args, kwargs

    def from_db_value(self, value: str | None, *_: object) -> Protected | None:
        """Wrap what the database gives, also in `values()`."""
        return None if value is None else Protected(value)

    def get_prep_value(self, value: Any) -> Any:
        """Unwrap on the way to the database. Raises TypeError for a bare string."""
        if value is None:
            return None
        if not isinstance(value, Protected):
            raise TypeError("a protected column takes a Protected")
        return value.open()
