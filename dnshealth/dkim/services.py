"""DKIM keys: make one, look for it in DNS, let it sign, retire it. Each step refuses to be skipped.

A step writes the log and the row first and the signer's files last, in one transaction: should the
files refuse, nothing has happened. No private key is kept, logged or shown: it goes from memory to
the signer's file.
"""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from string import ascii_lowercase
from typing import Any, NoReturn

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.actions import one_action
from audit.actor import Actor
from audit.log import record
from audit.refusals import Findings, Refused
from dnshealth.dkim.listing import outgoing_of
from dnshealth.dkim.looking import Look, Seen, look_for
from dnshealth.dkim.models import DkimKey, KeyState, Origin
from dnshealth.dkim.signer import note_what_signs, signer
from dnshealth.dkim.words import explain
from domains.locks import one_at_a_time
from mailkit.dkim.files import delete_file
from mailkit.dkim.signing import ED25519, RSA, Signer, SignerFault, Signing, file_name, kind_of
from mailkit.dns.dkim_keys import (
    KeyFault,
    KeyPair,
    make_ed25519,
    make_rsa,
    read_key_file,
    read_pem,
)
from mailkit.dns.names import BadName, is_selector, to_a_label

OBJECT = "dkim"
KINDS = (RSA, ED25519)
USED = _("This selector had a key already. Each is used once: take another one.")
NOT_KNOWN = _(
    "The panel could not read this key (%(path)s) and does not know its public half, so that "
    "nothing can be compared with it."
)
STILL_SIGNS = _("This key signs mail. Let another one sign first.")
FILE_THERE = _("A file for a key of this name is there already: take another selector.")


def suggested_selector(domain: str) -> str:
    """The selector (for a domain as A-label) of a key that is made today, "" where none can be."""
    directory = settings.MAILADMIN.dns.key_dir
    return next(_free_selectors(domain, RSA, directory), "") if directory is not None else ""


def make_key(*, actor: Actor, domain: str, kind: str = RSA, selector: str = "") -> DkimKey:
    """A new pair, its private half written where the signer reads it; it does not sign yet.

    Raises ValidationError, PermissionDenied.
    """
    name = _begin(actor, domain)
    program, directory = _place()
    try:
        program.check(name, kind)
        selector = _selector(name, selector) if selector else _new_selector(name, kind, directory)
        path = directory / file_name(name, selector)
        if os.path.lexists(path):
            raise FileExistsError
    except SignerFault as fault:
        raise _fault(program, fault) from fault
    except FileExistsError:
        _refuse("selector", "dkim.file_there", FILE_THERE)
    pair = make_rsa() if kind == RSA else make_ed25519()
    key = _new(name, selector, pair.spki, Origin.PANEL, KeyState.MADE, str(path))
    with one_action(), transaction.atomic():
        _log(actor, "make_dkim_key", key, "", KeyState.MADE)
        _insert(key)
        _write(program, path, pair)
    return key


def give_key(*, actor: Actor, domain: str, selector: str, pem: str) -> DkimKey:
    """Say which key signs where the panel cannot read it; of a private key only the public half
    is taken. Raises ValidationError, PermissionDenied.
    """
    name = _begin(actor, domain)
    selector = _selector(name, selector)
    try:
        spki = read_pem(pem)
    except KeyFault as fault:
        _refuse("pem", "dkim.no_pem", _("This is no key as PEM: %(why)s."), why=str(fault))
    key = _new(name, selector, spki, Origin.GIVEN, KeyState.SIGNS, "")
    key.signs_since = key.made_at
    with one_action(), transaction.atomic():
        _log(actor, "give_dkim_key", key, "", KeyState.SIGNS)
        _insert(key)
    return key


def look_at_key(*, actor: Actor, key: DkimKey) -> Look:
    """Ask DNS for the key's record; the first time it is there it counts as published.

    A look is no change of anybody's: it is not logged. Raises ValidationError, PermissionDenied.
    """
    _may(actor)
    _known(key)
    seen = look_for(key)
    if seen.seen == Seen.THERE and key.state == KeyState.MADE:
        key.state, key.seen_at = KeyState.PUBLISHED, timezone.now()
        DkimKey.objects.filter(pk=key.pk, state=KeyState.MADE).update(
            state=key.state, seen_at=key.seen_at
        )
    return seen


def switch_key(*, actor: Actor, key: DkimKey, force: bool = False) -> DkimKey:
    """Let the key sign from now on. The one before it signs no more and stays for the grace period.

    Refused before DNS shows the key. Also the way back to an old key, as long as it is there.
    Raises ValidationError, PermissionDenied.
    """
    _may(actor)
    if key.origin == Origin.GIVEN or key.state in (KeyState.SIGNS, KeyState.REMOVED):
        words = _("The state of this key is “%(state)s”: it cannot be switched to.")
        _refuse("__all__", "dkim.state", words, state=key.get_state_display())
    program, _directory = _place()
    _known(key)
    path = _whole(key)
    _published(key, look_at_key(actor=actor, key=key))
    now = timezone.now()
    with one_action(), transaction.atomic():
        # Two keys of a domain at once would both take the place of the same third one.
        one_at_a_time(DkimKey)
        _unchanged(key)
        outgoing = _outgoing(program, key, force=force)
        if outgoing is not None:
            _replace(actor, outgoing, now)
        _log(actor, "switch_dkim_key", key, key.state, KeyState.SIGNS)
        key.state, key.signs_since, key.old_since = KeyState.SIGNS, now, None
        key.save()
        try:
            program.check(key.domain, key.kind)
            program.switch(key.domain, key.selector, path, outgoing.selector if outgoing else "")
        except SignerFault as fault:
            raise _fault(program, fault) from fault
    return key


def retire_key(*, actor: Actor, key: DkimKey, force: bool = False) -> DkimKey:
    """Delete a key that does not sign: its file, if the panel made it, and the signer's row of it.

    Before the end of the grace period only with `force`. Raises ValidationError, PermissionDenied.
    """
    _may(actor)
    program = signer()
    if key.state == KeyState.REMOVED:
        _refuse("__all__", "dkim.state", _("This key is removed already."))
    findings = Findings()
    if _signs(program, key):
        findings.refuse("__all__", "dkim.still_signs", STILL_SIGNS)
    else:
        note_what_signs(key, signs=False)
    until = key.kept_until
    # Also of a key that was taken out of the tables by hand, whose state still says that it signs.
    if until is not None and timezone.now() < until:
        words = _(
            "Mail that was signed with this key may be under way until %(until)s: without the "
            "record its signature counts for nothing."
        )
        findings.warn("__all__", "dkim.in_grace", words, until=f"{until:%Y-%m-%d %H:%M} UTC")
    findings.settle(force=force)
    with one_action(), transaction.atomic():
        one_at_a_time(DkimKey)
        _unchanged(key)
        if _signs(program, key):
            _refuse("__all__", "dkim.still_signs", STILL_SIGNS)
        _log(actor, "retire_dkim_key", key, key.state, KeyState.REMOVED)
        key.state, key.removed_at = KeyState.REMOVED, timezone.now()
        key.save()
        if key.origin != Origin.PANEL:
            return key
        try:
            if program is not None:
                program.drop(key.domain, key.selector)
            if key.file is not None:
                delete_file(key.file)
        except SignerFault as fault:
            raise _fault(program, fault) from fault
    return key


def _outgoing(program: Signer, key: DkimKey, *, force: bool) -> Signing | None:
    """Which key signs no more, by the tables as they are now."""
    found = program.read([key.domain])
    if found.unreadable:
        _refuse("__all__", "dkim.not_read", "%(why)s", why="; ".join(found.problems))
    signing = found.of(key.domain)
    findings = Findings()
    if key.kind == ED25519 and not any(one.kind == RSA for one in signing):
        words = _(
            "Many receivers do not know Ed25519: without an RSA key beside it they take mail for "
            "unsigned."
        )
        findings.warn("__all__", "dkim.only_ed25519", words)
    findings.settle(force=force)
    return outgoing_of(key, signing)


def _may(actor: Actor) -> None:
    # A domain admin sees the keys of his domains; the files are the mail server's.
    if not actor.touches_everything:
        raise PermissionDenied


def _begin(actor: Actor, domain: str) -> str:
    _may(actor)
    try:
        return to_a_label(domain)
    except BadName:
        _refuse("domain", "dkim.no_name", _("%(name)s is no name that DNS can hold."), name=domain)


def _place() -> tuple[Signer, Path]:
    """The signer, and the directory its keys are in; refused where the settings name none."""
    program, directory = signer(), settings.MAILADMIN.dns.key_dir
    if program is None or directory is None:
        words = _("The panel does not know the signer: set %(names)s.")
        names = "MAILADMIN_DKIM_SIGNER, MAILADMIN_DKIM_KEY_DIR"
        _refuse("__all__", "dkim.no_signer", words, names=names)
    return program, directory


def _selector(domain: str, text: str) -> str:
    selector = text.strip().lower()
    if not is_selector(selector):
        words = _("A selector has letters, digits and hyphens, such as s2026.")
        _refuse("selector", "dkim.selector", words)
    if DkimKey.objects.filter(domain=domain, selector=selector).exists():
        _refuse("selector", "dkim.selector_used", USED)
    return selector


def _new_selector(domain: str, kind: str, directory: Path) -> str:
    free = next(_free_selectors(domain, kind, directory), "")
    if not free:
        # Nobody makes so many keys of a domain in a day.
        _refuse("selector", "dkim.selector_used", USED)
    return free


def _free_selectors(domain: str, kind: str, directory: Path) -> Iterator[str]:
    """`s20261124`, and a letter behind it where there is more than one in a day."""
    base = f"{'e' if kind == ED25519 else 's'}{timezone.now():%Y%m%d}"
    used: set[str] = set(DkimKey.objects.filter(domain=domain).values_list("selector", flat=True))
    for letter in ("", *ascii_lowercase[1:]):
        name = base + letter
        if name not in used and not os.path.lexists(directory / file_name(domain, name)):
            yield name


def _new(
    domain: str, selector: str, spki: bytes, origin: Origin, state: KeyState, path: str
) -> DkimKey:
    return DkimKey(
        domain=domain,
        selector=selector,
        kind=kind_of(spki),
        spki=b64encode(spki).decode("ascii"),
        path=path,
        origin=origin,
        state=state,
        made_at=timezone.now(),
    )


def _write(program: Signer, path: Path, pair: KeyPair) -> None:
    try:
        program.write_key(path, pair)
    except SignerFault as fault:
        raise _fault(program, fault) from fault
    except FileExistsError:
        _refuse("selector", "dkim.file_there", FILE_THERE)


def _known(key: DkimKey) -> None:
    """Refused for a key found at the signer, whose file the panel could not read."""
    if not key.spki:
        _refuse("__all__", "dkim.not_read", NOT_KNOWN, path=key.path or str(key))


def _whole(key: DkimKey) -> Path:
    """The key's file, which must still hold this key."""
    path = Path(key.path)
    try:
        same = read_key_file(path) == key.signer_key.spki
    except KeyFault as fault:
        _refuse("__all__", "dkim.not_read", "%(why)s", why=str(fault))
    if not same:
        words = _("%(path)s holds another key by now.")
        _refuse("__all__", "dkim.file_changed", words, path=key.path)
    return path


def _published(key: DkimKey, seen: Look) -> None:
    if seen.seen != Seen.THERE:
        code = "dkim.unknown" if seen.seen == Seen.UNKNOWN else "dkim.not_seen"
        _refuse("__all__", code, "%(why)s", why=seen.words)


def _replace(actor: Actor, outgoing: Signing, now: datetime) -> None:
    """The key that signed until now: it has a row from here on, if it had none."""
    key = DkimKey.objects.filter(domain=outgoing.domain, selector=outgoing.selector).first()
    if key is None:
        path = str(outgoing.path or "")
        key = _new(
            outgoing.domain,
            outgoing.selector,
            outgoing.spki or b"",
            Origin.FOUND,
            KeyState.OLD,
            path,
        )
    _log(actor, "replace_dkim_key", key, KeyState.SIGNS, KeyState.OLD)
    key.state, key.old_since = KeyState.OLD, now
    key.save()


def _unchanged(key: DkimKey) -> None:
    """Wait for whoever else is at this key; refused if he has changed it."""
    there = DkimKey.objects.select_for_update().filter(pk=key.pk).first()
    if there is None or there.state != key.state:
        words = _("Somebody else has just changed this key: look again.")
        _refuse("__all__", "changed_meanwhile", words)


def _insert(key: DkimKey) -> None:
    try:
        with transaction.atomic():
            key.save(force_insert=True)
    except IntegrityError:
        _refuse("selector", "dkim.selector_used", USED)


def _signs(program: Signer | None, key: DkimKey) -> bool:
    """Whether the signer uses it; what cannot be read counts as yes, a given one as no."""
    if key.origin == Origin.GIVEN:
        return False
    if program is None:
        return key.state == KeyState.SIGNS
    found = program.read([key.domain])
    return found.unreadable or any(one.selector == key.selector for one in found.of(key.domain))


def _fault(program: Signer | None, fault: SignerFault) -> Refused:
    words = explain(fault.obstacle)
    params = {"what": fault.what, "signer": program.name if program else ""}
    return Refused({"__all__": [ValidationError(words, str(fault.obstacle), params)]})


def _refuse(field: str, code: str, words: Any, **params: str) -> NoReturn:
    raise Refused({field: [ValidationError(words, code, params or None)]})


def _log(actor: Actor, action: str, key: DkimKey, before: str, after: str) -> None:
    """Selector, kind and state; nothing of the key itself."""
    row: dict[str, str | None] = {"selector": key.selector, "key_type": key.kind}
    record(
        actor=actor,
        action=action,
        object_type=OBJECT,
        key=str(key),
        domain=key.domain,
        before={**row, "key_state": before} if before else None,
        after={**row, "key_state": after},
    )
