"""The whole configuration of both mail servers as files, with heads that say how to install them.

A head also has a sum over the rest of the file: by it `mailconfig` knows a file again that it
wrote, and sees whether somebody has changed it since.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from mailkit.dovecot.config import MAIN_FILE as DOVECOT_FILE
from mailkit.dovecot.config import Settings as DovecotSettings
from mailkit.dovecot.config import Version, config_files
from mailkit.grants import reader_grants
from mailkit.postfix.config import (
    MAIN_FILE,
    MASTER_FILE,
    lookup_files,
    main_settings,
    render_main_cf,
    render_master_cf,
    submission_services,
)
from mailkit.postfix.config import Settings as PostfixSettings
from mailkit.postfix.lookups import LOOKUPS, MAP_TYPES
from mailkit.postfix.master import DEFAULT_DELIMITER, DEFAULT_VIRTUAL_TRANSPORT
from mailkit.serverfiles import ConfigFile, DataSource, check_path
from mailkit.tables import Dialect

GRANTS_FILE = "grants.sql"
_MADE_BY = (
    "Made by Mailadmin: `manage.py mailconfig` writes it anew, unless it was changed by hand."
)
# The line of a head with the sum over the rest.
SUM = re.compile(r"^(?:#|--) sum ([0-9a-f]{16})$", re.MULTILINE)
# Debian's names of what both servers need for each database.
_PACKAGES: Mapping[Dialect, str] = MappingProxyType(
    {dialect: f"postfix-{kind} dovecot-{kind}" for dialect, kind in MAP_TYPES.items()}
)


@dataclass(frozen=True)
class Plan:
    """What is wanted. `directory`: where the files lie when the servers read them.

    `clients` and `schema` as in `reader_grants`, `collations` as in `senders_query`.
    """

    source: DataSource
    directory: str
    dovecot: Version
    virtual_transport: str = DEFAULT_VIRTUAL_TRANSPORT
    recipient_delimiter: str = DEFAULT_DELIMITER
    mail_root: str = "/var/vmail"
    uid: int = 5000
    gid: int = 5000
    queue_directory: str = "/var/spool/postfix"
    clients: tuple[str, ...] = ()
    schema: str = "public"
    collations: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        check_path("directory", self.directory)
        check_path("queue_directory", self.queue_directory)


def configuration(plan: Plan) -> tuple[ConfigFile, ...]:
    """All files, their names relative to the directory, in the order of their installation.

    Raises ConfigError for a value that one of them cannot carry.
    """
    files = [*_grants(plan), *_postfix(plan), *_dovecot(plan)]
    return tuple(replace(file, text=_with_sum(file.text)) for file in files)


def is_ours(text: str) -> bool:
    """Whether a file begins as those do that are made here."""
    return _MADE_BY in "\n".join(text.split("\n")[:3]) and SUM.search(text) is not None


def is_unchanged(text: str) -> bool:
    """Whether a file of ours is as it was written."""
    found = SUM.search(text)
    return found is not None and found[1] == _sum_of(SUM.sub("", text, count=1))


def _grants(plan: Plan) -> list[ConfigFile]:
    statements = reader_grants(plan.source, plan.clients, plan.schema)
    if not statements:
        return []
    path = f"{plan.directory}/{GRANTS_FILE}"
    if plan.source.dialect is Dialect.MYSQL:
        run = [f"mysql < {path}"]
    else:
        # psql runs as another user, which may not read the file.
        run = [f"runuser -u postgres -- psql -v ON_ERROR_STOP=1 -d {plan.source.name} < {path}"]
    about = "The database user of Postfix and Dovecot: it reads the four tables and nothing else."
    return [ConfigFile(GRANTS_FILE, _head(about, *run, mark="--") + statements, secret=True)]


def _postfix(plan: Plan) -> list[ConfigFile]:
    settings = PostfixSettings(
        plan.source,
        directory=f"{plan.directory}/postfix",
        virtual_transport=plan.virtual_transport,
        recipient_delimiter=plan.recipient_delimiter,
        sasl_socket="private/auth",
        collations=plan.collations,
    )
    kind = MAP_TYPES[plan.source.dialect]
    about = {lookup.file_name: lookup.about for lookup in LOOKUPS}
    tables = []
    for file in lookup_files(settings):
        table = f"{kind}:{settings.directory}/{file.name}"
        head = _head(about[file.name], f"postmap -q KEY {table}", todo="Try it as root:")
        name = f"postfix/{file.name}"
        tables.append(replace(file, name=name, text=head + file.text))
    directory = settings.directory
    main = _head(
        "What main.cf needs for the virtual domains, and for those who sign in.",
        f"apt install {_PACKAGES[plan.source.dialect]}",
        # The dots: an empty value has nothing behind the =.
        f"grep '^[a-z]' {directory}/{MAIN_FILE} | xargs -d '\\n' postconf -e",
        "Where main.cf has smtpd_recipient_restrictions of yours, put them behind the one here.",
    )
    master = _head(
        "The services for mail programs: signed in, by TLS, and as nobody but themselves.",
        f"cat {directory}/{MASTER_FILE} >> /etc/postfix/master.cf",
        "Where master.cf has these services already, take them out there.",
        "Then: postfix check && postfix reload",
    )
    return [
        *tables,
        ConfigFile(f"postfix/{MAIN_FILE}", main + render_main_cf(main_settings(settings))),
        ConfigFile(f"postfix/{MASTER_FILE}", master + render_master_cf(submission_services())),
    ]


def _dovecot(plan: Plan) -> list[ConfigFile]:
    directory = f"{plan.directory}/dovecot"
    settings = DovecotSettings(
        plan.source,
        directory=directory,
        mail_root=plan.mail_root,
        uid=plan.uid,
        gid=plan.gid,
        lmtp_socket=f"{plan.queue_directory}/private/dovecot-lmtp",
        auth_socket=f"{plan.queue_directory}/private/auth",
        recipient_delimiter=plan.recipient_delimiter,
    )
    main, sql = config_files(settings, plan.dovecot)
    conf_d = "/etc/dovecot/conf.d"
    edits = [f"sed -i 's/^!include auth-system/#&/' {conf_d}/10-auth.conf"]
    if plan.dovecot is Version.V24:
        # Debian's line cuts the domain off.
        edits.append(f"sed -i 's/^ *auth_username_format/#&/' {conf_d}/20-lmtp.conf")
    head = _head(
        f"Dovecot {plan.dovecot.value}: who may sign in, where mail lies, Postfix's sockets.",
        f"groupadd -g {plan.gid} vmail",
        f"useradd -u {plan.uid} -g vmail -d {plan.mail_root} -s /usr/sbin/nologin vmail",
        f"install -d -o vmail -g vmail -m 0770 {plan.mail_root}",
        f"ln -s {directory}/{DOVECOT_FILE} {conf_d}/99-mailadmin.conf",
        *edits,
        "Then: doveconf -n > /dev/null && systemctl restart dovecot",
    )
    sql_head = _head(f"The database; {directory}/{DOVECOT_FILE} names this file.")
    return [
        replace(main, name=f"dovecot/{main.name}", text=head + main.text),
        replace(sql, name=f"dovecot/{sql.name}", text=sql_head + sql.text),
    ]


def _head(about: str, *run: str, mark: str = "#", todo: str = "Install it as root:") -> str:
    lines = [about, _MADE_BY, "sum", *([todo] if run else [])]
    lines += [f"  {line}" for line in run]
    return "".join(f"{mark} {line}\n" for line in lines) + "\n"


def _with_sum(text: str) -> str:
    start = re.search(r"^(#|--) sum\n", text, re.MULTILINE)
    assert start is not None  # noqa: S101 - _head has written it
    without = text[: start.start()] + "\n" + text[start.end() :]
    line = f"{start[1]} sum {_sum_of(without)}\n"
    return text[: start.start()] + line + text[start.end() :]


def _sum_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
