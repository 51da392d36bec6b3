"""The state a form was opened with: a keyed digest of the row, so that two tabs cannot overwrite
each other unseen. It tells nothing of the row itself, hashes included.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from django.utils.crypto import salted_hmac


def state_of(row: Mapping[str, str | None]) -> str:
    """32 hexadecimal digits for a row's values; equal only for equal rows."""
    text = json.dumps(dict(row), sort_keys=True)
    return salted_hmac("mailadmin.form.state", text, algorithm="sha256").hexdigest()[:32]
