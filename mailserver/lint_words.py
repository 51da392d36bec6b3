"""The words for each finding of `maillint`; docs/lint.md says the same at more length."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from domains.words import words_for
from mailkit.lint import Code, Finding
from mailserver.words import Words

WORDS: Mapping[Code, Words] = {
    Code.LOOP: Words(
        _("The forwarding goes in a circle."),
        _(
            "Postfix answers 451 (alias expansion error) to every mail for it, and every sender "
            "tries for days."
        ),
        _("Take the circle apart: change or delete one of its forwardings."),
    ),
    Code.TOO_MANY: Words(
        _("The forwarding leads to more than 1,000 recipients."),
        _("Postfix answers 451 (alias expansion error) to every mail for it."),
        _("Make a mailing list of it, in a program for that."),
    ),
    Code.ENDLESS: Words(
        _("Postfix cannot follow the forwarding to its end."),
        _("It answers 451 (alias expansion error) to every mail for it."),
        _("Give it destinations that are whole addresses and short chains."),
    ),
    Code.DEAD_END: Words(
        _("The forwarding leads nowhere."),
        _(
            "Postfix accepts the mail and then returns it to a sender who is often forged: nobody "
            "reads it, and the server sends bounces to strangers."
        ),
        _(
            "Make the missing mailbox, change the destination, or delete the forwarding; or a "
            "transport that returns its mail."
        ),
    ),
    Code.DEAD_TARGET: Words(
        _("A destination of the forwarding leads nowhere."),
        _(
            "The others get their mail, but for each mail a bounce goes back to its sender, who "
            "may be forged."
        ),
        _("Take the destination out, or make its mailbox."),
    ),
    Code.MAIL_TAKEN_AWAY: Words(
        _("A mailbox gets no mail, since a forwarding of the same address leads elsewhere."),
        _("What arrives for the address goes to the forwarding's destinations alone."),
        _("To keep a copy, add the address itself to the destinations."),
    ),
    Code.CATCH_ALL: Words(
        _("A catch-all."),
        _(
            "It takes all mail for addresses of the domain that have no row: typing errors, and "
            "the spam for names that were guessed."
        ),
    ),
    Code.DOMAIN_ALIAS: Words(
        _("A whole domain is forwarded to another one."),
        _(
            "Postfix accepts mail for every address of it, and returns it later where the other "
            "domain does not have the address."
        ),
    ),
    Code.OFF_SITE: Words(
        _("A forwarding leads to another server."),
        _(
            "The mail arrives there from our address with the sender's domain: SPF fails, and it "
            "is refused or taken for spam where the sender's DMARC rests on SPF alone. Spam that "
            "is passed on counts against this server."
        ),
        _(
            "Rewrite the sender (SRS, postsrsd), or let the other server fetch the mail from a "
            "mailbox here."
        ),
    ),
    Code.CHAIN: Words(
        _("A long chain of forwardings."),
        _("It works. Whoever changes one in its middle changes all that lead through it."),
    ),
    Code.TO_ITSELF: Words(
        _("A forwarding that leads to its own mailbox and nowhere else."),
        _("It does nothing: without it the mailbox gets the same mail."),
    ),
    Code.TWICE: Words(
        _("A forwarding names an address more than once."),
        _("It does nothing more: everybody gets a mail once."),
    ),
    Code.TRANSPORT_VALUE: Words(
        _("Postfix cannot use the transport."),
        _(
            "Mail for it waits in the queue and is returned after days; some values stop the whole "
            "service, and with it the mail of others."
        ),
        _("Mend the value, or delete the transport."),
    ),
    Code.TRANSPORT_KEY: Words(
        _("Postfix never asks for this transport."),
        _("The row has no effect."),
        _("Write the key as address, domain, .domain or *, or delete the row."),
    ),
    Code.TRANSPORT_STAR: Words(
        _("A transport for everything."),
        _("It takes the mail of our own mailboxes too: Dovecot gets none."),
        _("Use relayhost in main.cf for mail that leaves, and delete the row."),
    ),
    Code.TRANSPORT_OWN: Words(
        _("A transport over one of our own domains or addresses."),
        _("Its mail goes there and not to the mailboxes here."),
    ),
    Code.TRANSPORT_HELD: Words(
        _("A transport that refuses, holds or drops mail for one of our domains or addresses."),
        _("Its mailboxes get no mail as long as the row is there."),
    ),
    Code.TRANSPORT_EMPTY: Words(
        _("A transport without a value."),
        _("Postfix goes on as if there was no row."),
    ),
    Code.DOMAIN_LOCAL: Words(
        _("The domain is in mydestination too."),
        _(
            "Postfix takes it for this machine's own: mailboxes get no mail, unless a user of the "
            "system has the same name."
        ),
        _("Take it out of mydestination in main.cf."),
    ),
    Code.MAILBOX_ADDRESS: Words(
        _("The mailbox has an address that does not work."),
        _("Dovecot lets nobody sign in with it, or its mail goes to another mailbox."),
        _("Make a new mailbox of another address."),
    ),
    Code.HASH_OPEN: Words(
        _("The mailbox opens without a password."),
        _("Whoever gives the address and an empty password is let in, and may send mail."),
        _("Set a password now."),
    ),
    Code.HASH_EMPTY: Words(
        _("The mailbox has no password."),
        _("Nobody can sign in. It still gets mail."),
        _("Set a password, or invite its owner to choose one."),
    ),
    Code.HASH_UNKNOWN: Words(
        _("The password's scheme is none that Dovecot knows."),
        _("Nobody can sign in; Dovecot logs “Unknown scheme”."),
        _("Set a new password."),
    ),
    Code.HASH_NEEDS_PREFIX: Words(
        _("An Argon2 hash without its scheme in front."),
        _("Dovecot takes it for another scheme: nobody can sign in."),
        _("Put {ARGON2ID} in front of it, or set a new password."),
    ),
    Code.HASH_MALFORMED: Words(
        _("The password hash is not what its scheme writes."),
        _("Nobody can sign in with it."),
        _("Set a new password."),
    ),
    Code.HASH_HEAVY: Words(
        _("The Argon2 hash needs more memory than Dovecot gives."),
        _("Dovecot refuses the right password as if it were wrong."),
        _("Raise vsz_limit of Dovecot's auth service, or set a new password."),
    ),
    Code.HASH_REFUSED_24: Words(
        _("Dovecot 2.4 refuses the password's scheme."),
        _(
            "After an upgrade to Debian 13 nobody can sign in with it: a temporary failure, unless "
            "auth_allow_weak_schemes = yes."
        ),
        _(
            "Let the panel hash anew whenever its owner signs in there, or set new passwords "
            "before the upgrade."
        ),
    ),
    Code.HASH_WEAK: Words(
        _("The password is stored in a weak scheme."),
        _("Whoever gets hold of the table reads or guesses it within hours."),
        _("Let the panel hash anew whenever its owner signs in there, or set a new password."),
    ),
}


def detail_of(finding: Finding) -> str:
    """What is said about one row beside its key, "" for nothing."""
    match finding.code:
        case Code.HASH_EMPTY:
            return ""
        case Code.LOOP | Code.CHAIN:
            return " → ".join(finding.detail)
        case Code.TRANSPORT_KEY | Code.MAILBOX_ADDRESS | Code.TRANSPORT_VALUE:
            words = words_for(finding.problem, finding.params)
            return ": ".join([*finding.detail, words])
        case Code.TRANSPORT_OWN | Code.TRANSPORT_HELD if len(finding.detail) > 1:
            return gettext("%(value)s by the transport %(key)s") % {
                "value": finding.detail[0],
                "key": finding.detail[1],
            }
    return ", ".join(finding.detail)
