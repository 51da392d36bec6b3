"""Where forwardings lead: circles, dead ends, mailboxes that get no more mail, other servers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set

from mailkit.lint.findings import Code, Finding
from mailkit.postfix.address_list import quote_local_part
from mailkit.postfix.aliases import (
    Expansion,
    ExpansionError,
    Table,
    entry_addresses,
    expand_many,
    takes_mail_away,
)
from mailkit.postfix.fates import Outcome, fates_of, is_held, mailbox_key
from mailkit.postfix.master import Settings
from mailkit.postfix.resolve import CachedTables, Class, ResolveTables, resolve, rules_of

TABLE = "forwardings"
# So many forwardings one after the other are hard to follow for people.
LONG_CHAIN = 3
# So many addresses of a row are named.
_NAMED = 10
_ENDLESS = {ExpansionError.SIZE: Code.TOO_MANY}


def judge_forwardings(
    rows: Sequence[tuple[str, str]], tables: ResolveTables, settings: Settings
) -> Iterator[Finding]:
    """Findings about these rows (source, destination); asks the tables a few times for all.

    A row that Postfix never finds (capitals where case counts) is followed by nobody, so it is
    left out here; nor does one without destination lead anywhere. Give it CachedTables to keep
    what it has asked.
    """
    known = tables if isinstance(tables, CachedTables) else CachedTables(tables)
    # Of two that differ by capitals the one in lower case is found: it comes last here.
    ordered = sorted(rows, key=lambda row: row[0] == row[0].lower())
    # One of nothing but blanks is followed, too: it has no end.
    sources = {source.lower(): source for source, text in ordered if source and text}
    there = known.forwardings(list(sources))
    alive = [key for key in sources if there.get(key)]
    # As cleanup(8) asks for them.
    starts = {key: quote_local_part(entry_addresses(key)[0]) for key in alive}
    expansions = expand_many(starts.values(), known, rules_of(settings))
    recipients = {one for found in expansions.values() for one in found.recipients}
    resolved = resolve(sorted(recipients), known, settings)
    fates = fates_of(resolved.values(), known, settings)
    dead = {one for one, fate in fates.items() if fate.is_dead}
    elsewhere = {
        one
        for one, fate in fates.items()
        if fate.outcome is Outcome.RELAYED and resolved[one].address_class is Class.DEFAULT
    }
    own = [key for key in alive if _is_about_a_mailbox(key, expansions[starts[key]])]
    with_mailbox = known.mailboxes(own) if own else frozenset()
    for key in alive:
        found = expansions[starts[key]]
        if found.error is not None:
            yield _endless(sources[key], found, found.error)
            continue
        for code, detail in _codes(key, there[key], found, dead, elsewhere, with_mailbox):
            yield Finding(code, TABLE, sources[key], tuple(detail[:_NAMED]))


def targets_without_anybody(source: str, tables: ResolveTables, settings: Settings) -> list[str]:
    """Final recipients of a row that are dead for good, all of them.

    Not those that a transport holds with `error:`: they are back once it is taken away.
    """
    known = CachedTables(tables)
    start = quote_local_part(entry_addresses(source)[0])
    recipients = expand_many([start], known, rules_of(settings))[start].recipients
    resolved = resolve(list(dict.fromkeys(recipients)), known, settings)
    fates = fates_of(resolved.values(), known, settings)
    return [
        one
        for one, found in resolved.items()
        if fates[one].is_dead and not is_held(found, settings)
    ]


def _endless(source: str, found: Expansion, error: ExpansionError) -> Finding:
    if found.loop is not None:
        return Finding(Code.LOOP, TABLE, source, found.loop[: _NAMED + 1])
    return Finding(_ENDLESS.get(error, Code.ENDLESS), TABLE, source)


def _codes(
    key: str,
    text: str,
    found: Expansion,
    dead: set[str],
    elsewhere: set[str],
    with_mailbox: Set[str],
) -> Iterator[tuple[Code, list[str]]]:
    recipients = list(found.recipients)
    if key.startswith("@") and text.strip().startswith("@"):
        # Which addresses of it are dead depends on the address; what it means is the same.
        yield Code.DOMAIN_ALIAS, [text.strip()]
        return
    gone = [one for one in recipients if one in dead]
    if gone:
        yield (Code.DEAD_END if len(gone) == len(recipients) else Code.DEAD_TARGET), gone
    if key.startswith("@"):
        yield Code.CATCH_ALL, recipients
    elif key in with_mailbox:
        taken = takes_mail_away(key, found)
        yield (Code.MAIL_TAKEN_AWAY, recipients) if taken else (Code.TO_ITSELF, [])
    away = [one for one in recipients if one in elsewhere]
    if away:
        yield Code.OFF_SITE, away
    twice = _repeated(found)
    if twice:
        yield Code.TWICE, twice
    chain = _longest_chain(found)
    if len(chain) > LONG_CHAIN:
        yield Code.CHAIN, chain


def _is_about_a_mailbox(key: str, found: Expansion) -> bool:
    """Whether the row takes all mail of a mailbox of this address, or leads to that alone."""
    # A row of an address with an extension leaves the mailbox the rest of its mail.
    if key.startswith("@") or found.error is not None or mailbox_key(found.address) != key:
        return False
    return takes_mail_away(key, found) or found.recipients == (found.address,)


def _repeated(found: Expansion) -> list[str]:
    """The addresses that the row itself names more than once."""
    # A row that Postfix would ask for in another form answers nothing.
    named = found.steps[0].answer if found.steps else ()
    if len(set(named)) == len(named):
        return []
    return [one for one, times in Counter(named).items() if times > 1]


def _longest_chain(found: Expansion) -> list[str]:
    """The addresses of the longest way through rows of `forwardings`, the source first."""
    becomes: Mapping[str, Sequence[str]] = {
        step.address: step.answer for step in found.steps if step.table is Table.FORWARDINGS
    }
    if len(becomes) < LONG_CHAIN:
        return []
    # What each address is reached by at the latest; there is no circle, but the address itself.
    longest: dict[str, list[str]] = {}
    first = next(iter(becomes))
    waiting = [[first]]
    while waiting:
        way = waiting.pop()
        address = way[-1]
        if len(longest.get(address, ())) >= len(way):
            continue
        longest[address] = way
        waiting += [[*way, one] for one in becomes.get(address, ()) if one not in way]
    return max(
        (way for address, way in longest.items() if address not in becomes),
        key=len,
        default=[],
    )
