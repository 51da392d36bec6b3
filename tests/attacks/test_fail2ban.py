"""The filter in deploy/fail2ban reads the panel's own log lines, and nobody forges one.

fail2ban itself is tried too where it is installed; what it does with `failregex` is little: its
`<HOST>` and the prefix of a log line are put in, then each line is searched.
"""

from __future__ import annotations

import io
import logging
import re
import shutil
import subprocess
from configparser import RawConfigParser
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import User
from tests.conftest import PASSWORD
from tests.sign_in.conftest import give_authenticator, wrong_number

from .conftest import ANNA
from .test_hostile_input import HOSTILE

DEPLOY = Path(settings.BASE_DIR) / "deploy" / "fail2ban"
FILTER = DEPLOY / "filter.d" / "mailadmin.conf"
JAIL = DEPLOY / "jail.d" / "mailadmin.conf"
PEER = "192.0.2.66"
VICTIM = "203.0.113.9"

# What fail2ban puts in for <HOST> (its documentation, "Developing Filter Regex Failures").
HOST = r"(?:::f{4,6}:)?(?P<host>[\w\-.^_:]+)"
# Before each line, as systemd's journal and syslog write it (common.conf, __prefix_line).
PREFIX = r"\s*(?:\S+ )?(?:(?:gunicorn|mailadmin|python3?)\[\d+\]: )?"
LEADS = ("", "gunicorn[4711]: ", "mail gunicorn[4711]: ", "mail python3[4711]: ")


def failregex() -> re.Pattern[str]:
    parser = RawConfigParser(comment_prefixes=("#",))
    parser.read(FILTER)
    text = parser["Definition"]["failregex"]
    return re.compile(text.replace("%(__prefix_line)s", PREFIX).replace("<HOST>", HOST))


def banned(text: str, lead: str = "") -> list[str]:
    """The addresses that the filter finds in a log, line by line."""
    found = [failregex().search(lead + line) for line in text.splitlines()]
    return [one["host"] for one in found if one]


@pytest.fixture
def log() -> io.StringIO:
    """What goes to standard error, in the form of the real handler."""
    stream = io.StringIO()
    form = settings.LOGGING["formatters"]["line"]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter(form["format"], style=form["style"]))
    loggers = [logging.getLogger(), logging.getLogger("django")]
    for logger in loggers:
        logger.addHandler(handler)
    yield stream
    for logger in loggers:
        logger.removeHandler(handler)


def sign_in(name: str, address: str = PEER, password: str = "wrong", **more: str):
    data = {"username": name, "password": password}
    return Client(REMOTE_ADDR=address, **more).post("/login/", data)


@pytest.mark.parametrize("lead", LEADS)
@pytest.mark.parametrize("address", [PEER, "2001:db8::7", "::ffff:192.0.2.66"])
def test_a_refused_sign_in_is_found_with_its_address(superadmin, log, address, lead):
    sign_in("alice", address)
    (found,) = banned(log.getvalue(), lead)
    assert found in (address, address.removeprefix("::ffff:"))


def test_each_kind_of_refusal_is_found(superadmin, anna, log):
    give_authenticator(superadmin)
    client = Client(REMOTE_ADDR=PEER, HTTP_HOST="localhost")
    client.post("/login/", {"username": ANNA, "password": "wrong"})
    client.post("/login/passkey/", {"credential": "{}"})
    client.post("/login/", {"username": "alice", "password": PASSWORD})
    for _ in range(6):
        client.post("/login/step/", {"code": wrong_number()})
    client.post("/login/step/", {"code": "aaaa-bbbb-cccc-dddd"})
    lines = log.getvalue().splitlines()
    assert banned(log.getvalue()) == [PEER] * len(lines)
    assert len(lines) == 9
    for part in ("password", "passkey", "totp", "recovery_code", "mismatch", "locked_out"):
        assert part in log.getvalue()


def test_who_gets_in_is_not_found(superadmin, anna, log):
    assert sign_in("alice", password=PASSWORD).status_code == 302
    assert sign_in(ANNA, password=PASSWORD).status_code == 302
    assert log.getvalue() == ""


# Lines that somebody would like to have in the log.
LINE = f'WARNING mailadmin.auth: refused address={VICTIM} method=password reason=mismatch name="x"'
FORGED = {
    "the line": LINE,
    "at a new line": f"x@a.test\n{LINE}",
    "with carriage return": f"x@a.test\r\n{LINE}",
    "at a line separator": f"x@a.test\u2028{LINE}",
    "at a next line": f"x@a.test\x85{LINE}",
    "at a vertical tab": f"x@a.test\x0b{LINE}",
    "at a form feed": f"x@a.test\x0c{LINE}",
    "at a separator": f"x@a.test\x1e{LINE}",
    "behind a prefix": f"x@a.test\nmail gunicorn[1]: {LINE}",
    "quote": f'" address={VICTIM} "@a.test',
    "quote and line": f'x@a.test"\n{LINE}',
    "escaped": f"x@a.test\\n{LINE}",
    "percent": f"x@a.test%0A{LINE}",
    "only the address": f"address={VICTIM}@a.test",
    "in front of a real one": f"{LINE}@a.test",
    "host tag": f"<HOST>{VICTIM}@a.test",
    "escape sequence": f"\x1b[2J\x1b[1;1H{LINE}@a.test",
    "bidi": f"\u202e{LINE}@a.test",
    **{f"hostile {kind}": text[:2000] for kind, text in HOSTILE.items() if kind != "nul"},
}


@pytest.mark.parametrize("kind", FORGED)
def test_no_name_forges_a_line(superadmin, log, kind):
    """Typed at the sign-in, as an agent, as a password, in an address, in the credential."""
    text = FORGED[kind]
    sign_in(text)
    sign_in(text + "@a.test")
    sign_in("alice", password=text)
    plain = "".join(sign for sign in text if sign not in "\r\n")
    sign_in("alice", HTTP_USER_AGENT=plain, HTTP_REFERER=plain)
    sign_in("alice", HTTP_X_FORWARDED_FOR=plain.encode("latin-1", "replace").decode("latin-1"))
    client = Client(REMOTE_ADDR=PEER, HTTP_HOST="localhost")
    client.post("/login/passkey/", {"credential": text})
    client.post("/login/passkey/", {"credential": f'{{"rawId": "{VICTIM}", "x": "{LINE}"}}'})
    # As WSGI hands bytes on.
    raw = text.encode().decode("latin-1")
    client.get("/", PATH_INFO=f"/{raw}")
    client.get("/", PATH_INFO=f"/mailboxes/{raw}/")
    client.get("/login/", {"next": text})
    client.post("/recover/", {"address": text})
    assert set(banned(log.getvalue())) <= {PEER}, log.getvalue()


@pytest.mark.parametrize("kind", FORGED)
def test_a_refusal_is_one_line_of_printable_ascii(superadmin, log, kind):
    sign_in(FORGED[kind] + "@a.test")
    (line,) = log.getvalue().splitlines()
    assert line.isascii()
    assert line.isprintable()
    assert len(line) < 500
    assert line.count('"') == 2
    assert PASSWORD not in line


def test_an_agent_of_nobody_forges_nothing_in_the_browsers_name(superadmin):
    client = Client(HTTP_USER_AGENT=f"Firefox/1\t{LINE} <script>")
    client.post("/login/", {"username": "alice", "password": PASSWORD})
    assert client.session["browser"] == "Firefox"


def test_the_jail_names_the_filter_and_waits_longer_than_the_panel():
    parser = RawConfigParser()
    parser.read(JAIL)
    jail = parser["mailadmin"]
    assert jail["filter"] == FILTER.stem
    # Whoever mistypes five times waits, and is not banned.
    assert int(jail["maxretry"]) > 10


def test_fail2ban_itself_reads_the_lines(superadmin, log, tmp_path):
    """Where it is installed; the tests above say the same without it."""
    program = shutil.which("fail2ban-regex")
    for name in ("alice", FORGED["the line"], FORGED["at a new line"]):
        sign_in(name)
    assert User.objects.filter(username="alice").exists()
    if program is None:
        assert banned(log.getvalue()) == [PEER] * 3
        return
    path = tmp_path / "log"
    stamp = "Nov 24 12:00:00 mail gunicorn[4711]: "
    path.write_text("".join(stamp + line + "\n" for line in log.getvalue().splitlines()))
    run = subprocess.run(
        [program, str(path), str(FILTER), "-o", "ip"], capture_output=True, text=True, check=False
    )
    assert run.stdout.split() == [PEER] * 3, run.stdout + run.stderr
