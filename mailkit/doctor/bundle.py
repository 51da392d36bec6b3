"""What was read of the two servers: the output of their programs and the files that it names.

Either from this machine (mailkit.doctor.collect) or from one text, made by `shell_command` where
the servers run: sections that begin with a line `==> name <==`, as head(1) and tail(1) write.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from mailkit.doctor.findings import Unread
from mailkit.doctor.secrets import SED, without_secrets

# The names of the sections that are not files.
POSTCONF = "postconf -n"
POSTCONF_VALUES = "postconf -x"
POSTCONF_MASTER = "postconf -M"
POSTCONF_OPTIONS = "postconf -P"
DOVECONF = "doveconf -n"
DOVECOT_VERSION = "dovecot --version"
STAT = "stat"
IDS = "id"
POSTMAP = "postmap -q"
# A key that no table has: what is asked is only whether Postfix gets through to its database.
NO_KEY = "no-such-address@mailadmin-doctor.invalid"
# Asked for by name, since `postconf -n` has only what main.cf sets.
PARAMETERS = (
    "mail_version",
    "mail_owner",
    "queue_directory",
    "mydestination",
    "proxy_read_maps",
    "recipient_delimiter",
    "transport_maps",
    "virtual_alias_domains",
    "virtual_alias_maps",
    "virtual_mailbox_domains",
    "virtual_mailbox_maps",
    "virtual_transport",
)
LARGEST = 1_000_000
MOST_SECTIONS = 300
_HEADING = re.compile(r"^==> ([^\n]{1,300}?) <==[ \t]*$", re.MULTILINE)
_SAID = re.compile(
    r"^(?:\S*/)?(?:cat|stat|id|timeout|sh|bash|-bash|dash|postconf|postmap|doveconf|dovecot)"
    r"(?:\[\d+\])?: .*$",
    re.MULTILINE,
)


class BundleError(ValueError):
    """The text is no bundle; `code` is `bundle.too_large` or `bundle.no_sections`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Bundle:
    """`sections`: what was read, by name, without passwords. `here`: from this machine."""

    sections: Mapping[str, str]
    unread: tuple[Unread, ...] = ()
    here: bool = False

    def text(self, name: str) -> str:
        """A section, "" where there is none."""
        return self.sections.get(name, "")

    def has(self, name: str) -> bool:
        """Whether it was read."""
        return name in self.sections

    @property
    def has_postfix(self) -> bool:
        """Whether there is anything of Postfix to judge."""
        return POSTCONF in self.sections

    @property
    def has_dovecot(self) -> bool:
        """Whether there is anything of Dovecot to judge."""
        return DOVECONF in self.sections


@dataclass
class Sections:
    """Sections as they are gathered: a part that only says why it cannot be read is `unread`."""

    read: dict[str, str] = field(default_factory=dict)
    unread: list[Unread] = field(default_factory=list)

    def add(self, name: str, text: str) -> None:
        """What a program printed, or a file's text. What it says on its errors may be within."""
        text = without_secrets(text)
        if name.startswith(POSTMAP):
            self.read[name] = text.strip()
            return
        rest = _SAID.sub("", text).strip("\n")
        said = _SAID.search(text)
        if not rest.strip() and said and name not in (STAT, IDS):
            self.unread.append(Unread(name, said.group().strip()[:500]))
            return
        self.read[name] = rest

    def bundle(self, *, here: bool) -> Bundle:
        """All of it, complete."""
        unread = [one for one in self.unread if one.name not in self.read]
        return Bundle(dict(self.read), tuple(unread), here)


def parse_bundle(text: str) -> Bundle:
    """Take a pasted text apart. Raises BundleError; whatever else is in it does no harm."""
    if len(text) > LARGEST:
        raise BundleError("bundle.too_large")
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    headings = list(_HEADING.finditer(text))[:MOST_SECTIONS]
    found = Sections()
    for number, heading in enumerate(headings):
        end = headings[number + 1].start() if number + 1 < len(headings) else len(text)
        found.add(heading[1].strip(), text[heading.end() : end].strip("\n"))
    for name in (POSTCONF, DOVECONF):
        if name not in found.read and all(one.name != name for one in found.unread):
            found.unread.append(Unread(name, ""))
    bundle = found.bundle(here=False)
    if not (bundle.has_postfix or bundle.has_dovecot) and not headings:
        raise BundleError("bundle.no_sections")
    return bundle


def shell_command(postfix: str = "/etc/postfix", dovecot: str = "/etc/dovecot/dovecot.conf") -> str:
    """What to run as root where the servers are: prints the bundle, without passwords.

    It only looks: postconf, doveconf, cat, stat, id, and a lookup of an address that nobody has.
    """
    p, d = shlex.quote(postfix), shlex.quote(dovecot)
    parameters = " ".join(PARAMETERS)
    sed = SED.replace("'", "'\\''")
    return f"""\
( part() {{ printf '\\n==> %s <==\\n' "$1"; }}
PATH="$PATH:/usr/sbin:/usr/bin"
part '{POSTCONF}'; postconf -c {p} -n
part '{POSTCONF_VALUES}'; postconf -c {p} -x {parameters}
part '{POSTCONF_MASTER}'; postconf -c {p} -M
part '{POSTCONF_OPTIONS}'; postconf -c {p} -P
for map in $( (postconf -c {p} -x -n; postconf -c {p} -P) 2>/dev/null |
    grep -oE '(mysql|pgsql|sqlite):/[^ ,{{}}]+' | sort -u); do
  part "${{map#*:}}"; cat "${{map#*:}}"
  part "{POSTMAP} $map"; timeout 10 postmap -c {p} -q {NO_KEY} "$map"
done
part '{DOVECOT_VERSION}'; dovecot --version
part '{DOVECONF}'; doveconf -c {d} -n
for file in $(doveconf -c {d} -n 2>/dev/null | sed -nE 's,^ *args = (/[^ ]+)$,\\1,p' | sort -u); do
  part "$file"; cat "$file"
done
part {IDS}; id "$(postconf -c {p} -h mail_owner)"; id dovecot
part {STAT}
for file in $( (postconf -c {p} -x -n | grep -oE 'sqlite:/[^ ,{{}}]+' | cut -d: -f2 | sort -u |
    xargs -r sed -nE 's,^ *dbpath *= *,,p'; doveconf -c {d} -n |
    sed -nE 's,^ *sqlite_path = ,,p') 2>/dev/null | sort -u); do
  stat -c '%a %U %G %n' "$file" "$file-wal" "$file-shm" "$(dirname "$file")"
done ) 2>&1 | sed -E '{sed}'
"""
