"""Does an address with a password sign in at Dovecot, and does the panel agree?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.utils.translation import gettext as _

from mailboxes.models import Mailbox
from mailkit.doctor.ask import Answer, Said
from mailkit.doctor.ask import ask_dovecot as ask
from mailkit.passwords import Result, is_locked, verify
from mailserver.doctoring import dovecot_config


class PanelSays(Enum):
    """What the stored hash says to the password."""

    CORRECT = "correct"
    WRONG = "wrong"
    SUSPENDED = "suspended"
    CANNOT_TELL = "cannot tell"
    NO_MAILBOX = "no mailbox"


@dataclass(frozen=True)
class Asked:
    """Both answers."""

    address: str
    dovecot: Answer
    panel: PanelSays

    @property
    def lets_in(self) -> bool:
        """Whether both do."""
        return self.dovecot.said is Said.YES and self.panel is PanelSays.CORRECT

    @property
    def agree(self) -> bool | None:
        """Whether both say the same; None where one of them cannot tell."""
        if self.dovecot.said is Said.NOT_ASKED or self.panel is PanelSays.CANNOT_TELL:
            return None
        return (self.dovecot.said is Said.YES) == (self.panel is PanelSays.CORRECT)

    def as_data(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "address": self.address,
            "dovecot": self.dovecot.said.value,
            "reason": self.dovecot.reason,
            "panel": self.panel.value,
            "agree": self.agree,
        }


def ask_dovecot(*, address: str, password: str) -> Asked:
    """Ask both. Changes nothing; Dovecot logs a wrong password as any other."""
    answer = ask(address, password, dovecot_config())
    return Asked(address, answer, _of_panel(address, password))


def _of_panel(address: str, password: str) -> PanelSays:
    if "\0" in address:
        return PanelSays.NO_MAILBOX
    mailbox = Mailbox.objects.by_key(address.lower())
    if mailbox is None:
        return PanelSays.NO_MAILBOX
    if is_locked(mailbox.password):
        return PanelSays.SUSPENDED
    return {
        Result.CORRECT: PanelSays.CORRECT,
        Result.WRONG: PanelSays.WRONG,
        Result.CANNOT_TELL: PanelSays.CANNOT_TELL,
    }[verify(password, mailbox.password)]


def sentences(asked: Asked) -> list[str]:
    """Both answers in words, and what follows from them."""
    return [_of_dovecot(asked.dovecot), _of_hash(asked.panel), *_verdict(asked)]


def _of_dovecot(answer: Answer) -> str:
    match answer.said:
        case Said.YES:
            return _("Dovecot lets this address in with this password.")
        case Said.NO:
            return _("Dovecot refuses it: it finds no such mailbox, or another password.")
        case Said.TEMPORARY:
            return _(
                "Dovecot answers with a temporary failure: it could not ask its database, or "
                "refuses the scheme of the hash. Its log says which."
            )
        case Said.NOT_ASKED:
            return _("Dovecot could not be asked: %(reason)s.") % {
                "reason": answer.reason.rstrip(".")
            }


def _of_hash(panel: PanelSays) -> str:
    return {
        PanelSays.CORRECT: _("In the panel the password fits the stored hash."),
        PanelSays.WRONG: _("In the panel the password does not fit the stored hash."),
        PanelSays.SUSPENDED: _("In the panel the mailbox is suspended: nobody signs in."),
        PanelSays.CANNOT_TELL: _("The panel cannot verify the scheme of the stored hash."),
        PanelSays.NO_MAILBOX: _("In the panel there is no such mailbox."),
    }[panel]


def _verdict(asked: Asked) -> list[str]:
    if asked.agree is False:
        return [
            _(
                "They disagree: Dovecot reads another database, keeps an old password in its "
                "cache, or takes the hash for another scheme. Look at the doctor's findings."
            )
        ]
    if asked.dovecot.said is Said.NOT_ASKED:
        return [
            _(
                "doveadm must be on this machine, Dovecot must run, and whoever asks must be "
                "allowed to use its socket auth-client: docs/doctor.md has the lines to write. Or "
                "run maildoctor --ask with sudo."
            )
        ]
    return []
