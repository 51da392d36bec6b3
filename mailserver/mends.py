"""What the panel offers for each finding of the lint: a mend, or why a person must decide.

The one list of that; docs/lint.md has the same, and a test compares them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from mailkit.lint import Code
from mailkit.tables import Code as RowCode
from mailserver.words import Text


class Mend(StrEnum):
    """A change that no mail is lost by, and that undo takes back."""

    PLAIN_KEY = "plain_key"
    CREATE_DOMAIN = "create_domain"
    DELETE_ROW = "delete_row"
    DROP_TARGETS = "drop_targets"
    NAME_ONCE = "name_once"
    SUSPEND = "suspend"


# The tables whose rows it mends.
TABLES: Mapping[Mend, frozenset[str]] = {
    Mend.PLAIN_KEY: frozenset({"forwardings", "transport"}),
    Mend.CREATE_DOMAIN: frozenset({"forwardings", "users"}),
    Mend.DELETE_ROW: frozenset({"forwardings", "transport"}),
    Mend.DROP_TARGETS: frozenset({"forwardings"}),
    Mend.NAME_ONCE: frozenset({"forwardings"}),
    Mend.SUSPEND: frozenset({"users"}),
}
MEND_WORDS: Mapping[Mend, Text] = {
    Mend.PLAIN_KEY: _("Write the key as mail servers ask for it"),
    Mend.CREATE_DOMAIN: _("Add the domain"),
    Mend.DELETE_ROW: _("Delete the row"),
    Mend.DROP_TARGETS: _("Take out what leads nowhere"),
    Mend.NAME_ONCE: _("Name each address once"),
    Mend.SUSPEND: _("Suspend the mailbox"),
}
# What it does to mail.
MEND_MEANS: Mapping[Mend, Text] = {
    Mend.PLAIN_KEY: _(
        "A row that was not found is found from then on, and does what it says; one that was found "
        "does the same as before."
    ),
    Mend.CREATE_DOMAIN: _(
        "Mail for the domain is taken from then on, also mail from this server. If the domain is "
        "somebody else’s, do not add it: their mail would end here."
    ),
    Mend.DELETE_ROW: _("The row has no effect on any mail, so nothing changes without it."),
    Mend.DROP_TARGETS: _(
        "The others get their mail as before. Nobody got what went to this address; senders are no "
        "longer told so by a bounce."
    ),
    Mend.NAME_ONCE: _("Everybody gets the same mail as before."),
    Mend.SUSPEND: _(
        "Nobody signs in any more, with or without a password, until a password is set and the "
        "mailbox is resumed. Mail still arrives."
    ),
}


@dataclass(frozen=True)
class Advice:
    """`mend`: what is offered. `why`: what a person must decide where it is not, or beside it.

    `page`: the page of a mailbox where that is done, the row's own where it is "".
    """

    mend: Mend | None = None
    why: Text = ""
    page: str = ""


_PASSWORD = "set_mailbox_password"  # noqa: S105 - a page
_NEW_PASSWORD = _(
    "The new password is its owner’s to choose: invite the owner, or set one and hand it on."
)
_WHICH_ADDRESS = _("Only a person knows which address was meant.")
_ON_PURPOSE = _("It may be meant so: only a person knows.")

ADVICE: Mapping[str, Advice] = {
    Code.LOOP: Advice(why=_("Each of its forwardings could be the wrong one.")),
    Code.TOO_MANY: Advice(why=_("A person must say who needs the mail.")),
    Code.ENDLESS: Advice(why=_WHICH_ADDRESS),
    Code.DEAD_END: Advice(
        why=_("Somebody may want the mail: make the mailbox, lead it elsewhere, or delete the row.")
    ),
    Code.DEAD_TARGET: Advice(
        Mend.DROP_TARGETS,
        _(
            "Where another forwarding leads to the dead address, that one has to be changed. "
            "An address that a transport holds with “error:” stays: it may be off for a while."
        ),
    ),
    Code.MAIL_TAKEN_AWAY: Advice(
        why=_("The owner may want it so; a copy for the mailbox is one more destination.")
    ),
    Code.CATCH_ALL: Advice(why=_ON_PURPOSE),
    Code.DOMAIN_ALIAS: Advice(why=_ON_PURPOSE),
    Code.OFF_SITE: Advice(why=_("SRS is set up in Postfix, or the owner is asked.")),
    Code.CHAIN: Advice(why=_ON_PURPOSE),
    Code.TO_ITSELF: Advice(Mend.DELETE_ROW),
    Code.TWICE: Advice(Mend.NAME_ONCE),
    Code.TRANSPORT_VALUE: Advice(why=_("Only a person knows where the mail should go.")),
    Code.TRANSPORT_KEY: Advice(
        Mend.DELETE_ROW, _("If the row was meant to do something, write its key anew instead.")
    ),
    Code.TRANSPORT_STAR: Advice(
        why=_("Without it mail leaves by another way: set relayhost in main.cf first.")
    ),
    Code.TRANSPORT_OWN: Advice(why=_ON_PURPOSE),
    Code.TRANSPORT_HELD: Advice(why=_("Somebody has switched it off, and knows why.")),
    Code.TRANSPORT_EMPTY: Advice(Mend.DELETE_ROW),
    Code.DOMAIN_LOCAL: Advice(why=_("main.cf is changed on the server, by hand.")),
    Code.MAILBOX_ADDRESS: Advice(why=_("Its mail has to move to the new mailbox.")),
    Code.HASH_OPEN: Advice(
        Mend.SUSPEND, _("Then set a password: nobody signs in until then."), _PASSWORD
    ),
    Code.HASH_EMPTY: Advice(why=_NEW_PASSWORD, page=_PASSWORD),
    Code.HASH_UNKNOWN: Advice(why=_NEW_PASSWORD, page=_PASSWORD),
    Code.HASH_NEEDS_PREFIX: Advice(why=_NEW_PASSWORD, page=_PASSWORD),
    Code.HASH_MALFORMED: Advice(why=_NEW_PASSWORD, page=_PASSWORD),
    Code.HASH_HEAVY: Advice(why=_NEW_PASSWORD, page=_PASSWORD),
    Code.HASH_REFUSED_24: Advice(why=_NEW_PASSWORD, page=_PASSWORD),
    Code.HASH_WEAK: Advice(why=_NEW_PASSWORD, page=_PASSWORD),
    RowCode.ROW_CAPITALS_DEAD: Advice(
        Mend.PLAIN_KEY, _("A mailbox or domain with capitals is made anew: mail has to move.")
    ),
    RowCode.ROW_CAPITALS_ALIVE: Advice(
        Mend.PLAIN_KEY, _("A mailbox keeps its capitals: its directory has them too.")
    ),
    RowCode.ROW_CASE_TWINS: Advice(why=_("Only a person knows which of them is right.")),
    RowCode.ROW_DUPLICATE: Advice(why=_("Only a person knows which of them is right.")),
    RowCode.ROW_BLANKS: Advice(Mend.PLAIN_KEY, _WHICH_ADDRESS),
    RowCode.ROW_EMPTY_KEY: Advice(why=_("No page has its address: delete it by SQL.")),
    RowCode.ROW_NON_ASCII: Advice(Mend.PLAIN_KEY, _WHICH_ADDRESS),
    RowCode.ROW_NO_DOMAIN_PART: Advice(why=_WHICH_ADDRESS),
    RowCode.ROW_NO_LOCAL_PART: Advice(why=_WHICH_ADDRESS),
    RowCode.ROW_DOMAIN_MISSING: Advice(
        Mend.CREATE_DOMAIN, _("If the domain is not yours, delete the row instead.")
    ),
    RowCode.ROW_NO_DESTINATION: Advice(
        Mend.DELETE_ROW, _("If mail for it is wanted, give it a destination instead.")
    ),
    RowCode.ROW_DESTINATION_NO_DOMAIN: Advice(why=_WHICH_ADDRESS),
    RowCode.ROW_TRUNCATED_HASH: Advice(why=_NEW_PASSWORD, page=_PASSWORD),
}


def mend_for(code: str, table: str) -> Mend | None:
    """The mend that is offered for rows of this table; whether one needs it is seen in the row."""
    advice = ADVICE.get(code)
    if advice is None or advice.mend is None or table not in TABLES[advice.mend]:
        return None
    return advice.mend
