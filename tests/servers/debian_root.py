"""Postfix and Dovecot of another Debian release, in a directory made by debootstrap.

Debian 12 has Postfix 3.7 and Dovecot 2.3, Debian 13 Postfix 3.10 and Dovecot 2.4. The release that
the machine does not have is fetched once, about 300 MB, from the mirror that apt is set up with.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.servers.cache import build_once
from tests.servers.processes import ServerError, find_program

RELEASES = {"2.3": "bookworm", "2.4": "trixie"}
PACKAGES = (
    "postfix",
    "postfix-mysql",
    "postfix-pgsql",
    "postfix-sqlite",
    "dovecot-core",
    "dovecot-imapd",
    "dovecot-pop3d",
    "dovecot-lmtpd",
    "dovecot-mysql",
    "dovecot-pgsql",
    "dovecot-sqlite",
)
# What debootstrap says where the mirror cannot be reached.
NO_MIRROR = "Failed getting release file"
# Everything the servers write goes below the bound directories; what little they keep elsewhere
# (pid files, /var/lib/dovecot) goes to memory, so that the cached root stays as it was made.
_ENTER = """
set -e
root=$1; shift
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
for scratch in /tmp /run /var/lib/dovecot; do mount -t tmpfs tmpfs "$root$scratch"; done
while [ "$1" != -- ]; do
  mkdir -p "$root$1"; mount --bind "$1" "$root$1"; shift
done
shift
exec chroot "$root" "$@"
"""


class UnavailableError(pytest.skip.Exception):
    """This mail stack cannot be had on this machine: the test is skipped, and says so and why."""

    def __init__(self, dovecot: str, reason: str) -> None:
        super().__init__(f"NOT TESTED: mail with Dovecot {dovecot} and its Postfix: {reason}")


@dataclass(frozen=True)
class MailHost:
    """Where Postfix's and Dovecot's programs are: on this machine (`root` None) or in a root."""

    dovecot: str
    root: Path | None = None

    def command(self, command: list[str | Path], directories: list[Path]) -> list[str]:
        """The command line that runs `command` where the programs are, with `directories` there.

        In a private mount namespace: nothing stays mounted, whatever ends the process. The process
        keeps its id throughout, so signals reach the command itself.
        """
        words = [str(word) for word in command]
        if self.root is None:
            return words
        bound = [str(directory) for directory in directories]
        return ["unshare", "-m", "sh", "-c", _ENTER, "enter", str(self.root), *bound, "--", *words]

    def id_of(self, name: str, *, group: bool = False) -> int:
        """The number of a user or group there, which differs from this machine's."""
        path = (self.root or Path("/")) / "etc" / ("group" if group else "passwd")
        for line in path.read_text().splitlines():
            fields = line.split(":")
            if fields[0] == name:
                return int(fields[2])
        raise ServerError(f"{path} has no {name}")

    @property
    def postfix_version(self) -> str:
        command = self.command(["/usr/sbin/postconf", "-d", "-h", "mail_version"], [])
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.stdout.strip()


def mail_host(dovecot: str) -> MailHost:
    """The host for this Dovecot, "2.3" or "2.4"; raises UnavailableError with the reason."""
    if dovecot not in RELEASES:
        raise ValueError(f"Dovecot 2.3 or 2.4, not {dovecot}")
    if host_dovecot() == dovecot:
        return MailHost(dovecot)
    try:
        return MailHost(dovecot, _root(RELEASES[dovecot]))
    except _NoRootError as error:
        raise UnavailableError(dovecot, str(error)) from error


class _NoRootError(RuntimeError):
    pass


def host_dovecot() -> str:
    """ "2.3" or "2.4": the release that is installed on this machine."""
    program = find_program("dovecot")
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    return ".".join(done.stdout.split(".")[:2])


def _root(release: str) -> Path:
    if shutil.which("debootstrap") is None:
        raise _NoRootError("debootstrap is not installed")
    if subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode:
        raise _NoRootError("this machine allows no mount namespace")

    def build(directory: Path) -> None:
        mirror = apt_mirror()
        include = f"--include={','.join(PACKAGES)}"
        command = ["debootstrap", "--variant=minbase", include, release, str(directory), mirror]
        done = subprocess.run(
            # Its own mount namespace: an interrupted run leaves nothing mounted.
            ["unshare", "-m", *command],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            log = directory / "debootstrap" / "debootstrap.log"
            said = log.read_text(errors="replace") if log.exists() else done.stdout + done.stderr
            out = done.stdout + done.stderr
            # Only a mirror that is out of reach excuses; a package that is not there is a fault.
            kind = _NoRootError if NO_MIRROR in out else ServerError
            raise kind(f"debootstrap {release} failed: {out[-300:]} {said[-500:]}")
        for part in ("var/cache/apt/archives", "var/lib/apt/lists", "usr/share/doc"):
            shutil.rmtree(directory / part, ignore_errors=True)

    return build_once(release, build)


def apt_mirror() -> str:
    """The mirror of this machine's own release, from apt's sources."""
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    codename = re.search(r"^VERSION_CODENAME=(\w+)", Path("/etc/os-release").read_text(), re.M)
    for line in done.stdout.splitlines():
        words = line.split()
        if codename and words[1:] == [codename.group(1), "main"]:
            return _plain(words[0])
    raise _NoRootError("apt has no source with this machine's Debian release")


def _plain(uri: str) -> str:
    # Debian's cloud images name a file that lists the mirrors.
    if not uri.startswith("mirror+file:"):
        return uri
    listed = Path(unquote(urlsplit(uri).path)).read_text().split()
    if not listed:
        raise _NoRootError("apt's list of mirrors is empty")
    return listed[0]
