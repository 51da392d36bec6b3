"""The words for every code of the DNS checks, for people who have never heard of SPF.

`mailkit.dns` speaks in codes. What was seen, what was expected and the records to publish come
with the check itself; here stands what it means, what it does to mail, and what to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from dnshealth.words import dkim, dmarc, receiving, secure, server, spf
from dnshealth.words.shape import FamilyWords, Text, Words
from mailkit.dns.results import Check, Severity, Status, Verdict

__all__ = [
    "FAMILIES",
    "SEVERITIES",
    "STATUSES",
    "VERDICTS",
    "WORDS",
    "FamilyWords",
    "Text",
    "Words",
    "family_name",
    "title_of",
    "words_of",
]

WORDS: Mapping[str, Words] = {
    **receiving.WORDS,
    **server.WORDS,
    **spf.WORDS,
    **dkim.WORDS,
    **dmarc.WORDS,
    **secure.WORDS,
}
FAMILIES: Mapping[str, FamilyWords] = {
    "domain": FamilyWords(_("Domain"), _("Does the domain exist, and can its records be read?")),
    "mx": FamilyWords(_("Receiving (MX)"), _("Where does mail for this domain go?")),
    "ptr": FamilyWords(
        _("Reverse names (PTR)"), _("Do the addresses we send from have a name, and is it ours?")
    ),
    "helo": FamilyWords(
        _("Server's name (HELO)"), _("Does the name that our server gives itself hold?")
    ),
    "spf": FamilyWords(_("SPF"), _("Which servers may send mail for this domain?")),
    "dkim": FamilyWords(_("DKIM"), _("Can receivers check the signature under our mail?")),
    "dmarc": FamilyWords(_("DMARC"), _("What are receivers to do with forged mail?")),
    "dnssec": FamilyWords(_("DNSSEC"), _("Are the domain's records signed against forgery?")),
    "tlsa": FamilyWords(_("DANE (TLSA)"), _("Can senders make sure that they talk to our server?")),
    "sts": FamilyWords(_("MTA-STS"), _("Are senders told to deliver encrypted?")),
    "tlsrpt": FamilyWords(_("TLS reports"), _("Who is told when encrypted delivery fails?")),
    "caa": FamilyWords(_("Certificates (CAA)"), _("Who may make certificates for this domain?")),
    "client": FamilyWords(_("Mail programs"), _("Do mail programs find our server by themselves?")),
    "bimi": FamilyWords(_("Logo (BIMI)"), _("Is a logo shown beside our mail?")),
    "dnsbl": FamilyWords(_("Blocklists"), _("Is one of our addresses on a blocklist?")),
}
STATUSES: Mapping[Status, Text] = {
    Status.PASS: _("in order"),
    Status.FAIL: _("fault"),
    Status.UNKNOWN: _("could not be checked"),
    Status.SKIPPED: _("not checked"),
}
SEVERITIES: Mapping[Severity, Text] = {
    Severity.CRITICAL: _("critical"),
    Severity.ERROR: _("error"),
    Severity.WARNING: _("warning"),
    Severity.NOTICE: _("notice"),
}
VERDICTS: Mapping[Verdict, Text] = {
    Verdict.OK: _("in order"),
    Verdict.NOTICE: _("notice"),
    Verdict.WARNING: _("warning"),
    Verdict.ERROR: _("error"),
    Verdict.CRITICAL: _("critical"),
    Verdict.UNKNOWN: _("could not be checked"),
}


def words_of(check: Check) -> Words | None:
    """The words for what a check found, its `detail` filled in; None without a code of its own.

    The detail is empty where the check lacks one of its values.
    """
    words = WORDS.get(check.code)
    if words is None:
        return None
    given = {name: value for name, value in check.params.items() if value != ""}
    try:
        detail = str(words.detail) % given if words.detail else ""
    except KeyError:
        detail = ""
    return replace(words, detail=detail)


def family_name(family: str) -> Text:
    """What a family is called in headings."""
    words = FAMILIES.get(family)
    return words.name if words else family


def title_of(key: str) -> Text:
    """What a code or a family is called in a line."""
    words = WORDS.get(key)
    return words.title if words else family_name(key)
