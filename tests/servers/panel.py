"""A running panel: `manage.py setup`, then gunicorn on a free loopback port, over any database."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode

BASE_DIR = Path(__file__).resolve().parents[2]
PASSWORD = "a long enough secret 7"


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """Answers 302 as 302, so that a test sees it."""

    def redirect_request(self, *args: object, **kwargs: object) -> None:
        return None


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    location: str


class Visitor:
    """A browser without JavaScript: cookies, forms with their token, no redirects followed."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.jar = CookieJar()
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self.jar), NoRedirects()
        )

    def get(self, path: str) -> Answer:
        return self._answer(urllib.request.Request(self.base + path))

    def post(self, path: str, **fields: str) -> Answer:
        fields["csrfmiddlewaretoken"] = self.token()
        data = urlencode(fields).encode()
        return self._answer(urllib.request.Request(self.base + path, data))

    def token(self) -> str:
        for cookie in self.jar:
            if cookie.name == "csrftoken":
                return cookie.value or ""
        return ""

    def sign_in(self, username: str, password: str) -> Answer:
        self.get("/login/")
        return self.post("/login/", username=username, password=password)

    def _answer(self, request: urllib.request.Request) -> Answer:
        try:
            response = self.opener.open(request, timeout=60)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            text = response.read().decode("utf-8", "replace")
            return Answer(response.status, text, response.headers.get("Location") or "")


@dataclass
class Panel:
    """One panel over the database of `url`; `environ` goes on top of a clean environment.

    `wsgi`: the application that gunicorn serves.
    """

    url: str
    environ: dict[str, str] = field(default_factory=dict)
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    wsgi: str = "mailadmin.wsgi"

    def environment(self) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("MAILADMIN_") and name not in ("DEBUG", "DATABASE_URL")
        }
        return {
            **kept,
            "DATABASE_URL": self.url,
            "SECRET_KEY": "tests only",
            "MAILADMIN_ADMIN_PASSWORD": PASSWORD,
            "MAILADMIN_PASSWORD_COST": "5000",
            **self.environ,
        }

    def manage(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=BASE_DIR,
            env=self.environment(),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def start(self) -> Panel:
        done = self.manage("setup")
        assert done.returncode == 0, done.stdout + done.stderr
        return self.serve()

    def serve(self) -> Panel:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "gunicorn",
                "--config",
                "deploy/gunicorn.conf.py",
                "--bind",
                f"127.0.0.1:{self.port}",
                self.wsgi,
            ],
            cwd=BASE_DIR,
            env=self.environment(),
        )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"{self.base}/healthz", timeout=5).close()
            except urllib.error.HTTPError:
                return self
            except OSError:
                assert self.process.poll() is None, "gunicorn has stopped"
                time.sleep(0.1)
            else:
                return self
        self.stop()
        raise AssertionError("the panel does not answer")

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def visitor(self, username: str = "", password: str = PASSWORD) -> Visitor:
        visitor = Visitor(self.base)
        if username:
            answer = visitor.sign_in(username, password)
            assert answer.status == 302, re.sub(r"<[^>]*>", " ", answer.text)[:2000]
        return visitor

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)

    def __enter__(self) -> Panel:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
