"""gunicorn for the panel: a few processes, a few threads each; enough for two cores."""

from __future__ import annotations

worker_class = "gthread"
workers = 3
threads = 4
timeout = 60
graceful_timeout = 20
# Long enough for a slow phone, short enough to free a thread.
keepalive = 5
control_socket_disable = True
accesslog = None
errorlog = "-"
loglevel = "warning"
