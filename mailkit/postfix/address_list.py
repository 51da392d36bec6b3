"""Reads a list of addresses as Postfix does, also what nobody should have written into a table.

Postfix takes the right-hand side of an alias for an RFC 822 address list, generously: names in
front of <addresses>, comments and groups are dropped, missing commas are added (so blanks and line
breaks separate), blanks inside an address go. Follows tok822_parse(3) and trivial-rewrite(8).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

_BLANKS = " \t\r\n"
_OPERATORS = '|%!()<>@,;:\\".[]'
# Most rows are this: addresses of plain characters with commas and blanks between them.
_ATEXT = r"[^\x00-\x20\x7f|%!()<>@,;:\\\"\[\].]"
_PLAIN = re.compile(rf"(?:{_ATEXT}|\.)+@(?:{_ATEXT}+\.)*{_ATEXT}+")
_SEPARATORS = re.compile(r"[, \t\r\n]+")
_QUOTED = re.compile(r"[\x00-\x20\x7f()<>@,;:\\\"\[\]]|^$|^\.|\.\.|\.$")


class _Kind(Enum):
    ATOM = 1
    QUOTED = 2
    LITERAL = 3
    OPERATOR = 4


@dataclass(frozen=True)
class _Token:
    """A part of a list; `text` is without quotes, backslashes and brackets."""

    kind: _Kind
    text: str

    def is_(self, character: str) -> bool:
        return self.kind is _Kind.OPERATOR and self.text == character

    @property
    def plain(self) -> str:
        """As Postfix handles it internally, without quotes."""
        return f"[{self.text}]" if self.kind is _Kind.LITERAL else self.text

    @property
    def written(self) -> str:
        """As it stands in a list."""
        if self.kind is _Kind.QUOTED:
            return '"' + re.sub(r'(["\\])', r"\\\1", self.text) + '"'
        if self.kind is _Kind.LITERAL:
            return "[" + self.text.replace("\\", "\\\\") + "]"
        return self.text


_AT = _Token(_Kind.OPERATOR, "@")


@lru_cache(maxsize=128)
def parse_address_list(text: str, origin: str = "") -> tuple[str, ...]:
    """The addresses of a list, in canonical form and unquoted (`a b@example.org`).

    `user%domain` and `domain!user` become user@domain, a last dot goes; what has no domain gets
    `origin`, which is myorigin in main.cf, or stays without.
    """
    parts = [part for part in _SEPARATORS.split(text) if part]
    if all(_PLAIN.fullmatch(part) for part in parts):
        return tuple(parts)
    if text == "<>":
        return ("",)
    return tuple(_canonical(tokens, origin) for tokens in _group(_scan(text)))


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
            tokens.append(_Token(_Kind.LITERAL if character == "[" else _Kind.QUOTED, content))
            at += 1
        elif character != "\\" and character in _OPERATORS:
            tokens.append(_Token(_Kind.OPERATOR, character))
            at += 1
        else:
            content, at = _collect(text, at, _BLANKS + _OPERATORS)
            quoted = any(one in _OPERATORS or one <= " " or one == "\x7f" for one in content)
            tokens.append(_Token(_Kind.QUOTED if quoted else _Kind.ATOM, content))
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
        elif token.kind is _Kind.OPERATOR:
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
    while at >= 0 and not (tokens[at].kind is _Kind.OPERATOR and tokens[at].text in characters):
        at -= 1
    return at


def _canonical(tokens: list[_Token], origin: str) -> str:
    """One address as trivial-rewrite(8) writes it."""
    # Blanks within an address go when it is cut out of the list; it is then read once more.
    tokens = _scan("".join(token.written for token in tokens))
    if not tokens or tokens == [_AT]:
        return ""
    if tokens[0] == _AT:
        # A source route, @relay:user@domain.
        colons = [index for index, token in enumerate(tokens[:-1]) if token.is_(":")]
        tokens = tokens[colons[0] + 1 :] if colons else tokens
    if _AT not in tokens and not (len(tokens) == 1 and tokens[0].written == '""'):
        tokens = _with_domain(tokens, origin)
    if (
        len(tokens) > 1
        and _AT in tokens
        and tokens[-1].is_(".")
        and not (tokens[-2].is_(".") or tokens[-2] == _AT)
    ):
        tokens.pop()
    return "".join(
        token.plain + (" " if _has_blank_between(token, after) else "")
        for token, after in zip(tokens, [*tokens[1:], None], strict=True)
    )


def _with_domain(tokens: list[_Token], origin: str) -> list[_Token]:
    # swap_bangpath and allow_percent_hack, both on by default.
    for index, token in enumerate(tokens):
        if token.is_("!"):
            return [*tokens[index + 1 :], _AT, *tokens[:index]]
    for index in range(len(tokens) - 1, -1, -1):
        if tokens[index].is_("%"):
            return [*tokens[:index], _AT, *tokens[index + 1 :]]
    return [*tokens, _AT, *_scan(origin)] if origin else tokens


def _has_blank_between(token: _Token, after: _Token | None) -> bool:
    if after is None:
        return False
    if token.is_(",") or after.is_("<"):
        return True
    return token.kind is not _Kind.OPERATOR and after.kind is not _Kind.OPERATOR
