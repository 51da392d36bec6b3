"""Mail addresses and domains as Postfix and Dovecot can use them: lower case, ASCII, A-labels.

What a person types is read generously (blanks around it, capitals, an umlaut domain) and stored
in one form. What the mail servers could not use is refused with a code; the words for the codes
are not here. RFC 5321 section 4.5.3.1 (lengths), RFC 5322 section 3.2.3 (dot-atom), RFC 5890
(A-labels); docs/rules.md has the reason for each refusal.
"""

from __future__ import annotations

import ipaddress
import re
import string
import unicodedata
from functools import lru_cache

import idna

from mailkit.postfix.address_list import parse_address_list, quote_local_part

MAX_DOMAIN = 253
MAX_LABEL = 63
MAX_LOCAL_PART = 64
MAX_ADDRESS = 254
# Nothing longer is looked at: converting a long name takes more than linear time.
_MAX_TYPED = 1000

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_DOT_ATOM = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
# Dovecot's default auth_username_chars, without the @.
_SIGN_IN = re.compile(r"[a-z0-9._-]+")
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_LINES = re.compile(r"\r\n|\r|\n")
# What people put between addresses.
_BETWEEN = re.compile(r"[,;\s]+")
_STORED_SEPARATORS = re.compile(r"[, \t\r\n]+")
# Scripts that one language writes together; other mixtures are mostly imitations.
_TOGETHER = ({"LATIN", "CJK", "HIRAGANA", "KATAKANA"}, {"LATIN", "CJK", "HANGUL"})

CODES = (
    "domain.empty",
    "domain.syntax",
    "domain.too_long",
    "domain.label_too_long",
    "domain.idna",
    "domain.no_dot",
    "domain.ip",
    "domain.numeric",
    "local.empty",
    "local.non_ascii",
    "local.quoted",
    "local.blank",
    "local.control",
    "local.dots",
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


# Files have thousands of addresses of one domain.
@lru_cache(maxsize=1024)
def parse_domain(text: str, *, needs_dot: bool = True) -> str:
    """The A-label form, in lower case, of a domain as typed. Raises AddressError."""
    typed = text.strip()
    if not typed.strip("."):
        raise AddressError("domain.empty")
    if len(typed) > _MAX_TYPED:
        raise AddressError("domain.too_long", value=typed)
    if typed.startswith("[") or _is_ip(typed):
        raise AddressError("domain.ip", value=typed)
    labels = [_a_label(label, typed) for label in _mapped(typed).removesuffix(".").split(".")]
    name = ".".join(labels)
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise AddressError("domain.syntax", value=typed)
    if any(len(label) > MAX_LABEL for label in labels):
        raise AddressError("domain.label_too_long", value=typed)
    if len(name) > MAX_DOMAIN:
        raise AddressError("domain.too_long", value=typed)
    if all(label.isdigit() for label in labels):
        raise AddressError("domain.ip", value=typed)
    if len(labels) == 1 and needs_dot:
        raise AddressError("domain.no_dot", value=typed)
    if labels[-1].isdigit():
        raise AddressError("domain.numeric", value=typed)
    return name


def _mapped(typed: str) -> str:
    # UTS 46: lower case, full-width letters and dots, composed umlauts.
    if typed.isascii():
        return typed.lower()
    try:
        return idna.uts46_remap(typed, std3_rules=False, transitional=False)
    except UnicodeError as error:
        raise AddressError("domain.idna", value=typed) from error


def _a_label(label: str, typed: str) -> str:
    if label.isascii() and not label.startswith("xn--"):
        return label
    try:
        if label.isascii():
            # Must be what its own letters would be converted to.
            if idna.alabel(idna.ulabel(label)).decode("ascii") != label:
                raise AddressError("domain.idna", value=typed)
            return label
        if len(label.encode("punycode")) + len("xn--") > MAX_LABEL:
            raise AddressError("domain.label_too_long", value=typed)
        return idna.alabel(label).decode("ascii")
    except UnicodeError as error:
        raise AddressError("domain.idna", value=typed) from error


def display_domain(stored: str) -> str:
    """The domain as people write it; what cannot be decoded is shown as it is stored.

    So is a label that mixes scripts, such as a Cyrillic letter among Latin ones: it may imitate
    another domain.
    """
    if "xn--" not in stored:
        return stored
    try:
        labels = [idna.ulabel(label) if label else "" for label in stored.split(".")]
    except UnicodeError:
        return stored
    return stored if any(map(_mixes_scripts, labels)) else ".".join(labels)


def _mixes_scripts(label: str) -> bool:
    # The first word of a letter's Unicode name is its script.
    scripts = {unicodedata.name(one, "").partition(" ")[0] for one in label if one.isalpha()}
    return len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER)


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


def _local_part(typed: str) -> str:
    if not typed:
        raise AddressError("local.empty")
    if '"' in typed:
        raise AddressError("local.quoted", value=typed)
    if any(unicodedata.category(one) == "Cc" for one in typed):
        raise AddressError("local.control", value=typed)
    if any(one.isspace() for one in typed):
        raise AddressError("local.blank", value=typed)
    if not typed.isascii():
        raise AddressError("local.non_ascii", value=typed)
    if typed.startswith(".") or typed.endswith(".") or ".." in typed:
        raise AddressError("local.dots", value=typed)
    local = typed.lower()
    if not _DOT_ATOM.fullmatch(local):
        raise AddressError("local.syntax", value=typed)
    if local.startswith("-"):
        # allow_min_user=no, Postfix's default: such an address is never delivered to.
        raise AddressError("local.leading_hyphen", value=typed)
    if len(local) > MAX_LOCAL_PART:
        raise AddressError("local.too_long", value=typed)
    return local


def parse_mailbox_address(text: str, delimiter: str = "+") -> str:
    """The address of a mailbox: one that Dovecot lets sign in. Raises AddressError.

    `delimiter` is Postfix's recipient_delimiter, of which each character splits an address.
    """
    address = parse_address(text)
    local = address.rpartition("@")[0]
    for character in delimiter:
        if character in local:
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
    # RESOLVE_FLAG_ROUTED: smtpd refuses such a recipient from a stranger (allow_untrusted_routing).
    if "%" in local or "!" in local:
        raise AddressError("local.routing", value=local)
    return address


def parse_destinations(text: str) -> list[str]:
    """The destinations as typed, one a line or with commas or blanks between, each once.

    `@domain` must be the only one. Raises AddressError, with `line` (from 1) of the entry.
    """
    found: dict[str, None] = {}
    for number, line in enumerate(_LINES.split(text), start=1):
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
    # A command or a name with an address is refused whole, not word by word.
    stripped = line.strip()
    if stripped.startswith("|") or "<" in stripped or '"' in stripped:
        return [part.strip() for part in re.split("[,;]", stripped) if part.strip()]
    return [part for part in _BETWEEN.split(stripped) if part]


def _destination(entry: str) -> str:
    # aliases(5), another table of Postfix, has these with or without quotes.
    bare = entry.strip('"')
    if bare.startswith("|"):
        raise AddressError("destination.command", value=entry)
    if bare.startswith("/") and "@" not in bare:
        raise AddressError("destination.path", value=entry)
    if bare.lower().startswith(":include:"):
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
        return [part for part in _STORED_SEPARATORS.split(stored) if part]
    found = parse_address_list(stored)
    return [one if parse_address_list(one) == (one,) else quote_local_part(one) for one in found]


def lowered(text: str) -> str:
    """In lower case as mail servers do it: A to Z only.

    `str.lower` also makes a k of the Kelvin sign (U+212A), and so another address.
    """
    return text.translate(_LOWER)


def domain_of(address: str) -> str:
    """What stands behind the last @; "" if there is none."""
    return address.rpartition("@")[2] if "@" in address else ""


def _is_ip(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
