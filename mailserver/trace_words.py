"""The words for a trace: its outcome, its warnings, and each of its steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mailkit.postfix.route import Kind, Outcome, Step, Trace, Warn

# Of str or a lazy translation of one.
Text = Any


@dataclass(frozen=True)
class OutcomeWords:
    """A label, its colour among the pills, and a sentence about the whole mail."""

    label: Text
    color: str
    text: Text


OUTCOMES: Mapping[Outcome, OutcomeWords] = MappingProxyType(
    {
        Outcome.DELIVERED: OutcomeWords(
            _("delivered"), "green", _("The mail ends in a mailbox here.")
        ),
        Outcome.RELAYED: OutcomeWords(
            _("relayed"), "azure", _("The mail is handed to another server.")
        ),
        Outcome.DISCARDED: OutcomeWords(
            _("discarded"), "gray", _("The mail is taken and thrown away; nobody is told.")
        ),
        Outcome.REJECTED: OutcomeWords(
            _("rejected"),
            "red",
            _("Postfix refuses the mail while the sender's server waits: the sender is told."),
        ),
        Outcome.DEFERRED: OutcomeWords(
            _("deferred"), "yellow", _("The mail waits, and is tried again for days.")
        ),
        Outcome.BOUNCED: OutcomeWords(
            _("bounced"),
            "orange",
            _("Postfix takes the mail and then returns it to its sender, who is often forged."),
        ),
        Outcome.MIXED: OutcomeWords(
            _("mixed"), "purple", _("The mail has several recipients with different ends.")
        ),
    }
)

WARNINGS: Mapping[Warn, Text] = MappingProxyType(
    {
        Warn.LOOP: _(
            "The forwardings go in a circle. Postfix answers every mail with 451 and the sender "
            "tries for days."
        ),
        Warn.ENDLESS: _(
            "Postfix cannot follow these forwardings to their end (too many recipients, an address "
            "that grows, or a destination without an address) and answers with 451."
        ),
        Warn.DEAD_TARGET: _(
            "A recipient in one of your own domains has no mailbox: mail to it is taken and then "
            "returned."
        ),
        Warn.MAIL_TAKEN_AWAY: _(
            "The address has a mailbox, which gets none of this mail: a forwarding sends it "
            "elsewhere."
        ),
        Warn.EMPTY_DESTINATION: _(
            "A forwarding that was asked for has no destination. Postfix treats it as if it was "
            "not there."
        ),
        Warn.UNKNOWN_SERVICE: _(
            "A transport names a service that master.cf does not have: the mail waits."
        ),
        Warn.BAD_NEXTHOP: _(
            "A transport's next hop is one that Postfix cannot parse: the delivering program dies "
            "of it, and the mail waits."
        ),
        Warn.TRANSPORT_STAR: _(
            "The transport * decides, which stands above virtual_transport for every address; it "
            "takes effect up to 30 seconds late."
        ),
        Warn.TRANSPORT_WITHOUT_DOMAIN: _(
            "There is a transport for it, but that does not make the domain ours: add the virtual "
            "domain."
        ),
        Warn.LOCAL_DOMAIN: _(
            "The domain is in mydestination: its users and aliases are the system's, which the "
            "panel does not see."
        ),
        Warn.ALIAS_DOMAIN: _(
            "There is a forwarding (or a mailbox) whose whole name is this domain. To Postfix that "
            "makes it a virtual alias domain: only forwardings count in it, its mailboxes and "
            "transports do not."
        ),
        Warn.NO_ORIGIN: _(
            "A destination has no domain. Postfix adds myorigin, which is not known here."
        ),
    }
)

# {kind: {note: sentence}}; %(address)s, %(question)s and %(answer)s are the step's.
_SENTENCES: Mapping[Kind, Mapping[str, Text]] = MappingProxyType(
    {
        Kind.DOMAIN: {
            "virtual": _("%(question)s is one of the virtual domains"),
            "default": _("%(question)s is not one of the virtual domains"),
            "local": _("%(question)s is in mydestination"),
            "alias": _("%(question)s is itself a forwarding's source: only its forwardings count"),
        },
        Kind.RCPT: {
            "accepted": _("Postfix takes the recipient: %(answer)s"),
            "refused": _("Postfix refuses the recipient: %(answer)s"),
        },
        Kind.DATA: {"": _("Postfix refuses the mail: %(answer)s")},
        Kind.ALIAS: {
            "exact": _("%(address)s has a forwarding"),
            "without_extension": _("%(address)s has a forwarding, without its extension"),
            "catch_all": _("%(address)s falls to its domain's forwarding"),
            "keeps_copy": _("%(address)s has a forwarding that keeps a copy"),
            "mailbox": _("%(address)s is a mailbox and stays what it is"),
            "no_row": _("%(address)s has neither a forwarding nor a mailbox"),
            "hidden": _("%(address)s is in a domain that is not yours"),
        },
        Kind.TRANSPORT: {
            "default": _("%(address)s has no transport of its own"),
            "exact": _("%(address)s has a transport"),
            "without_extension": _("%(address)s has a transport, without its extension"),
            "domain": _("%(address)s has a transport by its domain"),
            "parent": _("%(address)s has a transport by a domain above its own"),
            "star": _("%(address)s goes by the transport for everything"),
            "hidden": _("%(address)s goes by a transport that is not yours"),
        },
        Kind.MAILBOX: {
            "found": _("Dovecot has the mailbox %(question)s"),
            "no_row": _("Dovecot has no mailbox %(question)s"),
        },
        Kind.DELIVERY: {
            Outcome.DELIVERED: _("%(address)s is delivered"),
            Outcome.RELAYED: _("%(address)s is handed to another server"),
            Outcome.DISCARDED: _("%(address)s is thrown away"),
            Outcome.BOUNCED: _("%(address)s is returned to the sender"),
            Outcome.DEFERRED: _("%(address)s waits"),
        },
    }
)


def sentence(step: Step) -> str:
    """What a step says, in a sentence without its full stop."""
    by_note = _SENTENCES[step.kind]
    text = by_note.get(step.note) or by_note[""]
    values = {"address": step.address, "question": step.question, "answer": step.answer}
    return gettext(str(text)) % values


def summary(found: Trace) -> str:
    """The whole trace in a sentence, for those who do not see the picture."""
    label = OUTCOMES[found.outcome].label
    if found.refused:
        return gettext("Mail to %(address)s is %(outcome)s: %(reply)s") % {
            "address": found.address,
            "outcome": label,
            "reply": found.reply,
        }
    ends = ", ".join(
        f"{one.address} ({OUTCOMES[one.fate.outcome].label})" if one.fate else one.address
        for one in found.deliveries
    )
    return gettext("Mail to %(address)s is %(outcome)s. It ends at: %(ends)s.") % {
        "address": found.address,
        "outcome": label,
        "ends": ends,
    }
