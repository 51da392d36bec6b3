"""How a lookup ended, in a sentence for each outcome; the code and its details stand in brackets.

Stored results keep the codes: "MX a.test. servfail: SERVFAIL" for a lookup that told nothing,
"a.test. MX nxdomain" for a record that is not there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from dnshealth.words.shape import Text
from mailkit.dns.answers import Outcome

OUTCOMES: Mapping[Outcome, Text] = {
    Outcome.OK: _("there is an answer"),
    Outcome.NODATA: _("there is no such record"),
    Outcome.NXDOMAIN: _("there is no such name"),
    Outcome.TIMEOUT: _("no answer came in time; the domain's name servers may be out of order"),
    Outcome.SERVFAIL: _("the domain's name servers gave our resolver no usable answer"),
    Outcome.BOGUS: _("the answer's signature (DNSSEC) does not hold, so nobody may believe it"),
    Outcome.REFUSED: _("the resolver we asked refuses to look this up for us"),
    Outcome.MALFORMED: _("what came back is no usable answer"),
    Outcome.NETWORK: _("the resolver we ask cannot be reached"),
    Outcome.BAD_NAME: _("this is no name that can be looked up"),
    Outcome.LOCAL: _("this server could open no more connections to ask"),
}
_CODES = "|".join(Outcome)
_LOOKUP = re.compile(rf"\b[A-Z0-9]+ \S*\. ({_CODES})\b")
_ABSENT = re.compile(rf"(\S*\. [A-Z0-9]+) ({Outcome.NODATA}|{Outcome.NXDOMAIN})")


def reason_words(reason: str) -> str:
    """Why something could not be told: a sentence for each outcome in it, then all of it."""
    outcomes = dict.fromkeys(_LOOKUP.findall(reason))
    if not outcomes:
        return reason
    return f"{'; '.join(str(OUTCOMES[Outcome(one)]) for one in outcomes)} ({reason})"


def seen_words(line: str) -> str:
    """A line of what was seen; where that is nothing, in words."""
    found = _ABSENT.fullmatch(line)
    if found is None:
        return line
    return f"{found[1]}: {OUTCOMES[Outcome(found[2])]} ({found[2]})"
