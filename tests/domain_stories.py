"""What may happen to a domain's name, as a line of letters that tests play from left to right."""

from __future__ import annotations

from accounts.models import Grant, User
from accounts.services import grant_domains, revoke_domains
from audit.actor import Actor
from audit.models import Entry
from domains.models import Domain
from domains.services import create_domain
from mailboxes.models import Mailbox
from mailboxes.services.domains import delete_domain
from mailboxes.services.mailboxes import create_mailbox
from undo.services import undo

NAME = "firm.test"
SECRET = "correct horse 42 battery"


def play(story: str, root: Actor) -> None:
    """Play it on `firm.test`.

    C, D: created, deleted in the panel, K: deleted but its mailboxes kept; c, d: the same by SQL
    (with the mailboxes). M: the next mailbox (m1, m2 ...) is added. G, X: bob is granted the
    domain, it is revoked. U: the newest turn of the domain that is in effect is undone, be it an
    undo; R: its newest deletion is; S: its oldest one; O: its newest one alone, without the
    mailboxes.
    """
    for step in story.replace(" ", ""):
        _play(step, root)


def _play(step: str, root: Actor) -> None:
    turns = Entry.objects.filter(object_type="domain", domain=NAME, undone=False)
    match step:
        case "C":
            create_domain(actor=root, domain=NAME)
        case "D":
            delete_domain(actor=root, domain=NAME)
        case "K":
            delete_domain(actor=root, domain=NAME, dependents="keep")
        case "c":
            Domain.objects.create(domain=NAME)
        case "d":
            Domain.objects.filter(domain=NAME).delete()
            Mailbox.objects.filter(email__endswith=f"@{NAME}").delete()
        case "M":
            number = Entry.objects.filter(action="create_mailbox", domain=NAME).count() + 1
            create_mailbox(actor=root, email=f"m{number}@{NAME}", password=SECRET, force=True)
        case "G":
            grant_domains(actor=root, name="bob", domains=[NAME])
        case "X":
            revoke_domains(actor=root, name="bob", domains=[NAME])
        case "U":
            undo(actor=root, entry_id=turns.first().pk, force=True)
        case "R":
            undo(actor=root, entry_id=turns.filter(action="delete_domain").first().pk, force=True)
        case "S":
            undo(actor=root, entry_id=turns.filter(action="delete_domain").last().pk, force=True)
        case "O":
            deletion = turns.filter(action="delete_domain").first()
            undo(actor=root, entry_id=deletion.pk, whole=False, force=True)


def manages(name: str = "bob") -> bool:
    """Whether this operator has the domain."""
    return NAME in (User.objects.get(username=name).actor().domains or ())


def rows(name: str = "bob") -> int:
    """How many grants of the domain are stored, in force or not."""
    return Grant.objects.filter(user__username=name, domain=NAME).count()
