"""The configuration of a throw-away Postfix and Dovecot, around what the project renders itself."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from mailkit.dovecot.config import MAIN_FILE, Settings, Version, config_files
from mailkit.postfix.lookups import (
    ACCESS,
    access_settings,
    lookup_files,
    main_cf,
    map_name,
    render_main_cf,
    sasl_settings,
)
from mailkit.serverfiles import ConfigFile, DataSource
from mailkit.tables import Dialect
from tests.servers.database import Database
from tests.servers.debian_root import MailHost
from tests.servers.processes import free_port

QUEUES = ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming")
HOSTNAME = "mail.stack.test"

MASTER_CF = """\
127.0.0.1:{smtp} inet n - n - - smtpd -o max_use=1
127.0.0.1:{access} inet n - n - - smtpd -o max_use=1
{access_options}
127.0.0.1:{submission} inet n - n - - smtpd -o max_use=1
{submission_options}
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

DOVECOT_COMMON = """\
base_dir = {directory}/run
state_dir = {directory}/state
log_path = {directory}/dovecot.log
ssl = no
auth_failure_delay = 0
mail_fsync = never
first_valid_uid = {uid}
service imap-login {{
  inet_listener imap {{
{address}
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service pop3-login {{
  inet_listener pop3 {{
{address}
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = 0
  }}
}}
# Else logins wait after failed ones from the same address.
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""


@dataclass(frozen=True)
class Ports:
    """`access` is SMTP with the access table that refuses `error:` recipients at RCPT."""

    smtp: int
    access: int
    submission: int
    imap: int
    pop3: int
    sink: int


def new_ports(sink: int) -> Ports:
    return Ports(free_port(), free_port(), free_port(), free_port(), free_port(), sink)


def data_source(database: Database) -> DataSource:
    """A test's database as the mail servers' configuration names it."""
    return DataSource(
        Dialect(database.dialect),
        database.name,
        database.host,
        database.port,
        database.user,
        database.password,
    )


def write_postfix(
    directory: Path, source: DataSource, ports: Ports, host: MailHost, main: dict[str, str]
) -> None:
    """Queue directories and `directory`/etc; `main` goes over the settings of main.cf."""
    _make_queue(directory, host)
    config = directory / "etc"
    config.mkdir(exist_ok=True)
    tables = directory / "tables"
    tables.mkdir(exist_ok=True)
    _write(tables, lookup_files(source))
    settings = {
        "compatibility_level": "3.6",
        "queue_directory": f"{directory}/queue",
        "data_directory": f"{directory}/data",
        "maillog_file": f"{directory}/mail.log",
        "maillog_file_prefixes": str(directory),
        "myhostname": HOSTNAME,
        "mydestination": "",
        "local_recipient_maps": "",
        "alias_maps": "",
        "alias_database": "",
        "notify_classes": "",
        "smtputf8_enable": "no",
        # Nothing leaves this machine: all outbound mail goes to the sink.
        "inet_interfaces": "127.0.0.1",
        "inet_protocols": "ipv4",
        "smtp_dns_support_level": "disabled",
        "smtpd_peername_lookup": "no",
        "relayhost": f"[127.0.0.1]:{ports.sink}",
        # The client of the tests is a stranger.
        "mynetworks": "192.0.2.1/32",
        "smtpd_relay_restrictions": "permit_mynetworks, reject_unauth_destination",
        # No waiting after errors; what was put off is tried again when `flush` says so.
        "smtpd_error_sleep_time": "0",
        "minimal_backoff_time": "60s",
        **main_cf(source.dialect, str(tables)),
        # The access table is in master.cf only, where proxymap(8) does not see it.
        "proxy_read_maps": "$virtual_mailbox_domains $virtual_alias_maps $virtual_mailbox_maps"
        f" $transport_maps {map_name(ACCESS, source.dialect, str(tables))}",
        **main,
    }
    (config / "main.cf").write_text(render_main_cf(settings))
    (config / "master.cf").write_text(
        MASTER_CF.format(
            smtp=ports.smtp,
            access=ports.access,
            submission=ports.submission,
            access_options=_options(access_settings(source.dialect, str(tables))),
            submission_options=_options(sasl_settings()),
        )
    )
    (config / "dynamicmaps.cf").touch()
    make_old(config, tables)


def make_old(*directories: Path) -> None:
    """Postfix waits until its files are 2 s old, lest it reads half-written ones."""
    old = time.time() - 60
    for directory in directories:
        for path in directory.glob("*.cf"):
            os.utime(path, (old, old))


def write_dovecot(directory: Path, source: DataSource, ports: Ports, version: str) -> None:
    """`directory`/dovecot.conf with what it includes, and the mail directory."""
    settings = Settings(
        source,
        directory=str(directory),
        mail_root=f"{directory}/vmail",
        lmtp_socket=f"{directory}/queue/private/dovecot-lmtp",
        auth_socket=f"{directory}/queue/private/auth",
    )
    _write(directory, config_files(settings, Version(version)))
    for name in ("run", "state", "vmail"):
        (directory / name).mkdir(exist_ok=True)
    os.chown(directory / "vmail", settings.uid, settings.gid)
    old = version == "2.3"
    common = DOVECOT_COMMON.format(
        directory=directory,
        uid=settings.uid,
        imap=ports.imap,
        pop3=ports.pop3,
        address="    address = 127.0.0.1" if old else "    listen = 127.0.0.1",
    )
    if old:
        head = "protocols = imap pop3 lmtp\ndisable_plaintext_auth = no\n"
    else:
        head = (
            "dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0\n"
            "protocols {\n  imap = yes\n  pop3 = yes\n  lmtp = yes\n}\n"
            "auth_allow_cleartext = yes\n"
        )
    include = f"!include {directory}/{MAIN_FILE}\n"
    (directory / "dovecot.conf").write_text(head + common + include)


def _make_queue(directory: Path, host: MailHost) -> None:
    # What `postfix start` does by its shell script, which takes 2 s.
    queue = directory / "queue"
    postfix, postdrop = host.id_of("postfix"), host.id_of("postdrop", group=True)
    for name in ("", *QUEUES, "private", "pid", "saved", "maildrop", "public", "trace"):
        (queue / name).mkdir(exist_ok=True)
    for name in (*QUEUES, "private", "saved", "trace"):
        os.chown(queue / name, postfix, -1)
        (queue / name).chmod(0o700)
    for name, mode in (("maildrop", 0o1730), ("public", 0o2710)):
        os.chown(queue / name, postfix, postdrop)
        (queue / name).chmod(mode)
    data = directory / "data"
    data.mkdir(exist_ok=True)
    os.chown(data, postfix, -1)


def _options(settings: dict[str, str]) -> str:
    # master(5): a value with blanks stands in braces.
    return "\n".join(f"  -o {{ {name} = {value} }}" for name, value in settings.items())


def _write(directory: Path, files: tuple[ConfigFile, ...]) -> None:
    for file in files:
        path = directory / file.name
        path.write_text(file.text)
        # Both servers' processes read it as users of their own; this password protects nothing.
        path.chmod(0o644)
