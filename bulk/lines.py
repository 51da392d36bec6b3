"""A job's items as its page shows them: what becomes of each row, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bulk.items import Item, Reason, Verdict
from bulk.words import FIELDS, VERDICT_COLORS, VERDICTS
from domains.keys import row_url

PAGES = {
    "domain": "show_domain",
    "mailbox": "show_mailbox",
    "forwarding": "change_forwarding",
    "transport": "change_transport",
}


@dataclass(frozen=True)
class Line:
    """`fields`: (name, before, after) of what changes; `effects`: what else comes of it."""

    number: int
    key: str
    url: str
    words: Any
    color: str
    fields: list[tuple[Any, str | None, str | None]]
    reasons: tuple[Reason, ...]
    effects: list[str]


def line_of(item: Item) -> Line:
    """An item in words."""
    page = PAGES.get(item.object_type)
    known = page and item.verdict != Verdict.CREATE
    return Line(
        item.line,
        item.key,
        row_url(page, item.key) if page and known else "",
        VERDICTS[item.verdict],
        VERDICT_COLORS[item.verdict],
        [(FIELDS.get(name, name), was, then) for name, (was, then) in item.changes.items()],
        item.reasons,
        effect_words(item.values.get("effects", {})),
    )


def effect_words(effects: Mapping[str, Any]) -> list[str]:
    """What else comes of it: {code: [how many, the first keys ..]}."""
    return [_effect(code, int(found[0]), found[1:]) for code, found in effects.items()]


def _effect(code: str, n: int, keys: list[str]) -> str:
    said = {"n": n, "keys": ", ".join(keys) + (" …" if len(keys) < n else "")}
    if code == "lose":
        text = ngettext(
            "the forwarding %(keys)s loses this target",
            "%(n)s forwardings lose this target: %(keys)s",
            n,
        )
    elif code == "keep":
        text = ngettext(
            "the forwarding %(keys)s would lead nowhere",
            "%(n)s forwardings would lead nowhere: %(keys)s",
            n,
        )
    elif code == "mailboxes":
        text = ngettext("%(n)s mailbox goes too", "%(n)s mailboxes go too", n)
    elif code == "forwardings":
        text = ngettext("%(n)s forwarding goes too", "%(n)s forwardings go too", n)
    elif code == "transports":
        text = ngettext("%(n)s transport goes too", "%(n)s transports go too", n)
    elif code == "orphans":
        text = _("what is in it stays, and gets no mail")
    else:
        text = code
    return text % said
