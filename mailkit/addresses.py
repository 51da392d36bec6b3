"""Mail addresses and domains as Postfix and Dovecot can use them: lower case, ASCII, A-labels.

What a person types is read generously (blanks around it, capitals, an umlaut domain) and stored
in one form. What the mail servers could not use is refused with a code; the words for the codes
are not here. RFC 5321 section 4.5.3.1 (lengths), RFC 5322 section 3.2.3 (dot-atom), RFC 5890
(A-labels); docs/rules.md has the reason for each refusal.
"""

from __future__ import annotations

import ipaddress
import re

import idna

from mailkit.postfix.address_list import parse_address_list, quote_local_part

MAX_DOMAIN = 253
MAX_LABEL = 63
MAX_LOCAL_PART = 64
MAX_ADDRESS = 254

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_DOT_ATOM = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
# Dovecot's default auth_username_chars, without the @.
_SIGN_IN = re.compile(r"[a-z0-9._-]+")
# How Postfix splits the right-hand side of an alias: mail_addr_map() reads it as a list of
# addresses, in which commas, blanks and line breaks separate.
_SEPARATORS = re.compile(r"[, \t\r\n]+")

CODES = (
    "domain.empty",
    "domain.syntax",
    "domain.too_long",
    "domain.label_too_long",
    "domain.idna",
    "domain.no_dot",
    "domain.ip",
    "local.empty",
    "local.non_ascii",
    "local.quoted",
    "local.syntax",
    "local.too_long",
    "local.not_for_sign_in",
    "local.delimiter",
    "local.leading_hyphen",
    "local.routing",
    "address.empty",
    "address.no_at",
    "address.too_long",
    "address.display_name",
    "destination.empty",
    "destination.domain_in_list",
    "destination.command",
    "destination.path",
    "destination.include",
)


class AddressError(ValueError):
    """Not usable; `code` is one of CODES, `params` has what the words need (`value`, ...)."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def parse_domain(text: str) -> str:
    """The A-label form, in lower case, of a domain as typed. Raises AddressError."""
    typed = text.strip()
    name = typed.rstrip(".").lower() if typed.rstrip(".") else ""
    if not name:
        raise AddressError("domain.empty")
    if typed.endswith(".."):
        raise AddressError("domain.syntax", value=typed)
    if name.startswith("[") or _is_ip(name):
        raise AddressError("domain.ip", value=typed)
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True, transitional=False).decode("ascii").lower()
        except idna.IDNAError as error:
            raise AddressError("domain.idna", value=typed) from error
    labels = name.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise AddressError("domain.syntax", value=typed)
    if any(len(label) > MAX_LABEL for label in labels):
        raise AddressError("domain.label_too_long", value=typed)
    if len(name) > MAX_DOMAIN:
        raise AddressError("domain.too_long", value=typed)
    if len(labels) == 1:
        raise AddressError("domain.no_dot", value=typed)
    if labels[-1].isdigit():
        raise AddressError("domain.ip", value=typed)
    if any(label.startswith("xn--") for label in labels):
        try:
            idna.decode(name)
        except idna.IDNAError as error:
            raise AddressError("domain.idna", value=typed) from error
    return name


def display_domain(stored: str) -> str:
    """The domain as people write it; what cannot be decoded is shown as it is stored."""
    if "xn--" not in stored:
        return stored
    try:
        return idna.decode(stored)
    except (idna.IDNAError, UnicodeError):
        return stored


def parse_address(text: str) -> str:
    """`local@domain` in its stored form, for anything mail can be sent to. Raises AddressError."""
    typed = text.strip()
    if not typed:
        raise AddressError("address.empty")
    if "<" in typed or ">" in typed:
        raise AddressError("address.display_name", value=typed)
    local, at, domain = typed.rpartition("@")
    if not at:
        raise AddressError("address.no_at", value=typed)
    local = _local_part(local)
    address = f"{local}@{parse_domain(domain)}"
    if len(address) > MAX_ADDRESS:
        raise AddressError("address.too_long", value=typed)
    return address


def parse_mailbox_address(text: str, delimiter: str = "+") -> str:
    """The address of a mailbox: one that Dovecot lets sign in. Raises AddressError.

    `delimiter` is Postfix's recipient_delimiter, of which each character splits an address.
    """
    address = parse_address(text)
    local = address.rpartition("@")[0]
    _refuse_leading_hyphen(local)
    for character in delimiter:
        if character in local and local not in (character,):
            raise AddressError("local.delimiter", value=local, delimiter=character)
    if not _SIGN_IN.fullmatch(local):
        raise AddressError("local.not_for_sign_in", value=local)
    return address


def parse_source(text: str) -> str:
    """The source of a forwarding: an address, or `@domain`. Raises AddressError."""
    typed = text.strip()
    if typed.startswith("@"):
        return "@" + parse_domain(typed[1:])
    address = parse_address(typed)
    local = address.rpartition("@")[0]
    _refuse_leading_hyphen(local)
    # RESOLVE_FLAG_ROUTED: smtpd refuses such a recipient from a stranger (allow_untrusted_routing).
    if "%" in local or "!" in local:
        raise AddressError("local.routing", value=local)
    return address


def parse_destinations(text: str) -> list[str]:
    """The destinations as typed, one a line or with commas or blanks between, each once.

    `@domain` must be the only one. Raises AddressError, with `line` (from 1) of the entry.
    """
    found: dict[str, None] = {}
    for number, line in enumerate(text.splitlines() or [""], start=1):
        for entry in _entries(line):
            try:
                found.setdefault(_destination(entry))
            except AddressError as error:
                error.params = {"value": entry, **error.params, "line": number}
                raise
    if not found:
        raise AddressError("destination.empty")
    whole = next((one for one in found if one.startswith("@")), None)
    if whole is not None and len(found) > 1:
        raise AddressError("destination.domain_in_list", value=whole)
    return list(found)


def _entries(line: str) -> list[str]:
    # A command or a quoted name is refused whole, not by its words.
    stripped = line.strip()
    if stripped.startswith("|") or "<" in stripped or '"' in stripped:
        return [part.strip() for part in stripped.split(",") if part.strip()]
    return [part for part in _SEPARATORS.split(stripped) if part]


def _destination(entry: str) -> str:
    if entry.startswith("|"):
        raise AddressError("destination.command", value=entry)
    if entry.startswith("/"):
        raise AddressError("destination.path", value=entry)
    if entry.lower().startswith(":include:"):
        raise AddressError("destination.include", value=entry)
    if entry.startswith("@"):
        return "@" + parse_domain(entry[1:])
    return parse_address(entry)


def split_destination(stored: str) -> list[str]:
    """The destinations of a stored row as Postfix splits them, the odd ones too.

    `Anna <anna@example.org>; otto@example.org` are two addresses; a local part that needs quotes
    keeps them, so that the result may be joined with commas and stored again.
    """
    if stored.startswith("@"):
        return [part for part in _SEPARATORS.split(stored) if part]
    found = parse_address_list(stored)
    return [one if parse_address_list(one) == (one,) else quote_local_part(one) for one in found]


def domain_of(address: str) -> str:
    """What stands behind the last @; "" if there is none."""
    return address.rpartition("@")[2] if "@" in address else ""


def _local_part(typed: str) -> str:
    if not typed:
        raise AddressError("local.empty")
    if '"' in typed:
        raise AddressError("local.quoted", value=typed)
    if not typed.isascii():
        raise AddressError("local.non_ascii", value=typed)
    local = typed.lower()
    if not _DOT_ATOM.fullmatch(local):
        raise AddressError("local.syntax", value=typed)
    if len(local) > MAX_LOCAL_PART:
        raise AddressError("local.too_long", value=typed)
    return local


def _refuse_leading_hyphen(local: str) -> None:
    # allow_min_user=no, Postfix's default.
    if local.startswith("-"):
        raise AddressError("local.leading_hyphen", value=local)


def _is_ip(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
