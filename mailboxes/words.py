"""The words for what a stored password hash is, and for what kind a forwarding is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from mailboxes.models import Forwarding, Mailbox
from mailkit.passwords import Judgement


@dataclass(frozen=True)
class Badge:
    """A short label, its colour in Tabler's palette, and a sentence that says what it means."""

    label: Any
    color: str
    text: Any


@dataclass(frozen=True)
class MailboxLine:
    """A mailbox as lists show it."""

    email: str
    scheme: str
    badges: list[Badge]


@dataclass(frozen=True)
class ForwardingLine:
    """A forwarding as lists show it: the first targets, and how many more there are."""

    source: str
    targets: list[str]
    more: int
    kind: Badge | None


TARGETS_SHOWN = 3

SUSPENDED = Badge(
    _("suspended"),
    "orange",
    _("Mail still arrives, but nobody can sign in. Resuming brings the former password back."),
)
NO_PASSWORD = Badge(
    _("no password"), "red", _("No password is stored: mail arrives, but nobody can sign in.")
)
OPEN = Badge(
    _("open to anybody"),
    "red",
    _("Dovecot lets everybody in without a password. Set one now."),
)
TRUNCATED = Badge(
    _("truncated"),
    "red",
    _(
        "The stored hash was cut off, because its column was too narrow once. No password fits it: "
        "set a new one."
    ),
)
NEEDS_PREFIX = Badge(
    _("lacks its scheme"),
    "red",
    _("Dovecot needs {ARGON2ID} in front of this hash. Set the password anew."),
)
MALFORMED = Badge(
    _("broken"),
    "red",
    _("The stored value is not what its scheme writes. Nobody can sign in: set a new password."),
)
UNKNOWN = Badge(
    _("unknown scheme"),
    "red",
    _("Dovecot does not know the scheme of this hash. Nobody can sign in: set a new password."),
)
HEAVY = Badge(
    _("needs too much memory"),
    "red",
    _(
        "Dovecot refuses this hash like a wrong password unless vsz_limit of its service auth is "
        "raised. Set the password anew."
    ),
)
REFUSED_24 = Badge(
    _("refused by Dovecot 2.4"),
    "yellow",
    _(
        "Dovecot 2.4 (Debian 13) answers this scheme with a temporary failure unless "
        "auth_allow_weak_schemes is set. A new password mends it."
    ),
)
WEAK = Badge(
    _("weak hash"),
    "yellow",
    _("Whoever gets hold of the table finds this password quickly. A new password mends it."),
)


def badges(found: Judgement) -> list[Badge]:
    """What there is to say of a stored value, the most urgent first; nothing of a sound one."""
    said = []
    if found.locked:
        said.append(SUSPENDED)
    if found.opens_to_empty:
        said.append(OPEN)
    elif found.empty:
        said.append(NO_PASSWORD)
    elif found.unknown:
        said.append(UNKNOWN)
    elif found.needs_prefix:
        said.append(NEEDS_PREFIX)
    elif found.truncated:
        said.append(TRUNCATED)
    elif found.malformed:
        said.append(MALFORMED)
    elif found.heavy:
        said.append(HEAVY)
    if found.weak:
        said.append(WEAK)
    if found.refused_by_dovecot_24:
        said.append(REFUSED_24)
    return said


def mailbox_line(mailbox: Mailbox) -> MailboxLine:
    """A mailbox as lists show it."""
    found = mailbox.judgement
    return MailboxLine(mailbox.email, found.scheme or "", badges(found))


CATCH_ALL = Badge(_("catch-all"), "purple", _("Takes what no other row of the domain takes."))
DOMAIN_ALIAS = Badge(
    _("domain alias"), "indigo", _("Sends every address to the same name in another domain.")
)
KEEPS_COPY = Badge(_("keeps a copy"), "teal", _("The address's own mailbox gets the mail too."))
LIST = Badge(_("list"), "azure", _("Leads to several addresses."))


def kind_of(forwarding: Forwarding) -> Badge | None:
    """What kind of forwarding this is; None for the plain one, address to address."""
    targets = forwarding.destinations
    if forwarding.is_catch_all:
        return DOMAIN_ALIAS if any(one.startswith("@") for one in targets) else CATCH_ALL
    if forwarding.source.lower() in (one.lower() for one in targets):
        return KEEPS_COPY
    return LIST if len(targets) > 1 else None


def forwarding_line(forwarding: Forwarding) -> ForwardingLine:
    """A forwarding as lists show it."""
    targets = forwarding.destinations
    return ForwardingLine(
        forwarding.source,
        targets[:TARGETS_SHOWN],
        max(len(targets) - TARGETS_SHOWN, 0),
        kind_of(forwarding),
    )
