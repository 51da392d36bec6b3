#!/usr/bin/env python3
"""Django's command line; a wrong environment value ends with a message, not a traceback."""

from __future__ import annotations

import os
import sys


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailadmin.settings")
    from django.core.management import execute_from_command_line  # noqa: PLC0415

    from mailadmin.config_error import ConfigError  # noqa: PLC0415

    try:
        execute_from_command_line(sys.argv)
    except ConfigError as error:
        print(f"mailadmin: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
