"""The words for each code with which `mailkit` refuses an address, a domain or a transport."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

WORDS: dict[str, Any] = {
    "domain.empty": _("Type a domain, such as example.org."),
    "domain.syntax": _(
        "“%(value)s” is no domain name: only letters, digits and hyphens between dots, "
        "and no hyphen at either end of a part."
    ),
    "domain.too_long": _("This domain is longer than the 253 characters that DNS allows."),
    "domain.label_too_long": _(
        "A part of this domain between two dots is longer than the 63 characters that DNS allows."
    ),
    "domain.idna": _("“%(value)s” cannot be written in DNS (IDNA): check its letters."),
    "domain.no_dot": _("“%(value)s” has no dot: type the whole domain, such as example.org."),
    "domain.ip": _("“%(value)s” is an IP address; mail domains are names."),
    "domain.numeric": _(
        "“%(value)s” ends in a number: the last part of a domain is a name, such as org."
    ),
    "local.empty": _("There is nothing in front of the @."),
    "local.non_ascii": _(
        "“%(value)s” has letters outside ASCII in front of the @. Most mail servers cannot send "
        "to such an address, and the database may take é for e: use plain letters."
    ),
    "local.quoted": _("Quotation marks in front of the @ are not supported: leave them out."),
    "local.blank": _("“%(value)s” has a blank in front of the @: an address has none."),
    "local.control": _(
        "There is a tab, line break or other control character in front of the @: take it out."
    ),
    "local.dots": _(
        "“%(value)s” cannot stand in front of the @: a dot may stand between two other "
        "characters only."
    ),
    "local.syntax": _(
        "“%(value)s” cannot stand in front of the @: no ( ) [ ] : ; , \\ and no second @."
    ),
    "local.too_long": _("The part in front of the @ is longer than the 64 characters allowed."),
    "local.not_for_sign_in": _(
        "A mailbox address may have only letters, digits, dot, hyphen and underscore in front of "
        "the @: Dovecot lets no other name sign in (auth_username_chars)."
    ),
    "local.delimiter": _(
        "A mailbox address cannot contain “%(delimiter)s”: the mail server takes what follows "
        "for an address extension."
    ),
    "local.leading_hyphen": _(
        "An address cannot begin with a hyphen: Postfix refuses mail to it (allow_min_user)."
    ),
    "local.routing": _(
        "“%(value)s” contains % or !: Postfix refuses mail from outside to such an address."
    ),
    "address.empty": _("Type an address, such as anna@example.org."),
    "address.no_at": _("“%(value)s” is no address: the @ and the domain are missing."),
    "address.too_long": _("This address is longer than the 254 characters that mail allows."),
    "address.display_name": _("Type the bare address without a name or < >."),
    "destination.empty": _("Type at least one address to forward to."),
    "destination.domain_in_list": _(
        "“%(value)s” stands for a whole domain and must be the only destination."
    ),
    "destination.command": _(
        "“%(value)s” is a command; virtual forwardings lead to addresses only."
    ),
    "destination.path": _(
        "“%(value)s” is a file or directory; virtual forwardings lead to addresses only."
    ),
    "destination.include": _(
        "“%(value)s” includes a file; virtual forwardings lead to addresses only."
    ),
    "transport.empty": _("Type a transport, such as smtp:[192.0.2.1]:25 or error:5.1.1 gone."),
    "transport.key_empty": _("Type an address, a domain, .parent or *."),
    "transport.blanks": _("There are blanks around the next hop “%(value)s”: take them out."),
    "transport.control": _("The transport contains a line break or another control character."),
    "transport.non_ascii": _("The transport “%(value)s” contains letters outside ASCII."),
    "transport.unknown_service": _(
        "Postfix has no service “%(value)s”; mail would wait with “mail transport unavailable”. "
        "Write service:nexthop with one of: %(services)s."
    ),
    "transport.bad_host": _(
        "“%(value)s” is no host: write a name, or an address in brackets such as [192.0.2.1]:25."
    ),
    "transport.bad_port": _(
        "The port in “%(value)s” must be a number from 1 to 65535, or smtp, submission, "
        "submissions or lmtp."
    ),
    "transport.bad_socket": _(
        "After unix: comes the path of one socket, without blanks or commas: “%(value)s”."
    ),
    "transport.bad_status": _(
        "A status after %(service)s: begins as in %(wanted)s; Postfix ignores “%(value)s”."
    ),
    "password.empty": _("Type a password."),
    "password.control": _(
        "The password contains a control character (a tab or line break, say): "
        "Dovecot refuses such passwords."
    ),
    "password.unencodable": _("The password contains a character that cannot be stored."),
    "password.too_long": _(
        "The password is %(length)s bytes long; %(scheme)s takes at most %(limit)s. "
        "Nothing is cut off: choose a shorter one."
    ),
}


def words_for(code: str, params: Mapping[str, Any] | None = None, **more: Any) -> str:
    """The sentence for a code. Raises KeyError for a code without words."""
    values = {**(params or {}), **more}
    text = str(WORDS[code])
    # Some sentences name signs such as % themselves.
    for name, value in values.items():
        text = text.replace(f"%({name})s", str(value))
    return text


def as_validation_error(error: Any) -> ValidationError:
    """A mailkit error (with .code and .params) as a form error with the same code."""
    return ValidationError(words_for(error.code, error.params), code=error.code)
