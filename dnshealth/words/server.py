"""The words for the mail host: reverse names, HELO, blocklists, and the key it shows (DANE)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from dnshealth.words.shape import Words

_REFUSED = _("Many large providers refuse all mail from it, for every domain here.")
_PROVIDER = _(
    "Reverse names are set where the address comes from: in the control panel of the server's "
    "provider, or by asking him. Name the mail server there, as below."
)

WORDS = {
    "ptr.missing": Words(
        _("A sending address has no name"),
        _(
            "A PTR record gives an address its name, the reverse of what usual records do. "
            "Receivers look it up before they take mail: servers have one, infected home "
            "computers mostly do not."
        ),
        _REFUSED,
        _PROVIDER,
        _("The address is %(ip)s."),
    ),
    "ptr.not_confirmed": Words(
        _("A sending address has a name that does not lead back to it"),
        _(
            "Anybody can give his address any name. So receivers look the name up too, and "
            "believe it only if the same address comes out."
        ),
        _REFUSED,
        _("Publish the address of the name, or have the reverse name set to the mail server's."),
        _("The address is %(ip)s."),
    ),
    "ptr.helo_mismatch": Words(
        _("A sending address has another name than the one our server says it has"),
        _(
            "When two mail servers meet, the sender says its name (HELO). The name of its address "
            "(PTR) should be the same."
        ),
        _("Filters count it against our mail, and some servers refuse it."),
        _(
            "Have the reverse name set to the mail server's, as below, or let Postfix say the "
            "other one (myhostname in main.cf)."
        ),
        _("The address is %(ip)s."),
    ),
    "ptr.generic": Words(
        _("A sending address has a name as providers make for home connections"),
        _("The name has the address's numbers in it, or a word such as “dyn” or “pool”."),
        _(
            "Filters take the server for an infected home computer: mail ends up in spam, or is "
            "refused."
        ),
        _PROVIDER,
        _("The address is %(ip)s."),
    ),
    "ptr.multiple": Words(
        _("A sending address has several names"),
        _("Receivers take one of them by chance."),
        _("Usually none; now and then a receiver takes a name that does not fit, and is wary."),
        _("Keep the name of the mail server, and have the others removed."),
        _("The address is %(ip)s."),
    ),
    "helo.no_address": Words(
        _("The name that our server gives itself has no address"),
        _(
            "When two mail servers meet, the sender says its name (HELO). Receivers look it up, "
            "to see whether it exists."
        ),
        _("Servers that insist on it refuse all our mail; filters count it against us."),
        _(
            "Publish the records below, or correct the name: myhostname in main.cf and "
            "MAILADMIN_MAIL_HOSTNAME."
        ),
    ),
    "helo.not_fqdn": Words(
        _("The name that our server gives itself is not a full one"),
        _("In HELO a server says its full name with its domain, such as mail.example.org."),
        _("Many servers refuse mail from a server that does not."),
        _("Set the full name: myhostname in main.cf and MAILADMIN_MAIL_HOSTNAME."),
    ),
    "helo.spf": Words(
        _("Our server's own name has no SPF record that lets it send"),
        _(
            "Bounces and other automatic mail have no sender; receivers then check SPF, the list "
            "of who may send, for the name in HELO."
        ),
        _("Bounces from here are more likely to be taken for spam."),
        _("Publish the record below."),
        _("Result for %(ip)s: %(result)s."),
    ),
    "dnsbl.listed": Words(
        _("A sending address is on a blocklist"),
        _(
            "Blocklists collect addresses that spam came from. Often a mailbox's password was "
            "guessed and somebody sends with it, or the address was another's before."
        ),
        _("Every server that asks this list refuses our mail, or puts it into spam."),
        _(
            "Find the cause first: look into Postfix's queue and log for mail that you did not "
            "expect. Then ask the list to take the address off."
        ),
        _("%(ip)s is on %(list)s."),
    ),
    "dnsbl.refused": Words(
        _("A blocklist does not answer us"),
        _(
            "Many lists answer no questions that come from large public resolvers or without a "
            "contract."
        ),
        _("Nothing is wrong with our mail; it only cannot be told whether we are on this list."),
        _("Ask through a resolver of your own (MAILADMIN_DNS_SERVERS), or leave the list out."),
        _("The list is %(list)s."),
    ),
    "tlsa.missing": Words(
        _("The zone is signed, but says nothing about our server's key"),
        _(
            "A TLSA record (DANE) says which key the mail server shows, so that nobody between "
            "can pass for it. It works here, since the zone is signed."
        ),
        _("Mail arrives. Senders cannot insist on encryption as they could with DANE."),
        _("Publish the record below. It has to be changed whenever the server's key changes."),
    ),
    "tlsa.mismatch": Words(
        _("The TLSA record names another key than the server shows"),
        _(
            "The record says which key to expect on port 25; the server shows a different one, "
            "mostly since its certificate was renewed with a new key."
        ),
        _(
            "Every sender that checks DANE, large providers among them, delivers nothing: mail "
            "waits there and comes back after days."
        ),
        _(
            "Publish the record below now. Let renewals keep the key, or publish the next one "
            "before it is used."
        ),
    ),
    "tlsa.not_secure": Words(
        _("There is a TLSA record, but its zone is not signed"),
        _("A TLSA record counts only if DNSSEC proves it and the addresses of our server."),
        _("Senders ignore it: no better than none."),
        _("Sign the zone and have its DS put at the registrar, or remove the record."),
    ),
    "tlsa.syntax": Words(
        _("A TLSA record cannot be used"),
        _("It is one that mail servers do not take, or its fingerprint is not whole."),
        _("Senders pass over it; if it is the only one, they know no key of ours."),
        _("Publish the record below in its place."),
        _("%(why)s."),
    ),
    "tlsa.no_rollover": Words(
        _("There is only one TLSA record"),
        _("When the server's key changes, resolvers remember the old record for a while."),
        _("In that time senders that check DANE deliver nothing."),
        _("Publish a second one, for the next key or for the authority that signs it."),
    ),
}
