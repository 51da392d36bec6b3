"""The words for SPF: the list of those who may send mail for a domain."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from dnshealth.words.shape import Words

_INVALID = _(
    "Receivers take the record as broken and as good as none; with DMARC they may refuse all mail "
    "from this domain."
)
_BELOW = _("Publish the record below in place of the present one.")

WORDS = {
    "spf.missing": Words(
        _("Nothing says which servers may send for this domain"),
        _("SPF is a list, in a TXT record, of the servers that may send mail for a domain."),
        _(
            "Receivers cannot tell our mail from forged mail: much of it goes into spam, and large "
            "providers refuse it."
        ),
        _("Publish the record below. It names this server; add others that send for the domain."),
    ),
    "spf.multiple": Words(
        _("There are several SPF records"),
        _("A domain may have one SPF record only; with two, neither counts."),
        _INVALID,
        _("Publish the one record below, which allows what all of them allowed, and remove them."),
        _("There are %(count)s."),
    ),
    "spf.syntax": Words(
        _("The SPF record has a mistake"),
        _("Something in it, or in a record that it includes, is not written as receivers read it."),
        _INVALID,
        _BELOW,
        _("%(term)s: %(why)s."),
    ),
    "spf.non_ascii": Words(
        _("The SPF record has characters that are not allowed"),
        _(
            "Only plain letters, digits and signs may stand in it; often a curly quotation mark or "
            "a long dash came in by copying."
        ),
        _INVALID,
        _BELOW,
    ),
    "spf.bad_chunk_join": Words(
        _("Two parts of the SPF record run together"),
        _(
            "A long TXT record is stored in parts, which are joined without a blank. Here two "
            "words have become one."
        ),
        _INVALID,
        _BELOW,
    ),
    "spf.not_authorised": Words(
        _("The SPF record does not let our own server send"),
        _(
            "SPF lists the servers that may send for this domain, and one of our addresses is not "
            "among them."
        ),
        _("Our mail looks forged: receivers put it into spam or refuse it."),
        _("Publish the record below, which adds our addresses to what is there."),
        _("Not allowed: %(ips)s (result: %(result)s)."),
    ),
    "spf.lookups": Words(
        _("The SPF record needs too many lookups"),
        _(
            "Each include, a, mx and redirect costs receivers a question, and they stop at ten "
            "(RFC 7208)."
        ),
        _(
            "Beyond ten the record counts as broken, for some senders or for all; close to ten, "
            "the next change at an included provider breaks it."
        ),
        _(
            "Take out what no longer sends for you, and write networks (ip4, ip6) in place of "
            "includes, as in the record below."
        ),
        _("It needs %(count)s."),
    ),
    "spf.void": Words(
        _("The SPF record asks for names that do not exist"),
        _("Receivers give up after two questions without an answer (RFC 7208)."),
        _INVALID,
        _("Take out the names that are gone, as in the record below."),
    ),
    "spf.loop": Words(
        _("The SPF record goes round in a circle"),
        _("It includes a record that leads back to it."),
        _INVALID,
        _BELOW,
        _("It comes back at %(name)s."),
    ),
    "spf.include_dead": Words(
        _("The SPF record includes a domain that has none"),
        _("A provider's record that is included has gone, or its name is misspelt."),
        _INVALID,
        _("Take it out, as in the record below, or correct its name."),
        _("It is %(name)s."),
    ),
    "spf.include_unknown": Words(
        _("A record that the SPF record includes could not be looked up"),
        _("Its name server did not answer just now, so nobody can say what it allows."),
        _("Receivers that meet the same put off our mail, or take SPF as not there."),
        _("Check again later. If it stays so, ask the provider whose record it is."),
        _("It is %(name)s."),
    ),
    "spf.open": Words(
        _("The SPF record lets everybody send"),
        _("It ends in +all, or names a network that is the whole Internet."),
        _("Anybody can send in your name, and receivers count the record against you."),
        _("Publish the record below: who sends for you, and ~all for the others."),
        _("It is %(term)s."),
    ),
    "spf.wide": Words(
        _("The SPF record lets a very large network send"),
        _("It allows more addresses than any sender needs, so most of them are strangers'."),
        _("Strangers in that network can send in your name; filters are wary of it."),
        _("Name the addresses that really send, as in the record below."),
        _("It is %(term)s."),
    ),
    "spf.neutral": Words(
        _("The SPF record says nothing about everybody else"),
        _("It ends in ?all: “I do not say whether others may send.”"),
        _("Forged mail is treated as if there were no record."),
        _("End it with ~all, later with -all."),
    ),
    "spf.no_all": Words(
        _("The SPF record has no end"),
        _("The last word, ~all or -all, says what to do with mail from everybody else."),
        _("Forged mail is treated as if there were no record."),
        _("End it with ~all, later with -all."),
    ),
    "spf.ptr_mechanism": Words(
        _("The SPF record uses “ptr”"),
        _(
            "ptr asks for the names of the sender's address. It is slow and should not be used "
            "any more (RFC 7208)."
        ),
        _("Some receivers ignore it, and then our mail is not allowed."),
        _("Name addresses (ip4, ip6) in its place."),
    ),
    "spf.after_all": Words(
        _("Something stands behind “all” in the SPF record"),
        _("all matches everybody, so what comes after it is never read."),
        _("Who is named there is not allowed to send, whatever was meant."),
        _("Move it before all if it is needed, or take it out as below."),
        _("It is %(term)s."),
    ),
    "spf.redirect_ignored": Words(
        _("The SPF record has both “all” and “redirect”"),
        _("redirect counts only where there is no all."),
        _("The servers in the other record are not allowed to send."),
        _("Take one of the two out; the record below leaves redirect away."),
    ),
    "spf.duplicate_term": Words(
        _("Something stands in the SPF record twice"),
        _("The second one does nothing, but may cost receivers a question."),
        _("None, as long as the record needs no more than ten lookups."),
        _("Take one out, as below."),
        _("It is %(term)s."),
    ),
    "spf.too_long": Words(
        _("The SPF record is very long"),
        _("Long answers do not fit into one packet and need a second try."),
        _("Behind some firewalls the second try fails: SPF then cannot be checked there."),
        _("Shorten it, or split it as below."),
        _("It has %(bytes)s bytes."),
    ),
    "spf.type99": Words(
        _("There is an SPF record of the old type"),
        _("For some years SPF had a type of record of its own (99). Nobody reads it any more."),
        _("None; only, the two can come to differ."),
        _("Remove it; SPF stands in the TXT record."),
    ),
    "spf.senderid": Words(
        _("There is a Sender ID record"),
        _("Sender ID (spf2.0) was a rival of SPF and has been given up (RFC 6686)."),
        _("None."),
        _("Remove it."),
    ),
    "spf.mx_many": Words(
        _("A name in the SPF record has too many mail servers"),
        _("“mx” may lead to ten servers at most (RFC 7208)."),
        _INVALID,
        _("Name the addresses (ip4, ip6) in its place."),
    ),
}
