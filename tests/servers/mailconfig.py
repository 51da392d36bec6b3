"""The configuration of a throw-away Postfix and Dovecot, around the files that `mailconfig` writes.

Those files are taken as they are, but for the ports that the submission services listen on.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from mailkit.configuration import Plan, configuration
from mailkit.dovecot.config import Version
from mailkit.postfix.config import render_main_cf
from mailkit.postfix.master import parse_main
from mailkit.serverfiles import DataSource
from mailkit.tables import Dialect
from tests.servers.database import Database
from tests.servers.debian_root import MailHost
from tests.servers.processes import free_port
from tests.servers.tls import certificate

QUEUES = ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming")
HOSTNAME = "mail.stack.test"
# The user and group number that `mailconfig` writes, of whom no name is needed here.
VMAIL = 5000

MASTER_CF = """\
127.0.0.1:{smtp} inet n - n - - smtpd -o max_use=1 -o smtpd_recipient_restrictions=
127.0.0.1:{access} inet n - n - - smtpd -o max_use=1
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
tlsmgr unix - - n 1000? 1 tlsmgr
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
    submissions: int
    imap: int
    pop3: int
    sink: int


def new_ports(sink: int) -> Ports:
    return Ports(*(free_port() for _ in range(6)), sink)


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


def plan_of(directory: Path, source: DataSource, version: str) -> Plan:
    """The plan of the files in `directory`/conf, for a stack in `directory`."""
    return Plan(
        source,
        directory=f"{directory}/conf",
        dovecot=Version(version),
        mail_root=f"{directory}/vmail",
        queue_directory=f"{directory}/queue",
    )


def write_product(plan: Plan) -> None:
    """The files that `mailconfig` writes."""
    for file in configuration(plan):
        path = Path(plan.directory) / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.text)
        # Both servers' processes read it as users of their own; this password protects nothing.
        path.chmod(0o644)


def write_postfix(directory: Path, ports: Ports, host: MailHost, main: dict[str, str]) -> None:
    """Queue directories and `directory`/etc; `main` goes over the settings of main.cf."""
    _make_queue(directory, host)
    config = directory / "etc"
    config.mkdir(exist_ok=True)
    product = directory / "conf" / "postfix"
    shutil.copy(certificate(HOSTNAME).chain, directory / "chain.pem")
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
        "smtpd_tls_cert_file": f"{directory}/chain.pem",
        "smtpd_tls_key_file": f"{directory}/chain.pem",
        **parse_main((product / "main.cf").read_text()),
        **main,
    }
    (config / "main.cf").write_text(render_main_cf(settings))
    services = (product / "master.cf").read_text()
    # An address is looked up anew for every mail.
    services = services.replace(" smtpd\n", " smtpd\n  -o max_use=1\n")
    for name, port in (("submission", ports.submission), ("submissions", ports.submissions)):
        services = services.replace(f"\n{name} inet", f"\n127.0.0.1:{port} inet")
    master = MASTER_CF.format(smtp=ports.smtp, access=ports.access)
    (config / "master.cf").write_text(master + services)
    (config / "dynamicmaps.cf").touch()
    make_old(config, product)


def make_old(*directories: Path) -> None:
    """Postfix waits until its files are 2 s old, lest it reads half-written ones."""
    old = time.time() - 60
    for directory in directories:
        for path in directory.glob("*.cf"):
            os.utime(path, (old, old))


def write_dovecot(directory: Path, ports: Ports, host: MailHost) -> None:
    """`directory`/dovecot.conf with what it includes, and the mail directory."""
    if host.dovecot == "2.3":
        head = "protocols = imap pop3 lmtp\n"
    else:
        head = (
            "dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0\n"
            "protocols {\n  imap = yes\n  pop3 = yes\n  lmtp = yes\n}\n"
        )
    include = f"!include {directory}/conf/dovecot/mailadmin.conf\n"
    text = head + _dovecot_common(directory, ports, host) + include
    (directory / "dovecot.conf").write_text(text)


def write_stock_dovecot(directory: Path, ports: Ports, host: MailHost) -> None:
    """The same around Debian's own dovecot.conf and conf.d, as the head of our file says."""
    stock = (host.root or Path("/")) / "etc" / "dovecot"
    conf_d = directory / "conf.d"
    shutil.copytree(stock / "conf.d", conf_d)
    ours = directory / "conf" / "dovecot" / "mailadmin.conf"
    for command in commands(ours, "sed "):
        here = command.replace("/etc/dovecot/conf.d", str(conf_d))
        subprocess.run(["sh", "-c", here], check=True)
    # No certificate for IMAP here.
    (conf_d / "10-ssl.conf").unlink()
    (conf_d / "99-mailadmin.conf").symlink_to(ours)
    (directory / "dovecot.conf").write_text((stock / "dovecot.conf").read_text())
    (directory / "local.conf").write_text(_dovecot_common(directory, ports, host))


def commands(path: Path, *programs: str) -> list[str]:
    """What the head of a file tells to type into a shell, of these programs."""
    lines = [line[1:].strip() for line in path.read_text().splitlines() if line.startswith("#  ")]
    return [line for line in lines if line.startswith(programs)]


def _dovecot_common(directory: Path, ports: Ports, host: MailHost) -> str:
    for name in ("run", "state", "vmail"):
        (directory / name).mkdir(exist_ok=True)
    os.chown(directory / "vmail", VMAIL, VMAIL)
    old = host.dovecot == "2.3"
    common = DOVECOT_COMMON.format(
        directory=directory,
        uid=VMAIL,
        imap=ports.imap,
        pop3=ports.pop3,
        address="    address = 127.0.0.1" if old else "    listen = 127.0.0.1",
    )
    return common + ("disable_plaintext_auth = no\n" if old else "auth_allow_cleartext = yes\n")


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
