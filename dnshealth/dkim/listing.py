"""All keys of a domain, also those that only the signer has: how far each is, what is next."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from dnshealth.dkim.looking import record_of
from dnshealth.dkim.models import DkimKey, KeyState, Origin
from dnshealth.dkim.signer import FEW, note_what_signs, signer
from mailkit.dkim.signing import Signing, Signings
from mailkit.dns.dkim_record import NotAKey, read_der
from mailkit.dns.results import Record

NEXT: dict[str, Any] = {
    KeyState.MADE: _(
        "Publish the record below. The key signs nothing until DNS shows the record to everybody."
    ),
    KeyState.PUBLISHED: _("DNS shows the record: the key can sign from now on."),
    KeyState.SIGNS: _("Mail is signed with this key. Keep its record where it is."),
    KeyState.OLD: _(
        "Mail that it signed may still be under way: keep the record until the grace period is "
        "over, then retire the key."
    ),
    KeyState.REMOVED: _("The key is gone. Take its record out of DNS, if it is still there."),
}
_ORDER = (
    KeyState.SIGNS,
    KeyState.PUBLISHED,
    KeyState.MADE,
    KeyState.OLD,
    KeyState.REMOVED,
)
OVER = _("The grace period is over: retire the key, then take its record out of DNS.")
UNREAD = _("The panel could not read all of what the signer uses: superadmins see what.")
NOT_IN_TABLES = _(
    "The panel had let this key sign, but the signer’s tables do not name it any more: somebody "
    "changed them by hand."
)


@dataclass(frozen=True)
class ListedKey:
    """A key of a domain. `state` is what is so now, by the signer's own tables where they can be
    read. `key` None: the panel has no row of it. `problem`: why it could not be read.
    """

    domain: str
    selector: str
    kind: str
    bits: int
    state: KeyState
    origin: Origin
    record: Record | None
    path: str
    key: DkimKey | None = None
    problem: str = ""
    next_step: Any = ""

    @property
    def kept_until(self) -> datetime | None:
        """The end of the grace period of an old key."""
        return self.key.kept_until if self.key and self.state == KeyState.OLD else None

    @property
    def grace_is_over(self) -> bool:
        """Whether an old key can go."""
        return self.kept_until is not None and timezone.now() >= self.kept_until

    @property
    def can_be_looked_for(self) -> bool:
        """Whether it makes sense to ask DNS for it."""
        return (
            self.record is not None
            and self.key is not None
            and self.state in (KeyState.MADE, KeyState.PUBLISHED)
        )

    @property
    def can_sign(self) -> bool:
        """Whether it could be switched to: also the way back to an old key."""
        return (
            self.key is not None
            and self.origin != Origin.GIVEN
            and self.state in (KeyState.MADE, KeyState.PUBLISHED, KeyState.OLD)
        )

    @property
    def can_be_retired(self) -> bool:
        """Whether it could be removed: not while it signs."""
        if self.key is None or self.state == KeyState.REMOVED:
            return False
        return self.origin == Origin.GIVEN or self.state != KeyState.SIGNS


@dataclass(frozen=True)
class Keys:
    """`signer_name` "": the settings name none. `problems`: what could not be read."""

    keys: tuple[ListedKey, ...]
    signer_name: str
    reload_command: str
    problems: tuple[str, ...] = ()

    @property
    def can_make(self) -> bool:
        """Whether the panel knows where a new key would go."""
        return bool(self.signer_name) and settings.MAILADMIN.dns.key_dir is not None


def keys_of_domain(actor: Actor, domain: str) -> Keys:
    """The keys of one domain (A-label) that the actor may see, those that sign first."""
    return keys_of_domains(actor, [domain])


def keys_of_domains(actor: Actor, domains: list[str]) -> Keys:
    """The same of several, one domain after the other; the signer's tables are read once."""
    domains = [name for name in domains if actor.may_touch(name)]
    rows: dict[str, list[DkimKey]] = {name: [] for name in domains}
    kept = DkimKey.objects.visible_to(actor)
    for row in kept.filter(domain__in=domains) if len(domains) <= FEW else kept:
        if row.domain in rows:
            rows[row.domain].append(row)
    program = signer()
    found = program.read(domains) if program is not None else Signings()
    known = program is not None and not found.unreadable
    signing: dict[str, dict[str, Signing]] = {name: {} for name in domains}
    for one in found.rows:
        signing[one.domain][one.selector] = one
    listed: list[ListedKey] = []
    for name in domains:
        here = [_of_row(row, signing[name] if known else None) for row in rows[name]]
        ours = {row.selector for row in rows[name]}
        here += [_of_signer(one) for key, one in signing[name].items() if key not in ours]
        listed += sorted(here, key=lambda one: _ORDER.index(one.state))
    problems = found.read_keys().problems
    if not actor.touches_everything:
        # Where files lie on the server is for those who run it.
        listed = [replace(one, path="", problem=str(one.problem and UNREAD)) for one in listed]
        problems = (str(UNREAD),) if problems else ()
    return Keys(
        tuple(listed),
        program.name if program else "",
        program.reload_command if program else "",
        problems,
    )


def _of_row(row: DkimKey, signing: dict[str, Signing] | None) -> ListedKey:
    if signing is not None:
        note_what_signs(row, signs=row.selector in signing)
    state = KeyState(row.state)
    step = NEXT[state]
    if signing is not None and row.origin != Origin.GIVEN and row.selector in signing:
        state, step = KeyState.SIGNS, NEXT[KeyState.SIGNS]
    elif signing is not None and row.origin != Origin.GIVEN and state == KeyState.SIGNS:
        state, step = KeyState.OLD, NOT_IN_TABLES
    shown = ListedKey(
        row.domain, row.selector, row.kind, _bits(row.signer_key.spki), state,
        Origin(row.origin), record_of(row), row.path, row, next_step=step,
    )  # fmt: skip
    return replace(shown, next_step=OVER) if shown.grace_is_over else shown


def _of_signer(one: Signing) -> ListedKey:
    spki = one.spki or b""
    row = DkimKey(domain=one.signs_as, selector=one.selector, spki=b64encode(spki).decode("ascii"))
    return ListedKey(
        one.domain, one.selector, one.kind, _bits(spki), KeyState.SIGNS, Origin.FOUND,
        record_of(row), str(one.path or ""), problem=one.problem, next_step=NEXT[KeyState.SIGNS],
    )  # fmt: skip


def _bits(spki: bytes) -> int:
    try:
        return read_der(spki).bits
    except NotAKey:
        return 0


def outgoing_of(key: DkimKey, signing: Iterable[Signing]) -> Signing | None:
    """The key that signs no more once this one does: one of its kind, or else one of a kind that
    is not known. `signing`: what signs the domain now, in the signer's order.
    """
    kinds = dict(DkimKey.objects.filter(domain=key.domain).values_list("selector", "kind"))
    others = [
        (one.kind or kinds.get(one.selector, ""), one)
        for one in signing
        if one.selector != key.selector
    ]
    for kind in (key.kind, ""):
        for its_kind, one in others:
            if its_kind == kind:
                return one
    return None


def outgoing_now(key: DkimKey) -> str:
    """The selector of that key as the signer's tables are now; "" where there is none."""
    program = signer()
    found = program.read([key.domain]).of(key.domain) if program is not None else ()
    outgoing = outgoing_of(key, found)
    return outgoing.selector if outgoing else ""


def key_of(actor: Actor, domain: str, selector: str) -> DkimKey | None:
    """The panel's row of a key that the actor may see, or None."""
    rows = DkimKey.objects.visible_to(actor)
    row: DkimKey | None = rows.filter(domain=domain, selector=selector.lower()).first()
    return row


def key_to_switch_to(actor: Actor, domain: str) -> DkimKey | None:
    """The newest key that waits to sign, or None."""
    waiting = (KeyState.MADE, KeyState.PUBLISHED)
    row: DkimKey | None = (
        DkimKey.objects.visible_to(actor).filter(domain=domain, state__in=waiting).first()
    )
    return row
