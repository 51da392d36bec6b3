"""The words for each finding of `maildoctor`; docs/doctor.md says the same at more length."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from mailkit.doctor import Code, Finding
from mailserver.words import Words

WORDS: Mapping[Code, Words] = {
    Code.MAP_FILE_MISSING: Words(
        _("The file is named in the configuration, and is not there."),
        _("Every lookup in it fails: mail waits (451), or nobody can sign in."),
        _("Make the file, or take its name out of the configuration."),
    ),
    Code.MAP_UNREACHABLE: Words(
        _("Postfix gets no answer from its database: %(said)s"),
        _("Mail is put off (451) as long as that lasts."),
        _(
            "Mend hosts, user, password and dbname in the file, or the user's rights; then see: "
            "postmap -q KEY TYPE:FILE."
        ),
    ),
    Code.MAP_NO_DOMAINS: Words(
        _("No SQL lookup table says which domains are ours."),
        _("Mail for the domains in the panel is refused: Relay access denied."),
        _("Make the file %(file)s with the query below beside hosts and login, and name it:"),
    ),
    Code.MAP_NO_MAILBOXES: Words(
        _("No SQL lookup table says which mailboxes there are."),
        _("Postfix refuses mail for them as unknown, or accepts mail for every name."),
        _("Make the file %(file)s with the query below beside hosts and login, and name it:"),
    ),
    Code.MAP_NO_FORWARDINGS: Words(
        _("No SQL lookup table asks for the forwardings."),
        _("Forwardings, catch-alls and domain aliases in the panel have no effect."),
        _("Make the file %(file)s with the query below beside hosts and login, and name it:"),
    ),
    Code.MAP_NO_EMAIL2EMAIL: Words(
        _("The lookup table email2email is missing, by which a mailbox forwards to itself."),
        _("A catch-all takes the mail of the mailboxes in its domain."),
        _("Make the file %(file)s with the query below beside hosts and login, and name it:"),
    ),
    Code.MAP_EMAIL2EMAIL_ELSEWHERE: Words(
        _("The lookup table email2email (%(name)s) is in %(other)s, not beside the forwardings."),
        _(
            "Postfix asks each list on its own: a catch-all still takes the mail of the mailboxes "
            "in its domain."
        ),
        _("Put both into one list:"),
    ),
    Code.MAP_NO_TRANSPORT: Words(
        _("No SQL lookup table asks for transports."),
        _("Transports in the panel have no effect."),
        _("Make the file %(file)s with the query below beside hosts and login, and name it:"),
    ),
    Code.MAP_NOT_PROXIED: Words(
        _("%(name)s is asked for by proxymap, and is not in proxy_read_maps."),
        _("proxymap refuses it (request for unauthorized map): the lookups fail, mail waits."),
        _("Run, then postfix reload:"),
    ),
    Code.QUERY_MISSING: Words(
        _("There is no query in it."),
        _("Nothing can be looked up: mail waits (451), or nobody can sign in."),
        _("Write the query into it; the page “Mail servers” and mailconfig have them all."),
    ),
    Code.QUERY_FAILS: Words(
        _("The database refuses the query: %(said)s"),
        _("Every lookup fails: mail waits (451), or nobody can sign in."),
        _("Mend the names of tables and columns in it: %(query)s"),
    ),
    Code.QUERY_NOT_RUN: Words(
        _("The query was not tried: it has “%(what)s”, which is not run from here."),
        _("Whether it answers rightly is not known. Only a plain SELECT is run."),
        _("Try it yourself with postmap -q KEY or doveadm auth test: %(query)s"),
    ),
    Code.QUERY_UNANSWERED: Words(
        _("%(key)s is in the table %(table)s, and %(setting)s does not find it: %(query)s"),
        _("The row has no effect: mail for it is refused or goes elsewhere, or no sign-in."),
        _("Mend the query's condition: the key as a whole is %%s in Postfix, %%u in Dovecot 2.3."),
    ),
    Code.QUERY_IGNORES_TABLES: Words(
        _("It answers for a key that nobody has: %(query)s"),
        _(
            "What stands in the tables does not count: mail for every name is accepted, relayed or "
            "taken away, or everybody is let in."
        ),
        _("Give the query a condition on its key: WHERE email='%%s'."),
    ),
    Code.QUERY_NO_PASSWORD: Words(
        _("The password query gives %(columns)s, and no column named password."),
        _("Nobody can sign in."),
        _("Write:"),
    ),
    Code.DATABASE_OTHER_NAME: Words(
        _("It reads the database %(name)s; the panel writes %(ours)s."),
        _("What is changed in the panel never reaches the mail server."),
        _("Write, if the panel's is the right one:"),
    ),
    Code.DATABASE_OTHER_HOST: Words(
        _("It reads from %(hosts)s; the panel writes to %(ours)s."),
        _("If these are two databases, changes in the panel never reach the mail server."),
        _("See that both are one server, or a replica of it; else mend hosts."),
    ),
    Code.DATABASE_OTHER_KIND: Words(
        _("It reads from %(kind)s; the panel's tables are in %(ours)s."),
        _("What is changed in the panel never reaches the mail server."),
        _("Let both use one database: DATABASE_URL here, the file there."),
    ),
    Code.POSTFIX_LOCAL_DOMAIN: Words(
        _("In mydestination too: %(domains)s."),
        _(
            "Postfix takes such a domain for this machine's own: its mailboxes get no mail, unless "
            "a user of the system has the same name."
        ),
        _("Write to main.cf, then postfix reload:"),
    ),
    Code.POSTFIX_ALIAS_DOMAIN: Words(
        _("Forwardings whose source is a bare domain make alias domains of: %(domains)s."),
        _(
            "virtual_alias_domains asks the forwardings. Such a domain accepts only addresses that "
            "are forwarded, and its mailboxes are refused as unknown."
        ),
        _("Write to main.cf, or give the forwardings the source @domain:"),
    ),
    Code.POSTFIX_VIRTUAL_TRANSPORT: Words(
        _("virtual_transport is “%(value)s”, which does not lead to Dovecot's LMTP."),
        _(
            "Mail for mailboxes goes there. If that is not where Dovecot reads, mailboxes stay "
            "empty; Sieve and quota have no effect."
        ),
        _("Write to main.cf, with the socket that Dovecot listens on:"),
    ),
    Code.POSTFIX_NO_SERVICE: Words(
        _("virtual_transport is “%(value)s”, and master.cf has no service %(service)s."),
        _("All mail for mailboxes waits: mail transport unavailable."),
        _("Write to main.cf, or add the service to master.cf:"),
    ),
    Code.POSTFIX_LMTP_SOCKET: Words(
        _("Postfix delivers to %(path)s, where Dovecot's lmtp does not listen (%(there)s)."),
        _("All mail for mailboxes waits in the queue."),
        _("Write to Postfix's main.cf or Dovecot's conf.d/10-master.conf:"),
    ),
    Code.POSTFIX_SASL_SOCKET: Words(
        _("Postfix asks for passwords at %(path)s, where Dovecot's auth does not listen."),
        _("Nobody can send mail: authentication fails temporarily."),
        _("Write to Postfix's main.cf or Dovecot's conf.d/10-master.conf:"),
    ),
    Code.POSTFIX_OLD: Words(
        _("Postfix %(version)s is older than what the panel is tested with (3.5)."),
        _("What the trace says may differ from what it does."),
        _("Upgrade the system."),
    ),
    Code.DELIMITER_DIFFERS: Words(
        _("Postfix cuts addresses at “%(postfix)s”, Dovecot at “%(dovecot)s”."),
        _("Mail with an extension is accepted and then returned: Dovecot has no such user."),
        _("Write to Dovecot's configuration:"),
    ),
    Code.DELIMITER_OF_PANEL: Words(
        _("The panel is set to “%(panel)s”, Postfix to “%(postfix)s”."),
        _("The trace, the lint and the checks of forms say what Postfix does not do."),
        _("Take the variable out, or write:"),
    ),
    Code.DOVECOT_NO_PASSDB: Words(
        _("Dovecot has no password database in SQL."),
        _("Nobody of the panel's mailboxes can sign in."),
        _("Write to Dovecot's configuration (conf.d/10-auth.conf includes auth-sql.conf.ext):"),
    ),
    Code.DOVECOT_NO_LMTP: Words(
        _("Postfix delivers by LMTP, and Dovecot's LMTP is not on."),
        _("All mail for mailboxes waits in the queue."),
        _("Install dovecot-lmtpd, and write to dovecot.conf:"),
    ),
    Code.DOVECOT_CACHE: Words(
        _("Dovecot keeps passwords in memory (auth_cache_size = %(size)s)."),
        _(
            "After a change, a suspension or a deletion the old password still signs in, up to "
            "auth_cache_ttl (1 hour)."
        ),
        _("Write, or run doveadm auth cache flush after each change:"),
    ),
    Code.DOVECOT_CASE: Words(
        _("With auth_username_format = %(format)s whoever types %(user)s is not found."),
        _("Rows are in lower case, and this database tells capitals apart: no sign-in."),
        _("Write:"),
    ),
    Code.DOVECOT_NO_DOMAIN: Words(
        _("auth_username_format = %(format)s cuts the domain off %(user)s."),
        _("The mailbox is not found by its whole address: nobody can sign in."),
        _("Write:"),
    ),
    Code.DOVECOT_LMTP_DOMAIN: Words(
        _("At delivery auth_username_format = %(format)s cuts the domain off %(user)s."),
        _("Dovecot knows no such user: all mail for mailboxes is accepted and then returned."),
        _("Write, where it stands (Debian 13: conf.d/20-lmtp.conf):"),
    ),
    Code.DOVECOT_SCHEME: Words(
        _("%(n)s stored passwords without {SCHEME} are not %(scheme)s, as Dovecot takes them for."),
        _("Their owners cannot sign in; with PLAIN the hash itself is the password."),
        _("Write:"),
    ),
    Code.DOVECOT_OLD: Words(
        _("Dovecot %(version)s is older than what the panel is tested with (2.3)."),
        _("It knows neither ARGON2ID everywhere nor the settings that are proposed here."),
        _("Upgrade the system."),
    ),
    Code.PASSWORD_REFUSED: Words(
        _("Dovecot 2.4 refuses the scheme of %(n)s of %(total)s stored passwords."),
        _("Their owners cannot sign in: a temporary failure."),
        _("Set new passwords; until then write:"),
    ),
    Code.PASSWORD_REFUSED_LATER: Words(
        _("Dovecot 2.4 will refuse the scheme of %(n)s of %(total)s stored passwords."),
        _("They work now. After an upgrade to Debian 13 their owners cannot sign in."),
        _(
            "Let the panel hash anew whenever an owner signs in there, or set new passwords before "
            "the upgrade; maillint names them."
        ),
    ),
    Code.SQLITE_UNREADABLE: Words(
        _("The user %(user)s may not read the file, or not enter %(directory)s."),
        _("Every lookup of that server fails: mail waits, or nobody can sign in."),
        _("Run, as root; the panel's user must be in that group too:"),
    ),
    Code.SQLITE_NOT_WRITABLE: Words(
        _("The file is in WAL mode, and the user %(user)s may not write to it or %(directory)s."),
        _(
            "Whoever opens the file first must write beside it. proxymap dies of that, and SMTP "
            "hangs."
        ),
        _("Run, as root; the panel's user must be in that group too:"),
    ),
    Code.SQLITE_JOURNAL: Words(
        _("The journal mode is “%(mode)s”."),
        _("While a change is written Postfix must wait, and it waits badly: SMTP may hang."),
        _("Run, once file and directory are writable for Postfix and Dovecot:"),
    ),
}


def sentence(finding: Finding) -> str:
    """What is so, with this finding's own names and numbers."""
    return str(WORDS[finding.code].what) % dict(finding.params)


def mend(finding: Finding) -> str:
    """How to mend it; the line to write follows it."""
    return str(WORDS[finding.code].by_hand) % dict(finding.params)
