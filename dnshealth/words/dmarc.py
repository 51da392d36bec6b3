"""The words for DMARC: what receivers are to do with mail that is not ours."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from dnshealth.words.shape import Words

_IGNORED = _("Receivers ignore the record: forged mail in your name gets through.")
_REPORTS = _("You get no reports, and do not notice when our mail is refused or forged.")
_BELOW = _("Publish the record below in place of the present one.")

WORDS = {
    "dmarc.missing": Words(
        _("Nothing says what to do with forged mail"),
        _(
            "DMARC tells receivers what to do with mail in your name that neither SPF nor DKIM "
            "proves, and where to send reports about it."
        ),
        _(
            "Large providers ask for it: without it more of our mail goes into spam, and forgers "
            "have it easy."
        ),
        _("Publish the record below: it changes nothing yet, and has reports sent to you."),
    ),
    "dmarc.inherited": Words(
        _("The policy comes from the domain above"),
        _("This domain has no DMARC record of its own, so that of the domain above counts."),
        _("Receivers do what that one says, which may be stricter or weaker than you want here."),
        _("Nothing, if that is right. Else publish a record of its own, as below."),
        _("It is that of %(parent)s, with %(policy)s."),
    ),
    "dmarc.multiple": Words(
        _("There are several DMARC records"),
        _("With more than one, none counts."),
        _IGNORED,
        _("Keep the one below, and remove the others."),
        _("There are %(count)s."),
    ),
    "dmarc.syntax": Words(
        _("The DMARC record has a mistake"),
        _("It is not written as receivers read it."),
        _IGNORED,
        _BELOW,
        _("%(detail)s."),
    ),
    "dmarc.bad_tag": Words(
        _("The DMARC record has a value that does not exist"),
        _("Receivers pass over it and take the usual one."),
        _("What you wanted with it does not happen."),
        _BELOW,
        _("It is %(tags)s."),
    ),
    "dmarc.p_missing": Words(
        _("The DMARC record says nothing about what to do"),
        _("The policy (p=none, quarantine or reject) is missing; then it counts as none."),
        _("Forged mail in your name is delivered."),
        _BELOW,
    ),
    "dmarc.p_none": Words(
        _("DMARC only watches"),
        _("p=none means: deliver forged mail, and only report it. It is right to begin with."),
        _("Forged mail in your name is delivered."),
        _(
            "Read the reports for some weeks. If all your mail passes, publish quarantine as "
            "below, later reject."
        ),
    ),
    "dmarc.sp_weaker": Words(
        _("Subdomains are protected less"),
        _("sp or np allows for names below the domain what is not allowed for itself."),
        _("Forgers use an invented subdomain."),
        _("Take it out, as below, unless a subdomain needs it."),
        _("It is %(tag)s=%(policy)s."),
    ),
    "dmarc.testing": Words(
        _("DMARC is only a test"),
        _("t=y asks receivers to be less strict than the policy says."),
        _("Forged mail is treated more mildly than you want."),
        _("When you have seen that all your mail passes, publish the record below, without t=y."),
    ),
    "dmarc.no_rua": Words(
        _("Nobody gets the DMARC reports"),
        _("Receivers report once a day what they got in your name, to the address in rua."),
        _REPORTS,
        _BELOW,
    ),
    "dmarc.rua_syntax": Words(
        _("The address for DMARC reports is not written right"),
        _("It has to begin with mailto:, with commas between several."),
        _REPORTS,
        _BELOW,
        _("%(tag)s has %(uri)s."),
    ),
    "dmarc.rua_unauthorised": Words(
        _("The domain that is to get the DMARC reports has not agreed"),
        _(
            "Where reports go to another domain, that domain has to publish that it wants them, so "
            "that nobody is flooded."
        ),
        _REPORTS,
        _("Ask its owner to publish the record below, or take an address in your own domain."),
        _("It is %(destination)s."),
    ),
    "dmarc.rua_no_mx": Words(
        _("The domain that is to get the DMARC reports takes no mail"),
        _("It has no mail server, or does not exist."),
        _REPORTS,
        _("Take another address, as below."),
        _("It is %(destination)s."),
    ),
    "dmarc.old_tags": Words(
        _("The DMARC record has words that are gone"),
        _("pct, rf and ri are no longer part of DMARC (RFC 9989)."),
        _(
            "None: receivers pass over them, or still heed them. The policy then differs between "
            "them."
        ),
        _("Publish the record below, without them."),
        _("They are: %(tags)s."),
    ),
    "dmarc.alignment": Words(
        _("Our own mail does not pass DMARC"),
        _(
            "DMARC wants SPF or DKIM to pass for the very domain in the From line. Neither does, "
            "or the signature is another domain's while the record asks for the same one."
        ),
        _("Receivers treat our own mail as forged: into spam, or refused."),
        _(
            "Mend what is wrong with SPF and DKIM first; for a signature of another domain publish "
            "the record below, or sign with this domain."
        ),
        _("The signature is that of %(signer)s."),
    ),
}
