"""A bundle that the doctor has nothing against, over an SQLite file, and edits that break it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mailkit import tables
from mailkit.doctor import Examination, Panel, examine, parse_bundle
from mailkit.dovecot.config import MAIN_FILE, SQL_FILE, Settings, Version, config_files
from mailkit.postfix.config import Settings as PostfixSettings
from mailkit.postfix.config import lookup_files, main_settings, render_main_cf
from mailkit.serverfiles import DataSource
from mailkit.tables import Dialect

MAPS = "/etc/postfix/sql"
SQL_CONF = f"/etc/dovecot/mailadmin/{SQL_FILE}"
DES = "rl0uE0wO1zY3Y"
SHA512 = "$6$rounds=5000$abcdefgh$" + "x" * 86
ROWS = (
    "INSERT INTO domains VALUES ('a.test')",
    "INSERT INTO users (email, password) VALUES ('u@a.test', '{PLAIN}secret')",
    "INSERT INTO forwardings VALUES ('f@a.test', 'u@a.test'), ('@a.test', 'u@a.test')",
    "INSERT INTO transport VALUES ('far.test', 'smtp:[192.0.2.1]')",
)
MASTER = """\
smtp       inet  n       -       y       -       -       smtpd
submission inet  n       -       y       -       -       smtpd
    -o smtpd_sasl_auth_enable=yes
proxymap   unix  -       -       n       -       -       proxymap
smtp       unix  -       -       y       -       -       smtp
lmtp       unix  -       -       y       -       -       lmtp
virtual    unix  -       n       n       -       -       virtual
dovecot    unix  -       n       n       -       -       pipe
    flags=DRhu user=vmail:vmail argv=/usr/lib/dovecot/dovecot-lda -d ${recipient}
"""
IDS = """\
uid=103(postfix) gid=106(postfix) groups=106(postfix)
uid=104(dovecot) gid=108(dovecot) groups=108(dovecot)
"""


@dataclass
class World:
    """Sections to break, and the database; `examine()` judges them as one pasted text."""

    path: Path
    dovecot: str = "2.3"
    sections: dict[str, str] = field(default_factory=dict)
    delimiter: str | None = None
    # What the servers' files name, where that is not the file here.
    source: DataSource | None = None

    def __post_init__(self) -> None:
        self.connection = sqlite3.connect(self.path, isolation_level=None)
        self.sql("PRAGMA synchronous = OFF", "PRAGMA journal_mode = WAL")
        tables.create(self.connection, "sqlite")
        self.sql(*ROWS)
        source = self.source or DataSource(Dialect.SQLITE, str(self.path))
        settings = Settings(source)
        postfix = PostfixSettings(source, directory=MAPS)
        files = {one.name: one.text for one in config_files(settings, Version(self.dovecot))}
        main = {"mydestination": "mail.a.test, localhost", **main_settings(postfix)}
        protocols = "protocols = imap lmtp\n"
        if self.dovecot == "2.4":
            protocols = "protocols {\n  imap = yes\n  lmtp = yes\n}\n" + files[SQL_FILE]
        self.sections = {
            "postconf -n": render_main_cf(main),
            "postconf -x": "mail_version = 3.7.11\n",
            "postconf -M": MASTER,
            "postconf -P": "submission/inet/smtpd_sasl_auth_enable = yes\n",
            **{f"{MAPS}/{one.name}": one.text for one in lookup_files(postfix)},
            "dovecot --version": f"{self.dovecot}.1 (abc)\n",
            "doveconf -n": protocols + files[MAIN_FILE],
            SQL_CONF: files[SQL_FILE],
            "id": IDS,
            "stat": f"660 root postfix {self.path}\n770 root postfix {self.path.parent}\n",
        }

    def sql(self, *statements: str) -> None:
        for one in statements:
            self.connection.execute(one)

    @property
    def text(self) -> str:
        return "".join(f"==> {name} <==\n{text}\n" for name, text in self.sections.items())

    def examine(self) -> Examination:
        panel = Panel(self.connection, Dialect.SQLITE, str(self.path), delimiter=self.delimiter)
        return examine(parse_bundle(self.text), panel)

    def codes(self) -> list[str]:
        return [one.code.value for one in self.examine().findings]


Edit = Callable[[World], object]


def edit(section: str, old: str, new: str) -> Edit:
    """Put `new` in place of `old` in a section."""

    def change(world: World) -> None:
        text = world.sections[section]
        assert old in text, f"{section} has no {old}: {text}"
        world.sections[section] = text.replace(old, new)

    return change


def main(name: str, value: str) -> Edit:
    """Set a parameter of main.cf."""

    def change(world: World) -> None:
        lines = world.sections["postconf -n"].splitlines()
        kept = [line for line in lines if not line.startswith(f"{name} =")]
        world.sections["postconf -n"] = "\n".join([*kept, f"{name} = {value}"])

    return change


def unset(name: str) -> Edit:
    """Take a parameter out of main.cf."""

    def change(world: World) -> None:
        lines = world.sections["postconf -n"].splitlines()
        kept = [line for line in lines if not line.startswith(f"{name} =")]
        world.sections["postconf -n"] = "\n".join(kept)

    return change


def dovecot(line: str) -> Edit:
    """Add a line to Dovecot's configuration."""

    def change(world: World) -> None:
        world.sections["doveconf -n"] += f"\n{line}\n"

    return change


def query(lookup: str, sql: str) -> Edit:
    """Write another query into a lookup table's file."""

    def change(world: World) -> None:
        name = f"{MAPS}/{lookup}.cf"
        kept = world.sections[name].split("query =")[0]
        world.sections[name] = f"{kept}query = {sql}\n" if sql else kept

    return change


def password_query(sql: str) -> Edit:
    """The same for Dovecot 2.3."""

    def change(world: World) -> None:
        kept = world.sections[SQL_CONF].split("password_query =")[0]
        world.sections[SQL_CONF] = f"{kept}password_query = {sql}\n" if sql else kept

    return change


def section(name: str, text: str) -> Edit:
    """A section as a whole."""
    return lambda world: world.sections.__setitem__(name, text)


def without(name: str) -> Edit:
    """A section that is not there."""
    return lambda world: world.sections.pop(name)


def sql(*statements: str) -> Edit:
    """Change rows."""
    return lambda world: world.sql(*statements)
