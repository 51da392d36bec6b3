"""Judge main.cf and master.cf: domains in two places, where our mail goes, the sockets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from mailkit.doctor.bundle import POSTCONF_MASTER, Bundle
from mailkit.doctor.database import Panel, among, bare_domain_sources
from mailkit.doctor.dovecot import Dovecot
from mailkit.doctor.findings import Code, Finding
from mailkit.doctor.judge_lookups import ask
from mailkit.doctor.postfix import Postfix

# What the tests run; older ones may do otherwise.
OLDEST = (3, 5)
# What precedes a socket's path in main.cf.
_TO_LMTP, _TO_AUTH = "virtual_transport = lmtp:unix:", "smtpd_sasl_path = "
_DOVECOT_AGENT = re.compile(r"/(?:dovecot-lda|deliver)\b")


def judge_postfix(
    bundle: Bundle, postfix: Postfix, dovecot: Dovecot | None, panel: Panel, keys: Mapping[str, str]
) -> Iterator[Finding]:
    """Findings about Postfix's settings; its sockets are compared with Dovecot's if that is known.

    `keys`: a key of each table that the database really has.
    """
    yield from _local_domains(postfix, panel, keys)
    yield from _alias_domains(postfix, panel)
    yield from _virtual_transport(bundle, postfix, dovecot)
    yield from _sasl(postfix, dovecot)
    yield from _delimiters(postfix, dovecot, panel)
    version = postfix.value("mail_version")
    found = re.match(r"(\d+)\.(\d+)", version)
    if found and (int(found[1]), int(found[2])) < OLDEST:
        yield Finding(Code.POSTFIX_OLD, "mail_version", params={"version": version})


def _local_domains(postfix: Postfix, panel: Panel, keys: Mapping[str, str]) -> Iterator[Finding]:
    words = postfix.words("mydestination")
    ours = among(panel, "domains", words)
    for use in postfix.uses_of("mydestination"):
        file = postfix.files.get(use.path)
        if file and "domains" in keys and "domains" in ask(file, panel, keys).answered:
            ours.append(use.name.lower())
    if ours:
        rest = ", ".join(word for word in words if word not in ours)
        yield Finding(
            Code.POSTFIX_LOCAL_DOMAIN,
            "mydestination",
            f"mydestination = {rest}".rstrip(),
            {"domains": ", ".join(ours)},
        )


def _alias_domains(postfix: Postfix, panel: Panel) -> Iterator[Finding]:
    value = postfix.value("virtual_alias_domains")
    # Only where it is the tables; a list of names does not look at them.
    if ":" not in value:
        return
    sources = bare_domain_sources(panel)
    if sources:
        yield Finding(
            Code.POSTFIX_ALIAS_DOMAIN,
            "virtual_alias_domains",
            "virtual_alias_domains =",
            {"domains": ", ".join(sources)},
        )


def _virtual_transport(
    bundle: Bundle, postfix: Postfix, dovecot: Dovecot | None
) -> Iterator[Finding]:
    where = "virtual_transport"
    value = postfix.value(where)
    service, _colon, nexthop = value.partition(":")
    line = "virtual_transport = lmtp:unix:private/dovecot-lmtp"
    if not bundle.has(POSTCONF_MASTER):
        return
    kind = postfix.services.get(service)
    if kind is None:
        yield Finding(Code.POSTFIX_NO_SERVICE, where, line, {"service": service, "value": value})
        return
    if kind == "pipe" and _DOVECOT_AGENT.search(bundle.text(POSTCONF_MASTER)):
        return
    if kind != "lmtp":
        yield Finding(Code.POSTFIX_VIRTUAL_TRANSPORT, where, line, {"value": value})
        return
    if dovecot is None:
        return
    protocols = dovecot.protocols
    if protocols is not None and "lmtp" not in protocols:
        line = "protocols {\n  lmtp = yes\n}" if dovecot.is_24 else "protocols = $protocols lmtp"
        yield Finding(Code.DOVECOT_NO_LMTP, "protocols", line)
        return
    if nexthop.startswith("unix:"):
        path = _in_queue(postfix, nexthop[5:])
        if path not in _paths(dovecot, "lmtp"):
            yield _socket(Code.POSTFIX_LMTP_SOCKET, postfix, path, "lmtp", _TO_LMTP, dovecot)
    elif re.search(r"\b(?:localhost|127\.0\.0\.1)\b|::1", nexthop) and not dovecot.has_port("lmtp"):
        path = nexthop.removeprefix("inet:")
        yield _socket(Code.POSTFIX_LMTP_SOCKET, postfix, path, "lmtp", _TO_LMTP, dovecot)


def _sasl(postfix: Postfix, dovecot: Dovecot | None) -> Iterator[Finding]:
    """The socket over which clients of the submission service sign in (SASL_README)."""
    if dovecot is None:
        return
    ours = _paths(dovecot, "auth")
    services = {name.partition(": ")[0] for name in postfix.options} | {""}
    said = set()
    for service in sorted(services):

        def value(name: str, service: str = service) -> str:
            return postfix.options.get(f"{service}: {name}", postfix.value(name))

        if value("smtpd_sasl_auth_enable") != "yes" or value("smtpd_sasl_type") != "dovecot":
            continue
        path = value("smtpd_sasl_path") or "smtpd"
        if path.startswith("inet:"):
            continue
        path = _in_queue(postfix, path.removeprefix("unix:"))
        if path not in ours and path not in said:
            said.add(path)
            yield _socket(Code.POSTFIX_SASL_SOCKET, postfix, path, "auth", _TO_AUTH, dovecot)


def _socket(
    code: Code, postfix: Postfix, path: str, service: str, setting: str, dovecot: Dovecot
) -> Finding:
    """Postfix asks where nobody listens: name a socket that is there, or make one."""
    where = setting.partition(" ")[0]
    params = {"path": path, "there": ", ".join(sorted(_paths(dovecot, service))) or "-"}
    queue = PurePosixPath(postfix.value("queue_directory"))
    near = [
        one for one in sorted(_paths(dovecot, service)) if PurePosixPath(one).is_relative_to(queue)
    ]
    if near:
        line = f"{setting}{PurePosixPath(near[0]).relative_to(queue)}"
        return Finding(code, where, line, params)
    if path.startswith("/"):
        head = f"unix_listener {path}"
        inner = "    mode = 0600\n    user = postfix\n    group = postfix\n"
    else:
        host, _colon, port = path.rpartition(":")
        head = f"inet_listener {service}"
        name = "listen" if dovecot.is_24 else "address"
        inner = f"    {name} = {host.strip('[]')}\n    port = {port}\n"
    return Finding(code, where, f"service {service} {{\n  {head} {{\n{inner}  }}\n}}", params)


def _in_queue(postfix: Postfix, path: str) -> str:
    return str(PurePosixPath(postfix.value("queue_directory"), path))


def _paths(dovecot: Dovecot, service: str) -> set[str]:
    base = dovecot.value("base_dir", "/run/dovecot")
    # These are there without being set.
    names = {"lmtp": {"lmtp"}, "auth": {"auth-client", "login/login"}}.get(service, set())
    return {str(PurePosixPath(base, name)) for name in names | dovecot.sockets(service)}


def _delimiters(postfix: Postfix, dovecot: Dovecot | None, panel: Panel) -> Iterator[Finding]:
    theirs = postfix.value("recipient_delimiter")
    if dovecot is not None:
        dovecots = dovecot.value("recipient_delimiter", "+")
        if set(theirs) - set(dovecots):
            yield Finding(
                Code.DELIMITER_DIFFERS,
                "recipient_delimiter",
                f"recipient_delimiter = {theirs}",
                {"postfix": theirs, "dovecot": dovecots},
            )
    if panel.delimiter is not None and panel.delimiter != theirs:
        yield Finding(
            Code.DELIMITER_OF_PANEL,
            "MAILADMIN_RECIPIENT_DELIMITER",
            f"MAILADMIN_RECIPIENT_DELIMITER={theirs}",
            {"postfix": theirs, "panel": panel.delimiter},
        )
