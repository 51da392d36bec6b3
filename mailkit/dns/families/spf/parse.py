"""An SPF record as terms: what each says, and what is wrong with how it is written (RFC 7208)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_network

# Each of these costs one of the ten lookups (4.6.4).
LOOKUP_TERMS = ("a", "mx", "ptr", "exists", "include", "redirect")
MECHANISMS = ("all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists")
MISTAKES = {"prt": "ptr", "ip": "ip4", "ipv4": "ip4", "ipv6": "ip6", "all.": "all"}

_VERSION = re.compile(rb"v=spf1(?: |$)", re.IGNORECASE)
_MODIFIER = re.compile(r"([a-z][a-z0-9_.-]*)=(.*)", re.IGNORECASE | re.DOTALL)
_DIRECTIVE = re.compile(
    r"([+?~-]?)([a-z0-9.]+)(?::([^/]*(?:/(?!/?\d+$|\d+//\d+$)[^/]*)*))?(/.*)?", re.I
)
_CIDR = re.compile(r"(?:/(0|[1-9]\d{0,2}))?(?://(0|[1-9]\d{0,2}))?")
_MACRO = re.compile(r"%(?:%|_|-|\{[slodiphcrtv]\d*r?[.\-+,/_=]*\})", re.IGNORECASE)
_WORDS_ONLY = re.compile(r"%\{[crt]", re.IGNORECASE)
_LABEL = r"(?:[a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9])"
_TOP = re.compile(rf"(?:^|\.)(?!\d+\.?$){_LABEL}\.?$", re.IGNORECASE)


@dataclass(frozen=True)
class Term:
    """One term of a record: `kind` in lower case, `argument` as written, `error` if it is wrong.

    `qualifier` is `+`, `-`, `~` or `?`, empty for a modifier. `network` is what an ip4 or ip6
    names. `cidr` is the length of an a or mx for IPv4 and IPv6, None where nothing is written.
    """

    text: str
    kind: str
    argument: str = ""
    qualifier: str = ""
    network: IPv4Network | IPv6Network | None = None
    cidr: tuple[int | None, int | None] = (None, None)
    error: str = ""

    @property
    def is_modifier(self) -> bool:
        return not self.qualifier

    @property
    def costs_lookup(self) -> bool:
        return not self.error and self.kind in LOOKUP_TERMS


@dataclass(frozen=True)
class SpfRecord:
    """A record's text and its terms in their order; bytes outside ASCII read as `\\ufffd`."""

    text: str
    terms: tuple[Term, ...]

    @cached_property
    def errors(self) -> tuple[Term, ...]:
        return tuple(term for term in self.terms if term.error)

    @property
    def ascii(self) -> bool:
        return self.text.isascii()

    @cached_property
    def all(self) -> Term | None:
        """The first `all`, behind which nothing is looked at (5.1)."""
        return next((t for t in self.terms if t.kind == "all" and not t.error), None)

    @cached_property
    def redirect(self) -> Term | None:
        """The redirect, if it counts: with an `all` it is ignored (6.1)."""
        if self.all:
            return None
        return next((t for t in self.terms if t.kind == "redirect" and not t.error), None)

    @cached_property
    def reached(self) -> tuple[Term, ...]:
        """What a receiver looks at: mechanisms up to the `all`, the redirect that counts."""
        terms = []
        for term in self.terms:
            if term.is_modifier:
                continue
            terms.append(term)
            if term is self.all:
                return tuple(terms)
        return (*terms, self.redirect) if self.redirect else tuple(terms)


def is_spf(raw: bytes) -> bool:
    """Receivers take this TXT record for SPF (4.5); the version's case does not matter."""
    return _VERSION.match(raw) is not None


def looks_like_spf(raw: bytes) -> bool:
    """It was meant to be SPF, but receivers do not see it as such."""
    return not is_spf(raw) and raw.strip().strip(b'"').lower().startswith((b"v=spf", b"spf1 "))


def parse(raw: bytes) -> SpfRecord:
    """The terms of a record for which `is_spf` holds. Never raises."""
    text = raw.decode("ascii", "replace")
    terms: list[Term] = []
    seen: set[str] = set()
    for word in text.split(" ")[1:]:
        if not word:
            continue
        term = parse_term(word)
        if term.kind in ("redirect", "exp") and term.kind in seen:
            term = replace(term, error=f"{term.kind}= stands there twice")
        seen.add(term.kind)
        terms.append(term)
    return SpfRecord(text, tuple(terms))


def parse_term(word: str) -> Term:
    """One word of a record as a term, with its error if a receiver would refuse it."""
    if not word.isascii() or any(not 0x20 < ord(char) < 0x7F for char in word):
        return Term(word, "", error="characters outside ASCII")
    modifier = _MODIFIER.fullmatch(word)
    if modifier:
        kind, argument = modifier.group(1).lower(), modifier.group(2)
        error = _domain_error(argument) if kind in ("redirect", "exp") else _macro_error(argument)
        return Term(word, kind, argument, error=error)
    return _parse_directive(word)


def _parse_directive(word: str) -> Term:
    match = _DIRECTIVE.fullmatch(word)
    if not match:
        return Term(word, "", qualifier="+", error="not a term of SPF")
    qualifier, kind, argument, lengths = match.groups()
    term = Term(word, kind.lower(), argument or "", qualifier or "+")
    if term.kind in MISTAKES:
        return replace(term, error=f"{kind} is not a mechanism, {MISTAKES[term.kind]} is")
    if term.kind not in MECHANISMS:
        return replace(term, error="not a mechanism of SPF")
    if term.kind in ("ip4", "ip6"):
        return _parse_network(term, lengths or "")
    if term.kind == "all":
        wrong = argument is not None or lengths
        return replace(term, error="nothing may follow all" if wrong else "")
    if term.kind in ("a", "mx"):
        return _parse_host(term, argument, lengths or "")
    if lengths and re.fullmatch(r"(?:/\d+)?(?://\d+)?", lengths):
        return replace(term, error=f"{term.kind} takes no length")
    argument = (argument or "") + (lengths or "")
    term = replace(term, argument=argument)
    if ":" not in word and term.kind == "ptr":
        return replace(term, error="ptr takes no length" if lengths else "")
    return replace(term, error=_domain_error(argument))


def _parse_network(term: Term, lengths: str) -> Term:
    version = IPv4Network if term.kind == "ip4" else IPv6Network
    found = re.fullmatch(r"(?:/(0|[1-9]\d*))?", lengths)
    if not found:
        return replace(term, error="not a network length")
    try:
        network = version(term.argument + lengths, strict=False)
    except ValueError:
        return replace(term, error=f"not an IPv{4 if term.kind == 'ip4' else 6} network")
    if "%" in term.argument:  # a zone of a link-local address is no part of SPF
        return replace(term, error="not an IPv6 network")
    return replace(term, argument=term.argument + lengths, network=network)


def _parse_host(term: Term, argument: str | None, lengths: str) -> Term:
    found = _CIDR.fullmatch(lengths)
    if not found:
        return replace(term, error="not a network length")
    four, six = (int(part) if part is not None else None for part in found.groups())
    term = replace(term, cidr=(four, six))
    if (four or 0) > 32 or (six or 0) > 128:
        return replace(term, error="a network length above 32, or 128 for IPv6")
    if argument is None:
        return term
    if _is_address(argument):
        return replace(term, error="an address, which ip4: or ip6: names")
    return replace(term, error=_domain_error(argument))


def _is_address(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def _macro_error(text: str) -> str:
    return "an unknown macro" if "%" in _MACRO.sub("", text) else ""


def _domain_error(text: str) -> str:
    """Why `text` is no domain-spec (7.1): it is empty, has a bad macro, ends in no top label."""
    if not text:
        return "a domain is missing"
    if _macro_error(text):
        return "an unknown macro"
    if _WORDS_ONLY.search(text):
        return "a macro that is for the words of exp only"
    ends_in_macro = re.search(r"(?:%%|%_|%-|%\{[^}]*\})$", text) is not None
    plain = _MACRO.sub("x", text)
    if not ends_in_macro and ("." not in plain.rstrip(".") or not _TOP.search(plain)):
        return "not a full domain name"
    return ""
