"""`serve`: `setup`, then gunicorn in this process's place. `make run` is this."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from audit.commands import explained
from mailadmin.setup import prepare


class Command(BaseCommand):
    help = "Make everything ready and serve the panel with gunicorn at HOST and PORT."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = os.environ.get("HOST") or "127.0.0.1", os.environ.get("PORT") or "8000"
        if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
            raise CommandError(f"PORT={port!r} is no port: a number from 1 to 65535.", returncode=2)
        with explained():
            prepare(self.stdout.write)
        bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self.stdout.write(f"Mailadmin answers at http://{bind}/ (stop it with Ctrl+C).")
        self.stdout.flush()
        gunicorn = str(Path(sys.executable).with_name("gunicorn"))
        config = str(settings.BASE_DIR / "deploy" / "gunicorn.conf.py")
        os.chdir(settings.BASE_DIR)
        os.execv(gunicorn, [gunicorn, "--config", config, "--bind", bind, "mailadmin.wsgi"])
