"""The words for why mail waits or came back, and for how its story ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from django.utils.translation import gettext_lazy as _

from mailkit.maillog import Outcome
from mailkit.postfix.reasons import Reason
from mailserver.trace_words import OutcomeWords, Text


@dataclass(frozen=True)
class ReasonWords:
    """`what` happened, and what to `do` about it, "" for nothing but to wait."""

    what: Text
    do: Text = ""


REASONS: Mapping[Reason, ReasonWords] = MappingProxyType(
    {
        Reason.LOOP: ReasonWords(
            _("The forwardings of the address go in a circle."),
            _("Trace the address and take the circle apart."),
        ),
        Reason.NO_TRANSPORT: ReasonWords(
            _("A transport names a service that this Postfix does not have."),
            _("Mend the row in Transports, or the service in master.cf."),
        ),
        Reason.NO_SOCKET: ReasonWords(
            _("Dovecot does not take mail: its LMTP socket is not there or not open."),
            _("Start Dovecot, and look in its log why it had stopped."),
        ),
        Reason.REFUSED_CONNECTION: ReasonWords(
            _("The other server is there, but no mail server answers."),
            _("If the host and port are from a row in Transports, check them."),
        ),
        Reason.TIMEOUT: ReasonWords(
            _("The other server does not answer in time."),
            _("If no mail leaves at all, your provider may block port 25."),
        ),
        Reason.NO_ROUTE: ReasonWords(
            _("There is no way to the other server."),
            _("If it has an IPv6 address, check that this machine has a working one too."),
        ),
        Reason.DNS_FAILED: ReasonWords(
            _("The name server gave no answer about the other domain."),
            _("If it is so for every domain, check this machine's resolver."),
        ),
        Reason.DNS_MISSING: ReasonWords(
            _("The other domain does not exist, or takes no mail."),
            _("Look for a typing error in the address."),
        ),
        Reason.LOST: ReasonWords(_("The other server broke the connection off.")),
        Reason.TLS: ReasonWords(
            _("No encrypted connection came about."),
            _("Check the certificates, and what TLS versions main.cf allows."),
        ),
        Reason.GREYLISTED: ReasonWords(
            _("The other server wants to see a second attempt first (greylisting).")
        ),
        Reason.RATE: ReasonWords(
            _("The other server takes no more mail from here for now."),
            _("See whether a mailbox sends a lot: its password may be stolen."),
        ),
        Reason.FULL: ReasonWords(
            _("The mailbox at the other end is full."),
            _("If it is one of yours, delete mail or give it more room."),
        ),
        Reason.TOO_LARGE: ReasonWords(_("The mail is larger than the other server takes.")),
        Reason.UNKNOWN_USER: ReasonWords(
            _("The address does not exist there."),
            _("If it is one of yours, a forwarding leads to a mailbox that is not there."),
        ),
        Reason.RELAY: ReasonWords(
            _("The server that was asked does not take mail for this domain."),
            _("If it is this server, the domain is missing in Domains."),
        ),
        Reason.AUTHENTICATION: ReasonWords(
            _("The other server could not see that the sender's domain allows this mail."),
            _("Look at the domain's DNS page: SPF, DKIM and DMARC."),
        ),
        Reason.BLOCKED: ReasonWords(
            _("The other server takes the mail, or this server, for a source of spam."),
            _("Read its answer, which often names a page; look at DNS: PTR, SPF and blocklists."),
        ),
        Reason.DATABASE: ReasonWords(
            _("Postfix could not read its tables."),
            _("Check that the database is up and that its user may read them."),
        ),
        Reason.OTHER: ReasonWords(_("It has a reason of its own; read the words.")),
    }
)


OUTCOMES: Mapping[Outcome, OutcomeWords] = MappingProxyType(
    {
        Outcome.SENT: OutcomeWords(
            _("handed over"), "green", _("Each recipient's server or mailbox has taken it.")
        ),
        Outcome.MIXED: OutcomeWords(
            _("in part"), "yellow", _("Its recipients fared differently; see below.")
        ),
        Outcome.WAITING: OutcomeWords(
            _("waiting"), "yellow", _("It waits in the queue and is tried again.")
        ),
        Outcome.RETURNED: OutcomeWords(
            _("returned"), "red", _("It could not be delivered, and its sender was told.")
        ),
        Outcome.NOT_TAKEN: OutcomeWords(
            _("not taken"), "red", _("Postfix did not take it; the sender's server was told.")
        ),
        Outcome.UNKNOWN: OutcomeWords(
            _("no end"), "gray", _("The log does not tell what became of it.")
        ),
    }
)

# Why the queue or the log cannot be read: what is so, and how to give the panel access.
NOT_READABLE: Mapping[str, ReasonWords] = MappingProxyType(
    {
        "not_installed": ReasonWords(
            _("There is no Postfix on this machine, so the panel sees no queue."),
            _("Run the panel on the mail server, or look there: postqueue -p"),
        ),
        "down": ReasonWords(
            _("Postfix does not run, so it cannot be asked for its queue."),
            _("Start it: systemctl start postfix"),
        ),
        "refused": ReasonWords(
            _("Postfix does not show its queue to the panel."),
            _("Let the panel's system user see it: authorized_mailq_users in main.cf."),
        ),
        "slow": ReasonWords(
            _("The queue is so long that Postfix did not list it in time."),
            _("Count it on the server: postqueue -j | wc -l"),
        ),
        "missing": ReasonWords(
            _("There is no such log file."),
            _(
                "Debian 12 and 13 keep the log in the journal alone: install rsyslog, or set "
                "maillog_file in main.cf (postconf(5)); then name the file in MAILADMIN_MAIL_LOG."
            ),
        ),
        "forbidden": ReasonWords(
            _("The panel may not read the log."),
            _(
                "Put its system user into the group that may: adduser mailadmin adm; then restart "
                "the panel."
            ),
        ),
        "broken": ReasonWords(_("A file of the log is damaged."), _("Look at it on the server.")),
    }
)
