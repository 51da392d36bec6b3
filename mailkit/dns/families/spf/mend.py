"""The SPF record to publish: what is there, with what is wrong taken out and ours put in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from ipaddress import collapse_addresses, ip_address

from mailkit.dns.families.spf.evaluate import Cause, Evaluation, Table, evaluate_once
from mailkit.dns.families.spf.parse import MISTAKES, SpfRecord, Term, parse, parse_term
from mailkit.dns.families.spf.walk import Node, last_all, mx_hosts, target
from mailkit.dns.records import txt_value
from mailkit.dns.subject import IPAddress, MailDomain, MailHost

MOST_LOOKUPS = 10
NARROW = {4: 16, 6: 32}
# A record above this, with the other TXT records of the name, makes answers too big for UDP.
LONG = 450
# Nobody writes more by hand; working on it would only give somebody a way to keep us busy.
MOST_TERMS = 200


def readable(parts: Iterable[bytes]) -> SpfRecord:
    """What the author of a broken record meant: blanks between strings, no quotes, plain dashes."""
    text = b" ".join(parts).decode("utf-8", "replace")
    text = re.sub(r"[\u2010-\u2015\u2212]", "-", text).replace("\xa0", " ")
    text = re.sub(r"[\"'\u2018-\u201f]", "", text).strip()
    text = re.sub(r"^\s*(?:v\s*=\s*)?spf1?[\s;,.:]*", "v=spf1 ", text, flags=re.IGNORECASE)
    text = re.sub(r"[;\s]+", " ", text)
    return parse(text.encode("ascii", "ignore"))


def network_term(network: object) -> Term:
    """The term that names a network or an address."""
    text = str(network)
    kind = "ip6" if ":" in text else "ip4"
    return parse_term(f"{kind}:" + text.removesuffix("/32" if kind == "ip4" else "/128"))


def first_record(domain: MailDomain, host: MailHost) -> str:
    """The record for a domain that has none: its MX hosts if they are ours, and our addresses."""
    words = [] if domain.send_only or domain.receives_elsewhere else ["mx"]
    return " ".join(["v=spf1", *words, *(network_term(ip).text for ip in host.ips), "~all"])


def mend(
    domain: MailDomain,
    host: MailHost,
    records: Iterable[SpfRecord],
    root: Node,
    table: Table,
    strangers: Iterable[IPAddress],
    *,
    voids: bool = False,
    narrow: bool = False,
    limit: int = MOST_LOOKUPS,
) -> str:
    """One record out of those that are there, which lets our addresses pass and no stranger.

    `voids` also takes dead names out; `narrow` also puts our own addresses in the place of wide
    networks, which may leave other senders out and is therefore a suggestion of its own. Includes
    are written out as networks until `limit` lookups are enough.
    """
    records = tuple(records)
    if sum(len(record.terms) for record in records) > MOST_TERMS:
        return first_record(domain, host)
    terms = _unique(fixed for record in records for term in _used(record) if (fixed := _fix(term)))
    ending = _ending(records, terms, root)
    # One of a kind (6): exp of two records, or the version of a second one behind the first.
    single = {t.kind: t for t in reversed(terms) if t.is_modifier}
    modifiers = [t for t in single.values() if t.kind not in ("redirect", "v")][::-1]
    terms = [t for t in terms if not t.is_modifier and t.kind != "all"]
    terms = [t for t in terms if t.kind != "ptr" and not _is_bad(root.child(t))]
    terms = [t for t in terms if t.qualifier != "+" or not _is_everybody(t)]
    terms = _without_many_mx(terms, root, table)
    if ending.kind == "redirect" and _lets_be(root.child(ending)):
        terms, ending = [*terms, parse_term(f"include:{ending.argument}")], parse_term("~all")
    if voids:
        terms = _without_voids(terms, root, table)
    if narrow:
        terms = _narrowed(terms, host)
    terms = _within_limit(terms, ending, root, table, limit)

    def text() -> str:
        return " ".join(["v=spf1", *(t.text for t in (*_unique(terms), ending, *modifiers))])

    def judged(ip: IPAddress) -> Evaluation | None:
        found = evaluate_once(ip, domain.name, host.hostname, table, record=text())
        return found if isinstance(found, Evaluation) else None

    ours, strangers = host.ips, tuple(strangers)
    _shut_out(strangers, terms, judged)
    if any((found := judged(ip)) and found.passes for ip in strangers):
        ending = parse_term("~all")  # it was the redirect
    for ip in ours:
        found = judged(ip)
        named = any(t.network and t.qualifier == "+" and ip in t.network for t in terms)
        if found.passes if found else named:
            continue
        if found is None:
            # Nobody knows what stands before it: the first place is sure.
            terms = [network_term(ip), *terms]
            continue
        terms = [*terms, network_term(ip)]
        found = judged(ip)
        if not found or not found.passes:
            # A term before it says no, or is an error.
            terms = [terms[-1], *terms[:-1]]
    if not voids and any((f := judged(ip)) and f.cause == Cause.VOID for ip in (*ours, *strangers)):
        # Something else was in front of it.
        return mend(
            domain, host, records, root, table, strangers, voids=True, narrow=narrow, limit=limit
        )
    # As a value of TXT: a backslash in a modifier's text is written twice.
    return txt_value(text().encode("ascii", "replace"))


def split(domain: MailDomain, text: str) -> tuple[tuple[str, str], ...]:
    """A long record as several: `(name, text)` each, what follows `_spf1` included by the first.

    Empty if the parts would cost more lookups than there are.
    """
    record = parse(text.encode("ascii", "ignore"))
    moved = [t for t in record.terms if t.qualifier == "+" and t.kind != "all" and not t.error]
    kept = [t.text for t in record.terms if t not in moved]
    parts: list[list[str]] = [[]]
    for term in moved:
        if len(" ".join(["v=spf1", *parts[-1], term.text, "~all"])) > LONG:
            parts.append([])
        parts[-1].append(term.text)
    names = [f"_spf{number}.{domain.name}" for number in range(1, len(parts) + 1)]
    if sum(t.costs_lookup for t in record.reached) + len(names) > MOST_LOOKUPS:
        return ()
    first = " ".join(["v=spf1", *(f"include:{name}" for name in names), *kept])
    rest = ((n, " ".join(["v=spf1", *p, "~all"])) for n, p in zip(names, parts, strict=True))
    return ((domain.name, first), *rest)


def _used(record: SpfRecord) -> list[Term]:
    """The terms without those behind the `all`, which have never let anybody in."""
    if not record.all:
        return list(record.terms)
    at = record.terms.index(record.all)
    return [*record.terms[: at + 1], *(t for t in record.terms[at:] if t.is_modifier)]


def _fix(term: Term) -> Term | None:
    """The term, mended if it is plain what was meant; None if it has to go."""
    if not term.error:
        return term
    word = term.text.rstrip(",;").replace("\ufffd", "")
    match = re.fullmatch(r"([+?~-]?)([a-z0-9.]+)((?::|=).+)?", word, re.IGNORECASE)
    if not match:
        return None
    qualifier, kind, rest = match.group(1), match.group(2).lower(), match.group(3) or ""
    kind = MISTAKES.get(kind, kind)
    if kind in ("a", "mx", "ip4", "ip6") and (network := _network(rest[1:])):
        return parse_term(qualifier + network.text)
    if kind == "all":
        rest = ""
    fixed = parse_term(qualifier + kind + rest)
    return None if fixed.error else fixed


def _network(text: str) -> Term | None:
    for kind in ("ip4", "ip6"):
        term = parse_term(f"{kind}:{text}")
        if not term.error:
            return term
    return None


def _unique(terms: Iterable[Term]) -> list[Term]:
    seen: dict[str, Term] = {}
    for term in terms:
        seen.setdefault(term.text.lower().lstrip("+"), term)
    return list(seen.values())


def _ending(records: tuple[SpfRecord, ...], terms: list[Term], root: Node) -> Term:
    """The all or redirect at the end; where records differ, the one that refuses less."""
    alls = [t.qualifier for record in records if (t := record.all)]
    alls = alls or [t.qualifier for t in terms if t.kind == "all"]
    if alls:
        return parse_term("-all" if set(alls) == {"-"} else "~all")
    redirect = next((t for t in terms if t.kind == "redirect"), None)
    if redirect and not _is_bad(root.child(redirect)):
        return redirect
    return parse_term("~all")


def _is_bad(node: Node | None) -> bool:
    """An include that makes the whole record an error. What could not be looked up is not bad."""
    if node is None:
        return False
    return any(below.dead or below.broken or below.loop for below in node.walk())


def _lets_be(node: Node | None) -> bool:
    """A record that says nothing, or `?all`, to whoever it does not name."""
    ending, followed = last_all(node)
    return followed and (ending is None or ending.qualifier == "?")


def _addresses(name: str, table: Table) -> list[str] | None:
    answers = [table.get((name, kind)) for kind in ("A", "AAAA")]
    if not all(answer and answer.known for answer in answers):
        return None
    return [value for answer in answers if answer for value in answer.values]


def _as_networks(term: Term, name: str, origin: str, table: Table) -> list[Term] | None:
    """What an `a` or `mx` comes to today; None if not all of it is known."""
    where = target(term, name, origin)
    if not where:
        return None
    hosts = [where]
    if term.kind == "mx":
        answer = table.get((where, "MX"))
        if answer is None or not answer.known:
            return None
        hosts = mx_hosts(answer)
    out = []
    for host in hosts:
        addresses = _addresses(host, table)
        if addresses is None:
            return None
        for address in addresses:
            length = term.cidr[1 if ":" in address else 0]
            suffix = "" if length is None else f"/{length}"
            out.append(network_term(address + suffix))
    return [t for t in out if not t.error]


def _flat(node: Node | None, origin: str, table: Table) -> list[Term] | None:
    """What an include comes to as ip4 and ip6; None if that is not the same for every mail."""
    record = node.record if node else None
    if node is None or record is None or _is_bad(node):
        return None
    out: list[Term] = []
    for term in record.reached:
        if term.kind == "all":
            if term.qualifier == "+":
                return None
            continue
        if term.error or term.qualifier not in ("+", ""):
            return None
        found: list[Term] | None = None
        if term.network is not None:
            found = [term]
        elif term.kind in ("a", "mx"):
            found = _as_networks(term, node.name, origin, table)
        elif term.kind in ("include", "redirect"):
            found = _flat(node.child(term), origin, table)
        if found is None:
            return None
        out += found
    return _collapsed(out)


def _collapsed(terms: list[Term]) -> list[Term]:
    networks = [term.network for term in terms if term.network is not None]
    four = collapse_addresses(n for n in networks if n.version == 4)
    six = collapse_addresses(n for n in networks if n.version == 6)
    return [network_term(network) for network in (*four, *six)]


def _replace(terms: list[Term], old: Term, new: Iterable[Term]) -> list[Term]:
    at = terms.index(old)
    return _unique([*terms[:at], *new, *terms[at + 1 :]])


def _within_limit(
    terms: list[Term], ending: Term, root: Node, table: Table, limit: int
) -> list[Term]:
    """Replace includes, then hosts, by their networks until `limit` lookups are enough."""

    def cost(term: Term) -> int:
        child = root.child(term)
        return int(term.costs_lookup) + (child.lookups if child else 0)

    while sum(map(cost, (*terms, ending))) > limit:
        choices = []
        for term in terms:
            if term.qualifier != "+" or not term.costs_lookup:
                continue
            hosts = term.kind in ("a", "mx")
            flat = (
                _as_networks(term, root.name, root.name, table)
                if hosts
                else _flat(root.child(term), root.name, table)
            )
            if flat is not None:
                # The fewest bytes for a lookup saved; an include before a host of our own.
                choices.append((hosts, sum(len(t.text) for t in flat) / cost(term), term, flat))
        if not choices:
            break
        _hosts, _price, term, flat = min(choices, key=lambda choice: choice[:2])
        terms = _replace(terms, term, flat)
    return terms


def _without_many_mx(terms: list[Term], root: Node, table: Table) -> list[Term]:
    for term in terms:
        where = target(term, root.name, root.name)
        answer = table.get((where, "MX")) if term.kind == "mx" else None
        networks = _as_networks(term, root.name, root.name, table)
        if answer and len(answer.values) > MOST_LOOKUPS and networks is not None:
            terms = _replace(terms, term, _alike(term, _collapsed(networks)))
    return terms


def _without_voids(terms: list[Term], root: Node, table: Table) -> list[Term]:
    """Dead names go; a host that lacks one kind of address, or an include with such, is written
    out, since the other kind's mail finds nothing there (RFC 7208, 4.6.4).
    """
    for term in terms:
        where = target(term, root.name, root.name)
        if not where:
            continue
        if term.kind == "exists":
            answer = table.get((where, "A"))
            if answer and answer.absent:
                terms = [t for t in terms if t != term]
        if term.kind in ("a", "mx"):
            networks = _as_networks(term, root.name, root.name, table)
            if networks is not None and len({t.kind for t in networks}) < 2:
                terms = _replace(terms, term, _alike(term, networks))
        flat = _flat(root.child(term), root.name, table) if term.kind == "include" else None
        if flat is not None:
            terms = _replace(terms, term, _alike(term, flat))
    return terms


def _alike(term: Term, networks: Iterable[Term]) -> list[Term]:
    """The networks, each with what the term says to them."""
    qualifier = term.qualifier.replace("+", "")
    return [parse_term(qualifier + network.text) for network in networks]


def _narrowed(terms: list[Term], host: MailHost) -> list[Term]:
    for term in terms:
        if term.network is None or not is_wide(term):
            continue
        ours = [network_term(ip) for ip in host.ips if ip in term.network]
        terms = _replace(terms, term, ours)
    return terms


def _is_everybody(term: Term) -> bool:
    """A network of length 0."""
    return 0 in term.cidr or (term.network is not None and term.network.prefixlen == 0)


def is_wide(term: Term) -> bool:
    """An ip4 above a /16 or an ip6 above a /32: more addresses than one sender has."""
    network = term.network
    return network is not None and network.prefixlen < NARROW[network.version]


def _shut_out(
    strangers: Iterable[IPAddress],
    terms: list[Term],
    judged: Callable[[IPAddress], Evaluation | None],
) -> None:
    """Take out, in place, each term that lets a stranger pass."""
    for ip in strangers:
        for _ in range(len(terms)):
            found = judged(ip_address(ip))
            culprit = next((t for t in terms if found and t.text == found.mechanism), None)
            if not found or not found.passes or culprit is None:
                break
            terms.remove(culprit)
