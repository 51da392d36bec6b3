"""Keeps `mailadmin_forwarding_target` in step with the panel's own writes to `forwardings`.

Each service that writes a forwarding says so here, in its own transaction. Rows that SQL makes or
changes are met by `mailboxes.target_refresh`; until then the table does not know them, so whoever
reads it looks at the row itself before believing it.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import quote, unquote

from mailboxes.models import ForwardingTarget
from mailkit.addresses import domain_of, lowered, split_destination

BATCH = 500
WIDTH = 255
_KEPT = "".join(sorted(set(string.printable) - set(string.whitespace) - {"%"}))
_SAFE = re.compile(r"[!-$&-~]*")
# What nearly every destination is; split_destination says the same of it, ten times slower.
_PLAIN = re.compile(r"[a-z0-9._+-]+@[a-z0-9.-]+(?:, ?[a-z0-9._+-]+@[a-z0-9.-]+)*")


def key_of(text: str) -> str:
    """A text as the table has it: ASCII without blanks, the same in every charset and collation."""
    return (text if _SAFE.fullmatch(text) else quote(text, safe=_KEPT))[:WIDTH]


def source_of(key: str) -> str:
    """The key in `forwardings` that `key_of` was made from."""
    return unquote(key)


def targets_in(destination: str) -> set[str]:
    """The addresses that a stored destination names, in lower case."""
    if _PLAIN.fullmatch(destination):
        return set(destination.replace(" ", "").split(","))
    return {lowered(one) for one in split_destination(destination)}


def target_keys(source: str, targets: Iterable[str]) -> dict[str, str]:
    """{key of a target: the target}, of one forwarding."""
    if source_of(key_of(source)) != source:
        # Longer than any address that Postfix asks for.
        return {}
    return {key_of(target): target for target in targets}


def rows_for(source: str, targets: Iterable[str]) -> Iterator[ForwardingTarget]:
    """What the table has of one forwarding."""
    key = key_of(source)
    for target_key, target in sorted(target_keys(source, targets).items()):
        yield ForwardingTarget(source=key, target=target_key, domain=key_of(domain_of(target)))


def note_targets(source: str, destination: str | None) -> None:
    """The forwarding of this source is written, or deleted (None)."""
    forget_targets([source])
    if destination is not None:
        add_targets({source: [destination]})


def add_targets(destinations: Mapping[str, Sequence[str]]) -> None:
    """New forwardings by their source; without a unique key there may be several rows of one."""
    ForwardingTarget.objects.bulk_create(
        (
            row
            for source, texts in destinations.items()
            for row in rows_for(source, set().union(*map(targets_in, texts)))
        ),
        batch_size=BATCH,
    )


def forget_targets(sources: Iterable[str]) -> None:
    """The forwardings of exactly these sources are gone."""
    keys = sorted({key_of(source) for source in sources})
    for start in range(0, len(keys), BATCH):
        batch = set(keys[start : start + BATCH])
        found = ForwardingTarget.objects.filter(source__in=batch).values_list("pk", "source")
        # By number, so that nothing but exactly these goes, whatever compares.
        gone = [pk for pk, source in found if source in batch]
        if gone:
            ForwardingTarget.objects.filter(pk__in=gone).delete()
