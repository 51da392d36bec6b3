"""The words for what leads mail to a domain: the domain itself and its MX records."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from dnshealth.words.shape import Words

_LOST = _("Mail to this domain comes back to its senders, or never arrives.")
_SOME = _("Some of the mail to this domain is late, comes back, or never arrives.")

WORDS = {
    "domain.nxdomain": Words(
        _("The domain does not exist"),
        _(
            "Name servers say that there is no such domain: it is not registered, has run out, or "
            "is not delegated to the name servers that hold its records."
        ),
        _("Nobody can send mail to it, and servers refuse mail from it, for a sender must exist."),
        _(
            "Look at the registrar whether it is registered, paid for, and has the right name "
            "servers (NS). Is it spelt right? If nobody needs it, delete it here."
        ),
    ),
    "domain.bad_name": Words(
        _("This is no name that DNS can hold"),
        _("Only letters, digits and hyphens may stand between the dots of a domain for mail."),
        _("No server can look it up: it neither gets nor sends mail."),
        _("Delete the row, and add the domain with its right name."),
        _("%(why)s."),
    ),
    "domain.dnssec_bogus": Words(
        _("DNSSEC is broken: the signatures do not fit"),
        _(
            "DNSSEC signs a domain's records, and a fingerprint of the key (DS) lies at the "
            "registry. Here the records are signed with another key, not at all, or too long ago."
        ),
        _(
            "Every server that checks signatures treats the domain as if it were gone. Large "
            "providers do: their mail to you waits and then comes back, yours is refused."
        ),
        _(
            "Have the zone signed anew, or put the DS of its present key at the registrar. "
            "If you do not use DNSSEC, have the DS removed there."
        ),
    ),
    "mx.missing": Words(
        _("No MX record says where mail for this domain goes"),
        _(
            "The MX record names the mail server of a domain. Without one, senders try the address "
            "of the domain itself, which is often a web server."
        ),
        _LOST,
        _("Publish the MX record below."),
    ),
    "mx.null": Words(
        _("The domain says that it takes no mail"),
        _("An MX record with only a dot (null MX) means: never send mail here."),
        _("Every sender gives up at once, and the mail comes back."),
        _("Publish the MX record below in place of the one with the dot."),
    ),
    "mx.null_mixed": Words(
        _("An MX record says “no mail here” beside others that name a server"),
        _("The record with only a dot (null MX) may stand alone only; with others it is an error."),
        _("Some servers send back the mail to this domain, others ignore the record."),
        _("Remove the record with the dot."),
    ),
    "mx.not_ours": Words(
        _("Mail for this domain goes to another server"),
        _("None of the names in the MX records leads to an address of this mail server."),
        _("Mail for the mailboxes here is delivered elsewhere, or comes back."),
        _(
            "Publish the MX record below and remove the others. If another server is meant to "
            "receive, this domain need not be here."
        ),
    ),
    "mx.foreign_extra": Words(
        _("One of the MX records names a server that is not ours"),
        _("Senders may choose it, above all when ours does not answer for a moment."),
        _(
            "Mail can end up on the other server and be lost there. Spammers choose the last "
            "server on purpose, for it often filters less."
        ),
        _("Remove it. If it is your backup server, name it in MAILADMIN_BACKUP_MX."),
        _("It names %(target)s."),
    ),
    "mx.target_cname": Words(
        _("The MX record names an alias"),
        _(
            "The name of a mail server has to have addresses of its own; an alias (CNAME) is "
            "forbidden there (RFC 2181)."
        ),
        _("Most servers deliver all the same; some refuse, and the mail comes back."),
        _("Name the server itself, as in the record below."),
        _("%(target)s is an alias."),
    ),
    "mx.target_missing": Words(
        _("The mail server in the MX record has no address"),
        _(
            "The name exists in the MX record only: there is neither an A nor an AAAA record for "
            "it."
        ),
        _LOST,
        _("Publish the record below. Is the name spelt right?"),
        _("%(target)s has no address."),
    ),
    "mx.target_partial": Words(
        _("Our mail server's name also leads to addresses that are not ours"),
        _("Senders take one of the addresses by chance."),
        _SOME,
        _(
            "Remove the addresses that are wrong. If the server has them, add them to "
            "MAILADMIN_MAIL_IPS."
        ),
        _("Not ours: %(ip)s."),
    ),
    "mx.target_private": Words(
        _("The mail server's name leads to an address that the Internet cannot reach"),
        _("The address belongs to a network that exists inside houses and laboratories only."),
        _LOST,
        _("Publish the server's public address in its place."),
        _("%(ip)s (%(network)s)."),
    ),
    "mx.target_ip": Words(
        _("The MX record holds an address where a name belongs"),
        _("An MX record has to name a server; its address stands in a record of that name."),
        _LOST,
        _("Put the name of the mail server there, as below."),
        _("It holds %(target)s."),
    ),
    "mx.target_syntax": Words(
        _("The MX record holds something that is no host name"),
        _("Only letters, digits and hyphens may stand between the dots of a host's name."),
        _LOST,
        _("Put the name of the mail server there, as below."),
        _("It holds %(target)s."),
    ),
    "mx.no_ipv4": Words(
        _("Our mail server can be reached by IPv6 only"),
        _("Its name has an AAAA record and no A record."),
        _("Servers without IPv6, and there are many, cannot deliver: their mail comes back."),
        _("Publish an A record with the server's IPv4 address."),
    ),
    "mx.no_ipv6": Words(
        _("Our mail server has IPv6, but its name does not say so"),
        _(
            "There is an A record and no AAAA record, though MAILADMIN_MAIL_IPS has an IPv6 "
            "address."
        ),
        _(
            "Mail arrives by IPv4. Mail that we send by IPv6 may be refused, because the "
            "address and the name do not confirm each other."
        ),
        _("Publish the AAAA record below."),
    ),
}
