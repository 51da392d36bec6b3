"""`serve`: `setup`, then gunicorn and one worker, until stopped. `make run` is this."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from audit.commands import explained
from mailadmin.setup import prepare
from mailadmin.side_by_side import SideBySide


class Command(BaseCommand):
    help = (
        "Make everything ready, serve the panel with gunicorn at HOST and PORT, and run a worker."
    )
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
        # Both open connections of their own.
        connections.close_all()
        server = [gunicorn, "--config", config, "--bind", bind, "mailadmin.wsgi"]
        worker = [sys.executable, "manage.py", "worker", "run", "--with-parent"]
        raise SystemExit(SideBySide(server, worker).run())
