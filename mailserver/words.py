"""The words for each finding of `mailtables check` and each lock of `mailtables upgrade`.

`mailkit.tables` speaks in codes; docs/tables.md says the same at more length.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mailkit.tables import Code, Finding, Level, Lock

# Of str or a lazy translation of one.
Text = Any


@dataclass(frozen=True)
class Words:
    """`what` is so at this place, with %(...)s of the finding; what it `means` for mail.

    `by_hand`: how to mend what no command mends, "" if nothing needs to be done.
    """

    what: Text
    means: Text
    by_hand: Text = ""


WORDS: Mapping[Code, Words] = {
    Code.TABLE_MISSING: Words(
        _("The table is missing."),
        _("Postfix or Dovecot finds no answer where it looks and defers mail or refuses sign-in."),
    ),
    Code.TABLE_VIEW: Words(
        _("It is a view, not a table."),
        _(
            "The mail servers can read it. Whether the panel can write through it, and what limits "
            "the table behind it has, cannot be seen from here; nothing is altered."
        ),
        _("Judge the table behind it yourself, or make a real table of it."),
    ),
    Code.TABLE_ENGINE: Words(
        _("The engine is %(engine)s."),
        _(
            "It knows no transactions: a change that fails half way cannot be taken back, and each "
            "write makes every mail lookup in the table wait."
        ),
    ),
    Code.TABLE_ROW_FORMAT: Words(
        _("The row format is %(row_format)s."),
        _("An index holds 767 bytes at most, too few for a key of 254 characters in utf8mb4."),
    ),
    Code.COLUMN_MISSING: Words(
        _("The column is missing."),
        _("Every query of the mail server that names it fails: mail is deferred."),
        _("Without its key column this is not the table of the mail server: look at it yourself."),
    ),
    Code.COLUMN_TYPE: Words(
        _("Its type is %(type)s, it should be %(wanted)s."),
        _(
            "What is stored is not what was saved, or comes back with blanks behind it, or a list "
            "of destinations does not fit: lookups fail, or the panel refuses the value."
        ),
        _(
            "Change the type yourself, after a look at what is stored. PostgreSQL does not let it "
            "change while a view reads the column: drop the view, then make it anew."
        ),
    ),
    Code.COLUMN_NARROW: Words(
        _("%(type)s holds %(width)s characters, %(needed)s are needed."),
        _(
            "The panel refuses what does not fit: no new password where the hash is too long, no "
            "long address. A server without strict mode cuts it when others write it, and then "
            "nobody can sign in or the address is another one."
        ),
        _(
            "The table is a view, or a view reads the column, which PostgreSQL does not let change "
            "then: drop the view, run the upgrade, make the view anew."
        ),
    ),
    Code.COLUMN_REQUIRED: Words(
        _("A further column (%(type)s) that is NOT NULL has no default."),
        _("INSERT INTO with the mail server's two columns fails, so nothing can be added here."),
        _("Give the column a default. Only you know which is right for those who read it."),
    ),
    Code.KEY_MISSING: Words(
        _("There is no primary or unique key on it."),
        _(
            "The same address can be there twice, with two passwords or two destinations, and each "
            "lookup reads the whole table."
        ),
        _("Make a unique index on it yourself; this column's type needs a choice."),
    ),
    Code.KEY_DUPLICATES: Words(
        _("There is no unique key on it, and these are there more than once: %(duplicates)s."),
        _(
            "Postfix takes all rows together, Dovecot lets nobody sign in whose address has two. "
            "As long as they are there no unique key can be made."
        ),
        _("Delete the rows that are too many, then run the upgrade again."),
    ),
    Code.COLLATION_CASE: Words(
        _("Capital letters count."),
        _(
            "Postfix and Dovecot ask in lower case, so a row with a capital letter is never found. "
            "The panel stores lower case."
        ),
    ),
    Code.COLLATION_ACCENTS: Words(
        _("In the collation %(collation)s “é” equals “e”."),
        _(
            "A lookup for e@ finds a row é@, so mail can go to the wrong row. The panel refuses "
            "such keys. The collation is left as it is, since a join of these tables with others "
            "would fail (error 1267)."
        ),
        _("docs/tables.md has the ALTER statement, should no other table be joined with these."),
    ),
    Code.COLLATION_BLANKS: Words(
        _("In the collation %(collation)s trailing blanks do not count."),
        _("A row with a blank behind the address answers for the address. The panel refuses such."),
    ),
    Code.COLLATION_UNKNOWN: Words(
        _("This connection does not know the collation of the column."),
        _("Every query on the column fails, those of Postfix and Dovecot too."),
        _("Make the table anew with a collation that SQLite has itself (BINARY or NOCASE)."),
    ),
    Code.COLLATION_NO_SEARCH: Words(
        _("The collation %(collation)s is nondeterministic."),
        _(
            "The mail servers' lookups work. PostgreSQL before version 18 refuses to search within "
            "such a text, so the panel's search and its lists by domain fail."
        ),
        _("Use the type citext to be blind to case, or make row keys lower case."),
    ),
    Code.CHARSET_NARROW: Words(
        _("The charset is %(charset)s."),
        _(
            "Addresses and hashes are ASCII, so nothing is lost. A join with a utf8mb4 table reads "
            "the whole table."
        ),
    ),
    Code.INDEX_DOMAIN: Words(
        _("There is no index for the rows of one domain."),
        _("Mail does not need it. The panel's lists by domain read the whole table."),
        _("This server or this key's width allows none."),
    ),
    Code.INDEX_PREFIX: Words(
        _("There is no index for a search by the first characters."),
        _("Mail does not need it. The panel's search reads the whole table."),
    ),
    Code.SETTING_LENIENT: Words(
        _("The server's sql_mode is “%(sql_mode)s”, which is not strict."),
        _(
            "What other programs write is cut to the column's width with no more than a warning. "
            "The panel is strict in its own sessions."
        ),
        _("Add STRICT_TRANS_TABLES to sql_mode in the server's configuration."),
    ),
    Code.SQLITE_JOURNAL: Words(
        _("The journal mode is “%(journal_mode)s”."),
        _("While a change is written Postfix must wait, and it waits badly: SMTP may hang."),
        _(
            "PRAGMA journal_mode = WAL, once the file and its directory are writable for Postfix "
            "and Dovecot."
        ),
    ),
    Code.SQLITE_RIGHTS: Words(
        _("The file is in WAL mode, but only its owner may write to it or its directory."),
        _(
            "Whoever opens the file first must write beside it. If Postfix may not, its proxymap "
            "dies and SMTP hangs."
        ),
        _("chgrp postfix and chmod 0770 the directory, chmod 0660 the file."),
    ),
    Code.ROW_CAPITALS_DEAD: Words(
        _("Capital letters."),
        _("The row is never found, since mail servers ask in lower case: no mail, no sign-in."),
        _("Make it anew in lower case, or delete it."),
    ),
    Code.ROW_CAPITALS_ALIVE: Words(
        _("Capital letters."),
        _("It works, since case does not count here; a mailbox's directory keeps the capitals."),
    ),
    Code.ROW_CASE_TWINS: Words(
        _("There are several rows of this key that differ by nothing but capitals."),
        _("Only the one in lower case is ever found."),
        _("Keep that one, delete the others."),
    ),
    Code.ROW_DUPLICATE: Words(
        _("The key is there more than once."),
        _("Postfix takes all its rows together; Dovecot lets nobody sign in."),
        _("Delete the rows that are too many."),
    ),
    Code.ROW_BLANKS: Words(
        _("A blank in the key."),
        _(
            "No mail asks for it. Where trailing blanks do not count, it answers for the key "
            "without them."
        ),
        _("Make it anew without the blank, or delete it."),
    ),
    Code.ROW_EMPTY_KEY: Words(
        _("The key is empty."),
        _("Nothing ever asks for it."),
        _("Delete it."),
    ),
    Code.ROW_NON_ASCII: Words(
        _("Letters outside ASCII in the key."),
        _(
            "A domain is asked for as xn--..., a local part like this is not found; where “é” is "
            "equal to “e” it takes the mail of another."
        ),
        _("Make the domain anew in its xn-- form; give a mailbox a plain address."),
    ),
    Code.ROW_NO_DOMAIN_PART: Words(
        _("The address has no domain."),
        _("No mail arrives for it, nobody signs in with it."),
        _("Make it anew with its domain, or delete it."),
    ),
    Code.ROW_NO_LOCAL_PART: Words(
        _("A mailbox with nothing before the @."),
        _(
            "Postfix takes every address of the domain for a mailbox, also those that nobody has: "
            "their mail is accepted and then bounces."
        ),
        _("Delete it; a catch-all is a forwarding."),
    ),
    Code.ROW_DOMAIN_MISSING: Words(
        _("Its domain has no row in domains."),
        _(
            "Postfix refuses mail from outside for it (“Relay access denied”), unless the domain "
            "is listed elsewhere."
        ),
        _("Add the domain, or delete the row."),
    ),
    Code.ROW_NO_DESTINATION: Words(
        _("The forwarding has no destination."),
        _("Postfix ignores it with a warning in its log; the address is unknown."),
        _("Give it a destination, or delete it."),
    ),
    Code.ROW_DESTINATION_NO_DOMAIN: Words(
        _("A destination without a domain."),
        _("Postfix appends its own domain ($myorigin): the mail leaves your virtual domains."),
        _("Write the whole address."),
    ),
    Code.ROW_TRUNCATED_HASH: Words(
        _("The password hash was cut."),
        _("Nobody can sign in with it, and it cannot be mended."),
        _("Set a new password, once the column is wide enough."),
    ),
}

LEVEL_NAMES: Mapping[Level, Text] = {
    Level.FAULT: _("FAULT"),
    Level.WARNING: _("WARNING"),
    Level.NOTICE: _("NOTICE"),
}

LOCKS: Mapping[Lock, Text] = {
    Lock.MOMENT: _("takes a moment, no row is touched"),
    Lock.ONLINE: _("mail lookups and changes go on"),
    Lock.WRITERS: _("changes wait, mail lookups go on"),
    Lock.ALL: _("changes and mail lookups wait"),
}


def message(finding: Finding) -> str:
    """What is so, in a sentence."""
    params = {
        name: ", ".join(map(shown, value)) if isinstance(value, list) else value
        for name, value in finding.params.items()
    }
    text = str(WORDS[finding.code].what) % params
    if params.get("views"):
        text += " " + gettext("Views that read it: %(views)s.") % params
    return text


def shown(key: str | None) -> str:
    """A key for a terminal: quoted, so that blanks are seen, and without control characters."""
    if key is None:
        return "NULL"
    return f"“{printable(key)}”"


def printable(text: str) -> str:
    """Text for a terminal, without control characters."""
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text
    )
