"""Passwords in what Postfix's and Dovecot's programs print, cut out before anything looks at it."""

from __future__ import annotations

import re

GONE = "(cut out)"
# A setting of its own: the whole value, and the lines that continue it. Not `password_query`,
# `default_pass_scheme`, `smtp_sasl_password_maps`, whose names go on.
_SETTING = re.compile(
    r"^([ \t]*[\w/]*(?:password|passwd|secret|api_key|nonce)[ \t]*=)[^\n]*"
    r"(?:\n[ \t]+(?![ \t}])[^=\n{}]+(?=\n|\Z))*",
    re.IGNORECASE | re.MULTILINE,
)
# Within a value: Dovecot's `connect`, libpq's strings, `args = password=...`.
_WITHIN = re.compile(r"(\bpass(?:word|wd)?=)(?:'(?:\\.|[^'\\])*'|[^\s,]+)", re.IGNORECASE)
_URI = re.compile(r"(://[^:@/\s]*:)[^@\s]*@")
_STATIC = re.compile(r"(\bstatic:[^:\s]+:)\S+")


def without_secrets(text: str) -> str:
    """The text with `GONE` in place of each password."""
    text = _SETTING.sub(rf"\1 {GONE}", text)
    text = _URI.sub(rf"\1{GONE}@", text)
    text = _STATIC.sub(rf"\1{GONE}", text)
    return _WITHIN.sub(rf"\1{GONE}", text)


# The same for sed(1), in the command that is run where the servers are. In double quotes for sh.
SED = "\n".join(
    (
        r"s/^([[:space:]]*[A-Za-z0-9_\/]*(password|passwd|secret|api_key|nonce)[[:space:]]*=).*"
        r"/\1 (cut out)/I",
        r"s#(:\/\/[^:@\/[:space:]]*:)[^@[:space:]]*@#\1(cut out)@#g",
        r"s/(static:[^:[:space:]]+:)[^[:space:]]+/\1(cut out)/g",
        r"s/(pass(word|wd)?=)([^[:space:],']+|'[^']*')/\1(cut out)/Ig",
    )
)
