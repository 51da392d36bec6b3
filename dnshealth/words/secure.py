"""The words for what makes delivery safer, for logos, and for mail programs' settings."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from dnshealth.words.shape import Words

_IGNORED = _("Senders ignore it: an eavesdropper between can have mail sent unencrypted.")
_TYPED = _("Everybody has to type the server's name into the mail program by hand.")

WORDS = {
    "sts.missing": Words(
        _("Senders are not told to insist on encryption"),
        _(
            "MTA-STS is a record and a small file on a web server, which tell senders to deliver "
            "encrypted and to which servers."
        ),
        _("Mail arrives. An eavesdropper between can have it sent unencrypted."),
        _(
            "If you want it: publish the records below, and serve the policy shown at the address "
            "named, by HTTPS with a valid certificate."
        ),
        _("The policy belongs at %(url)s"),
    ),
    "sts.record": Words(
        _("The MTA-STS record has a mistake"),
        _("It has to be v=STSv1; and an id of letters and digits."),
        _IGNORED,
        _("Publish the record below in its place."),
    ),
    "sts.multiple": Words(
        _("There are several MTA-STS records"),
        _("With more than one, none counts."),
        _IGNORED,
        _("Keep one, and remove the others."),
    ),
    "sts.policy_fetch": Words(
        _("The MTA-STS policy cannot be fetched"),
        _(
            "The record says that there is a policy, but the web server does not give it, or its "
            "certificate is not valid."
        ),
        _(
            "Senders that know no older policy of yours ignore MTA-STS; others go by the old one "
            "until it runs out."
        ),
        _("Serve the policy as shown, as text/plain, by HTTPS, without a redirect."),
        _("%(url)s: %(why)s."),
    ),
    "sts.policy": Words(
        _("The MTA-STS policy has a mistake"),
        _("The file is not written as senders read it."),
        _IGNORED,
        _("Serve the policy as shown, then give the record a new id."),
        _("%(why)s."),
    ),
    "sts.mx_mismatch": Words(
        _("The MTA-STS policy does not name all mail servers"),
        _(
            "Senders that keep to it deliver only to the servers it names, but the MX records name "
            "others too."
        ),
        _(
            "In the mode enforce mail to the others waits and comes back; in testing it is only "
            "reported."
        ),
        _("Add them to the policy as shown, then give the record a new id."),
        _("Missing: %(target)s."),
    ),
    "sts.testing": Words(
        _("MTA-STS does not protect yet"),
        _("The policy says testing or none: senders report troubles, and deliver all the same."),
        _("An eavesdropper between can have mail sent unencrypted."),
        _("When the reports show no trouble, set mode: enforce, and give the record a new id."),
    ),
    "sts.max_age": Words(
        _("The MTA-STS policy is forgotten too soon"),
        _("max_age says for how long senders remember it; under a day it is of little use."),
        _("Between two mails senders forget it, and an eavesdropper can hide it from them."),
        _("Set it to some weeks, such as 2592000 seconds, and give the record a new id."),
        _("It is %(max_age)s seconds."),
    ),
    "sts.id_stale": Words(
        _("The MTA-STS policy is new, but its id is the old one"),
        _("Senders fetch the policy again only if the id in the record has changed."),
        _("They go by the old policy, and may not deliver to a new mail server."),
        _("Publish the record below, with a new id."),
    ),
    "tlsrpt.missing": Words(
        _("Nobody is told when encrypted delivery to us fails"),
        _("A TLS-RPT record names an address that senders report failures of encryption to."),
        _("None on mail; you only do not notice when senders have trouble with our certificate."),
        _("Publish the record below."),
    ),
    "tlsrpt.syntax": Words(
        _("The TLS-RPT record has a mistake"),
        _("It is not written as senders read it."),
        _("Senders ignore it, and you get no reports."),
        _("Publish the record below in its place."),
        _("%(detail)s."),
    ),
    "dnssec.unsigned": Words(
        _("The domain is not signed (DNSSEC)"),
        _("DNSSEC signs a domain's records, so that nobody between can change them."),
        _("Mail works. Whoever can forge DNS answers could lead your mail elsewhere."),
        _(
            "Many providers sign with one click. Where the zone is signed already, have its DS put "
            "at the registrar."
        ),
    ),
    "caa.blocks_us": Words(
        _("The domain forbids our authority to make certificates"),
        _(
            "CAA records say which authorities may make certificates for a domain; ours is not "
            "among them."
        ),
        _(
            "The next certificate is refused. When the old one runs out, mail programs show errors "
            "or do not connect."
        ),
        _(
            "Publish the record below. If your authority is another one, name it in "
            "MAILADMIN_CERTIFICATE_AUTHORITY."
        ),
        _("Ours is %(ca)s."),
    ),
    "caa.missing": Words(
        _("Every authority may make certificates for this domain"),
        _("CAA records say which authorities may; without one, all of them."),
        _(
            "None on mail. Whoever deceives one of the many authorities gets a certificate in your "
            "name."
        ),
        _("Publish the record below, if all your certificates come from there."),
        _("Ours is %(ca)s."),
    ),
    "bimi.policy": Words(
        _("A logo is published, but will not be shown"),
        _(
            "BIMI has mail programs show your logo, but only if DMARC has forged mail refused or "
            "put aside, for subdomains too."
        ),
        _("Mail arrives without the logo."),
        _("Publish the DMARC record below once you have seen that all your mail passes."),
    ),
    "bimi.syntax": Words(
        _("The BIMI record has a mistake"),
        _("BIMI has mail programs show your logo; this record cannot be read."),
        _("Mail arrives without the logo."),
        _("Publish the record below in its place, or remove it."),
        _("%(detail)s."),
    ),
    "client.autoconfig": Words(
        _("Thunderbird and others do not find the settings by themselves"),
        _("They ask the name autoconfig in the domain of the address."),
        _TYPED,
        _("Publish the record below, and serve the file on that host."),
    ),
    "client.autodiscover": Words(
        _("Outlook does not find the settings by itself"),
        _("It asks the name autodiscover in the domain of the address."),
        _TYPED,
        _("Publish the record below, and serve the file on that host."),
    ),
    "client.srv_missing": Words(
        _("Mail programs do not find our server by themselves"),
        _("SRV records say which server and port a mail program takes for reading and sending."),
        _TYPED,
        _("Publish the record below."),
        _("It is %(service)s, port %(port)s."),
    ),
    "client.srv_wrong": Words(
        _("Mail programs are led to another server"),
        _(
            "An SRV record says which server and port to take; it names another than ours, or says "
            "that there is none."
        ),
        _("Mail programs that go by it cannot sign in, or send the password to a stranger."),
        _("Publish the record below in its place."),
        _("It is %(service)s, port %(port)s."),
    ),
}
