"""Reads a list of addresses as Postfix does, also what nobody should have written into a table.

Postfix takes the right-hand side of an alias for an RFC 822 address list, generously: names in
front of <addresses>, comments and groups are dropped, missing commas are added (so blanks and line
breaks separate), blanks inside an address go. Follows tok822_parse(3) and trivial-rewrite(8).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_BLANKS = " \t\r\n"
_OPERATORS = '|%!()<>@,;:\\".[]'
_WORD, _OPERATOR = "word", "operator"
# Most rows are this: addresses of plain characters with commas and blanks between them.
_ATEXT = r"[^\x00-\x20|%!()<>@,;:\\\"\[\]]"
_PLAIN = re.compile(rf"{_ATEXT}+@(?:{_ATEXT}+\.)*[^\x00-\x20|%!()<>@,;:\\\"\[\].]+")
_SEPARATORS = re.compile(r"[, \t\r\n]+")
_QUOTED = re.compile(r"[\x00-\x20\x7f()<>@,;:\\\"\[\]]|^$|^\.|\.\.|\.$")


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str

    def is_(self, character: str) -> bool:
        return self.kind == _OPERATOR and self.text == character


@lru_cache(maxsize=512)
def parse_address_list(text: str) -> tuple[str, ...]:
    """The addresses of a list, unquoted (`a b@example.org`); what has no domain stays without.

    `user%domain` and `domain!user` become user@domain, a last dot goes, as in canonical form.
    """
    parts = [part for part in _SEPARATORS.split(text) if part]
    if all(_PLAIN.fullmatch(part) for part in parts):
        return tuple(parts)
    return tuple(_canonical(tokens) for tokens in _group(_scan(text)))


def quote_local_part(address: str) -> str:
    """The address as Postfix asks the tables for it: the local part quoted where it must be."""
    local, at, domain = address.rpartition("@")
    if not at:
        local, domain = address, ""
    if not _QUOTED.search(local):
        return address
    return '"' + re.sub(r'(["\\])', r"\\\1", local) + '"' + at + domain


def _scan(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    at = 0
    while at < len(text):
        character = text[at]
        if character in _BLANKS:
            at += 1
        elif character == "(":
            at = _after_comment(text, at)
        elif character in '["':
            content, at = _collect(text, at + 1, "]" if character == "[" else '"')
            at += 1
            content = f"[{content}]" if character == "[" else content
            tokens.append(_Token(_WORD, content))
        elif character != "\\" and character in _OPERATORS:
            tokens.append(_Token(_OPERATOR, character))
            at += 1
        else:
            content, at = _collect(text, at, _BLANKS + _OPERATORS)
            tokens.append(_Token(_WORD, content))
    return tokens


def _collect(text: str, at: int, ends: str) -> tuple[str, int]:
    """The text up to one of `ends`, and where that is; a backslash takes the next character."""
    found = []
    while at < len(text):
        if text[at] == "\\":
            at += 1
            if at == len(text):
                break
        elif text[at] in ends:
            break
        found.append(" " if text[at] in _BLANKS else text[at])
        at += 1
    return "".join(found), at


def _after_comment(text: str, at: int) -> int:
    depth = 0
    while at < len(text):
        character = text[at]
        at += 2 if character == "\\" else 1
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0:
            break
    return at


def _group(tokens: list[_Token]) -> list[list[_Token]]:
    """The tokens of each address. Read from the right, as what stands there decides."""
    found: list[list[_Token]] = []
    end = len(tokens)
    at = end - 1
    word_may_follow, in_group = True, False

    def take(start: int) -> None:
        if start < end:
            found.append(tokens[start:end])

    while at >= 0:
        token = tokens[at]
        if token.is_(";"):
            take(at + 1)
            end = at
            word_may_follow = in_group = True
        elif token.is_(":") and in_group:
            # The name of a group stands before.
            take(at + 1)
            at = _back_to(tokens, at, ",")
            end = max(at, 0)
            continue
        elif token.is_(">"):
            take(at + 1)
            end = at
            at = _back_to(tokens, at, "<")
            if at == end - 1:
                found.append([])
            take(at + 1)
            # What stands before is the name of <address>.
            at = _back_to(tokens, at, ">;,:")
            end = max(at, 0)
            word_may_follow = True
            continue
        elif token.is_(","):
            take(at + 1)
            end = at
            word_may_follow = True
        elif token.kind == _OPERATOR:
            word_may_follow = True
        else:
            if not word_may_follow:
                take(at + 1)
                end = at + 1
            word_may_follow = False
        at -= 1
    take(0)
    return found[::-1]


def _back_to(tokens: list[_Token], at: int, characters: str) -> int:
    while at >= 0 and not (tokens[at].kind == _OPERATOR and tokens[at].text in characters):
        at -= 1
    return at


def _canonical(tokens: list[_Token]) -> str:
    tokens = list(tokens)
    if len(tokens) == 1 and tokens[0].is_("@"):
        return ""
    if tokens and tokens[0].is_("@"):
        # A source route, @relay:user@domain.
        colons = [index for index, token in enumerate(tokens[:-1]) if token.is_(":")]
        tokens = tokens[colons[0] + 1 :] if colons else tokens
    if not any(token.is_("@") for token in tokens):
        tokens = _with_at(tokens)
    if len(tokens) > 1 and tokens[-1].is_(".") and not (tokens[-2].is_(".") or tokens[-2].is_("@")):
        tokens.pop()
    return "".join(token.text for token in tokens)


def _with_at(tokens: list[_Token]) -> list[_Token]:
    # swap_bangpath and allow_percent_hack, both on by default.
    at_sign = _Token(_OPERATOR, "@")
    for index, token in enumerate(tokens):
        if token.is_("!"):
            return [*tokens[index + 1 :], at_sign, *tokens[:index]]
    for index in range(len(tokens) - 1, -1, -1):
        if tokens[index].is_("%"):
            return [*tokens[:index], at_sign, *tokens[index + 1 :]]
    return tokens
