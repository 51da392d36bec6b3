"""For each code of `check`, on each database that can have it: what makes it, what does not."""

from __future__ import annotations

from tests.mailkit.tables.cases_rows import ROW_CASES
from tests.mailkit.tables.cases_settings import SETTING_CASES
from tests.mailkit.tables.cases_tables import TABLE_CASES

CASES = (*TABLE_CASES, *SETTING_CASES, *ROW_CASES)
