"""The WSGI application that gunicorn serves."""

from __future__ import annotations

import os
import sys

from django.core.wsgi import get_wsgi_application

from mailadmin.config_error import ConfigError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailadmin.settings")

try:
    application = get_wsgi_application()
except ConfigError as error:
    print(f"mailadmin: {error}", file=sys.stderr)
    # gunicorn's code for "the application cannot be loaded": it stops and starts no new worker.
    raise SystemExit(4) from None
