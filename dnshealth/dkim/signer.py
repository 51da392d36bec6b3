"""The program that signs, as the settings have it, and what it signs with."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.utils import timezone

from dnshealth.dkim.models import DkimKey, KeyState, Origin
from domains.models import Domain
from mailkit.dkim.opendkim import OpenDkim
from mailkit.dkim.rspamd import Rspamd
from mailkit.dkim.signing import Signer
from mailkit.dns.dkim_keys import ReadKeys, read_key_dir
from mailkit.dns.subject import SignerKey

# More names than a database takes in one query are looked for here.
FEW = 500
# The key is in a file, but the signer does not use it.
_IDLE = (KeyState.MADE, KeyState.PUBLISHED, KeyState.OLD)


def signer() -> Signer | None:
    """OpenDKIM or rspamd as MAILADMIN_DKIM_SIGNER names them, or None."""
    setting = settings.MAILADMIN.dns.dkim_signer
    if setting is None:
        return None
    kind, config = setting
    return OpenDkim(config) if kind == "opendkim" else Rspamd(config)


def signers_known() -> bool:
    """Whether the settings say where the keys are that sign."""
    dns = settings.MAILADMIN.dns
    return dns.dkim_signer is not None or dns.key_dir is not None


def note_what_signs(row: DkimKey, *, signs: bool) -> None:
    """Somebody changed the tables by hand: the grace period begins when that is first noticed, and
    is over once the key signs again. What is so is nobody's change here: it is not logged.
    """
    if row.origin == Origin.GIVEN or row.state not in (KeyState.SIGNS, KeyState.OLD):
        return
    if signs is (row.old_since is None):
        return
    row.old_since = None if signs else timezone.now()
    # Not where a step has just written something else.
    there = DkimKey.objects.filter(pk=row.pk, state=row.state, old_since__isnull=not signs)
    there.update(old_since=row.old_since)


def keys_of(wanted: list[str]) -> ReadKeys:
    """What signs these domains (A-labels), and which keys the panel has retired."""
    program = signer()
    directory = settings.MAILADMIN.dns.key_dir
    read = ReadKeys()
    signing = None
    if program is not None:
        found = program.read(wanted)
        read = found.read_keys()
        signing = None if found.unreadable else {(one.domain, one.selector) for one in found.rows}
    elif directory is not None:
        read = read_key_dir(directory, (*wanted, *_below(wanted)), only=wanted)
    rows = DkimKey.objects.filter(domain__in=wanted) if len(wanted) <= FEW else DkimKey.objects
    ours: dict[str, list[DkimKey]] = {}
    names = set(wanted)
    for row in rows.order_by("pk").iterator():
        if row.domain in names:
            if signing is not None:
                note_what_signs(row, signs=(row.domain, row.selector) in signing)
            ours.setdefault(row.domain, []).append(row)
    keys = dict(read.keys)
    for domain, some in ours.items():
        all_keys = _with_ours(keys.get(domain, ()), some, by_file=program is None)
        if signers_known() or any(not key.retired for key in all_keys):
            keys[domain] = all_keys
    return ReadKeys(keys, read.problems, read.unread, read.unreadable)


def _with_ours(
    found: tuple[SignerKey, ...], ours: list[DkimKey], *, by_file: bool
) -> tuple[SignerKey, ...]:
    """`by_file`: what was found are files, not what the signer's tables name."""
    idle = {row.selector for row in ours if row.state in _IDLE} if by_file else set()
    keys = [key for key in found if key.selector not in idle]
    there = {key.selector for key in keys}
    for row in ours:
        given = row.origin == Origin.GIVEN and row.state == KeyState.SIGNS
        if row.selector not in there and (given or row.state == KeyState.REMOVED):
            keys.append(row.signer_key)
    return tuple(keys)


def _below(wanted: list[str]) -> Iterable[str]:
    """Domains whose names begin as one of these: a file of theirs is told by the longest name."""
    rows = Domain.objects.all()
    if len(wanted) == 1:
        rows = rows.filter(pk__startswith=f"{wanted[0]}.")
    return rows.values_list("pk", flat=True)
