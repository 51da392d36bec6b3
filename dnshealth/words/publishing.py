"""The words for what keeps records from being published; docs/dns-publishing.md says more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from dnshealth.words.shape import Text
from mailkit.dns.primary import Trouble


@dataclass(frozen=True)
class TroubleWords:
    """What happened, and what to do about it."""

    what: Text
    todo: Text


TROUBLES: Mapping[Trouble, TroubleWords] = {
    Trouble.BAD_SECRET: TroubleWords(
        _("The name server knows the key, but its secret is another one."),
        _("Set the secret anew, here or there."),
    ),
    Trouble.KEY_REFUSED: TroubleWords(
        _("The name server does not know the key, or lets it not change this zone or type."),
        _("Compare the key's name and algorithm, and what the server allows it."),
    ),
    Trouble.CLOCK: TroubleWords(
        _("The clocks of this machine and the name server differ too much."),
        _("Set the time on both."),
    ),
    Trouble.NOT_ALLOWED: TroubleWords(
        _("The name server refuses the change."),
        _("Set a key (MAILADMIN_DNS_UPDATE_KEY) if there is none, and look into its log."),
    ),
    Trouble.NOT_SERVED: TroubleWords(
        _("This name server does not have the zone."),
        _("Name the one that takes its changes in MAILADMIN_DNS_PRIMARY."),
    ),
    Trouble.OUTSIDE_ZONE: TroubleWords(
        _("A record belongs into another zone."),
        _("Publish it there, or ask the zone's owner."),
    ),
    Trouble.NO_UPDATES: TroubleWords(
        _("The name server takes no dynamic updates."),
        _("Publish by hand."),
    ),
    Trouble.UNREACHABLE: TroubleWords(
        _("The name server cannot be reached."),
        _("See whether it runs, and whether the firewall lets TCP through to it."),
    ),
    Trouble.TIMEOUT: TroubleWords(
        _("The name server did not answer; nothing was changed."),
        _("Try again."),
    ),
    Trouble.SERVER_FAILED: TroubleWords(
        _("The name server failed."),
        _("Look into its log."),
    ),
    Trouble.CHANGED: TroubleWords(
        _("Somebody else has changed a record meanwhile; nothing was sent."),
        _("Look at the difference again."),
    ),
    Trouble.CNAME: TroubleWords(
        _("The name is an alias (CNAME), which can have no other record."),
        _("Publish at the name it leads to, or take the alias away."),
    ),
    Trouble.NOT_TAKEN: TroubleWords(
        _("The name server said yes, but changed nothing."),
        _("Look for an alias beside the record, or a rule of the server."),
    ),
    Trouble.BAD_RECORD: TroubleWords(
        _("One of the records cannot be written."),
        _("Correct it, and publish it by hand."),
    ),
    Trouble.BAD_KEY: TroubleWords(
        _("The key's name, algorithm or secret is not written right."),
        _("Correct MAILADMIN_DNS_UPDATE_KEY: algorithm:name:secret, the secret in base64."),
    ),
    Trouble.NO_PRIMARY: TroubleWords(
        _("Which name server takes the changes could not be looked up."),
        _("Name it in MAILADMIN_DNS_PRIMARY."),
    ),
    Trouble.UNSURE: TroubleWords(
        _("The connection broke after sending, and the name server does not answer any more."),
        _("Check again later: the change may have been made."),
    ),
}

# What became of an update whose program was stopped, by `dnshealth.sending.Fate`.
FATES: Mapping[str, Text] = {
    "done": _("The update that was broken off was done: it is in the change log now."),
    "not_done": _("The update that was broken off was not done: nothing was changed by it."),
    "others": _(
        "Somebody has changed these records since, so nobody can tell whether the update that was "
        "broken off was done. The change log has it as sent."
    ),
}
