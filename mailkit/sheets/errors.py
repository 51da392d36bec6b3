"""What makes a file unreadable."""

from __future__ import annotations

CODES = (
    "file.empty",
    "file.binary",
    "file.old_excel",
    "file.encoding",
    "file.ragged",
    "file.quotes",
    "file.too_long",
    "file.formula",
    "file.cell_error",
    "file.xlsx",
    "file.zip_bomb",
    "file.too_many_texts",
    "file.far",
    "file.json",
    "file.json_shape",
    "file.json_value",
    "file.duplicate_column",
    "file.no_header",
    "file.no_password",
    "file.no_such_column",
    "file.unknown_columns",
)


class SheetError(ValueError):
    """The file cannot be read. `code` is one of CODES; `line` from 1, 0 where there is none."""

    def __init__(self, code: str, line: int = 0, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.line = line
        self.params = params
