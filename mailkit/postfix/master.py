"""What an installed Postfix is set to: the services of master.cf and a few settings of main.cf."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

# Postfix's delivery agents: what a service's command takes as nexthop follows from its kind.
_AGENTS = {"smtp", "lmtp", "error", "discard", "local", "virtual", "pipe"}

# Debian's master.cf, as far as a transport may name it.
DEBIAN_SERVICES: Mapping[str, str] = {
    "smtp": "smtp",
    "relay": "smtp",
    "error": "error",
    "retry": "retry",
    "discard": "discard",
    "local": "local",
    "virtual": "virtual",
    "lmtp": "lmtp",
    "maildrop": "pipe",
    "uucp": "pipe",
    "ifmail": "pipe",
    "bsmtp": "pipe",
    "scalemail-backend": "pipe",
    "mailman": "pipe",
}
DEFAULT_VIRTUAL_TRANSPORT = "lmtp:unix:private/dovecot-lmtp"
DEFAULT_DELIMITER = "+"
# The parameters that are read, with Postfix's own defaults.
_PARAMETERS = {
    "virtual_transport": "virtual",
    "relayhost": "",
    "mydestination": "$myhostname, localhost.$mydomain, localhost",
    "myorigin": "$myhostname",
    "recipient_delimiter": "",
    "default_transport": "smtp",
    "local_transport": "local:$myhostname",
    "virtual_alias_domains": "$virtual_alias_maps",
    "smtpd_recipient_restrictions": "",
}
# The lookup table `access` of mailkit.postfix.lookups, in check_recipient_access.
_ACCESS = re.compile(r"check_recipient_access\s+\S+/access\.cf(?![^\s,])")
_REFERENCE = re.compile(r"\$(?:(\w+)|\{(\w+)\}|\((\w+)\))")
POSTCONF_SECONDS = 10


@dataclass(frozen=True)
class Settings:
    """`services`: name to kind; `readable`: False where the contract's defaults stand in.

    `alias_domains_in_maps`: virtual_alias_domains is virtual_alias_maps, as it is by default, so
    that a forwarding whose source is a bare domain makes that domain one. `mailbox_delimiter` is
    Dovecot's recipient_delimiter, which Dovecot cuts at for itself; its default.
    `refuses_error_rows`: the lookup table `access` refuses `error:` transports at RCPT.
    """

    virtual_transport: str = DEFAULT_VIRTUAL_TRANSPORT
    relayhost: str = ""
    mydestination: tuple[str, ...] = ()
    myorigin: str = ""
    recipient_delimiter: str = DEFAULT_DELIMITER
    services: Mapping[str, str] = field(default_factory=lambda: dict(DEBIAN_SERVICES))
    readable: bool = False
    default_transport: str = "smtp"
    local_transport: str = "local"
    virtual_alias_domains: tuple[str, ...] = ()
    alias_domains_in_maps: bool = True
    mailbox_delimiter: str = DEFAULT_DELIMITER
    refuses_error_rows: bool = False


def parse_master(text: str) -> dict[str, str]:
    """{service: kind} of the services in a master.cf that a transport may name. master(5).

    The kind is the delivery agent: `smtp`, `lmtp`, `pipe`, `error`, `retry`, `discard`, `local`,
    `virtual`.
    """
    services: dict[str, str] = {}
    for line in _logical_lines(text):
        fields = line.split()
        # service type private unpriv chroot wakeup maxproc command args...
        if len(fields) < 8 or fields[1] not in ("unix", "fifo") or fields[2] == "n":
            continue
        name, agent = fields[0], fields[7].rpartition("/")[2]
        if agent not in _AGENTS:
            continue
        if agent != "error":
            services[name] = agent
        elif name in ("error", "retry"):
            # error(8) goes by the service's name, and dies of any other.
            services[name] = name
    return services


def parse_main(text: str) -> dict[str, str]:
    """{parameter: value} of a main.cf, with other parameters still as $name. postconf(5)."""
    pairs = (line.partition("=") for line in _logical_lines(text))
    return {name.strip(): value.strip() for name, equals, value in pairs if equals}


def _logical_lines(text: str) -> list[str]:
    # A line that begins with white space continues the one before; comments do not end it.
    lines: list[str] = []
    for line in text.split("\n"):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line[0].isspace() and lines:
            lines[-1] += " " + line.strip()
        else:
            lines.append(line.strip())
    return lines


def read_settings(directory: Path) -> Settings:
    """The settings of the Postfix whose configuration lies here, as `postconf -c` sees it.

    Without postconf (a copy of the configuration on another machine) main.cf is read as text.
    Where nothing can be read, the contract's defaults.
    """
    services = parse_master(_read(directory / "master.cf")) or dict(DEBIAN_SERVICES)
    main = _read(directory / "main.cf")
    if not main:
        return Settings(services=services)
    values = _postconf(directory) or _expanded(parse_main(main))
    alias_domains = _words(values["virtual_alias_domains"])
    return Settings(
        virtual_transport=values["virtual_transport"],
        relayhost=values["relayhost"],
        mydestination=_words(values["mydestination"]),
        myorigin=_origin(values["myorigin"]),
        recipient_delimiter=values["recipient_delimiter"],
        services=services,
        readable=True,
        default_transport=values["default_transport"],
        local_transport=values["local_transport"],
        virtual_alias_domains=tuple(one for one in alias_domains if ":" not in one),
        alias_domains_in_maps=any(":" in one for one in alias_domains),
        refuses_error_rows=bool(_ACCESS.search(values["smtpd_recipient_restrictions"])),
    )


def _words(value: str) -> tuple[str, ...]:
    return tuple(one.lower() for one in re.split(r"[,\s]+", value) if one)


def _origin(value: str) -> str:
    # Debian's main.cf says /etc/mailname: the first line of that file.
    if not value.startswith("/"):
        return value
    return next((line.strip() for line in _read(Path(value)).splitlines()), "")


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def _postconf(directory: Path) -> dict[str, str] | None:
    postconf = shutil.which("postconf") or shutil.which("postconf", path="/usr/sbin")
    if postconf is None:
        return None
    try:
        done = subprocess.run(
            [postconf, "-x", "-c", str(directory), *_PARAMETERS],
            capture_output=True,
            text=True,
            timeout=POSTCONF_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = parse_main(done.stdout)
    return found if done.returncode == 0 and found.keys() >= _PARAMETERS.keys() else None


def _expanded(written: Mapping[str, str]) -> dict[str, str]:
    values = {**_PARAMETERS, **written}
    values.setdefault("mydomain", values.get("myhostname", "").partition(".")[2])

    def expand(text: str, depth: int) -> str:
        # Ten levels: main.cf may refer to itself.
        if depth == 0:
            return ""
        return _REFERENCE.sub(
            lambda found: expand(values.get(found[1] or found[2] or found[3], ""), depth - 1), text
        )

    return {name: expand(values[name], 10).strip() for name in _PARAMETERS}
