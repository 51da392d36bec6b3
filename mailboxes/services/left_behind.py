"""What a deletion has missed: targets of forwardings that SQL made lately.

Where there are many forwardings a deletion finds those that lead to what it deletes by the table of
targets (`mailboxes.leading`), and has a worker read them all afterwards. What it finds belongs to
the same action of the log, so that undo takes back both.
"""

from __future__ import annotations

import uuid

from audit.actions import group_of_action, one_action
from audit.actor import Actor, command_actor
from audit.transaction import service
from domains.models import Domain
from mailboxes.dependents import extent_of, forwardings_into, forwardings_losing
from mailboxes.leading import READING, Leading
from mailboxes.models import Mailbox
from mailboxes.services.forwardings import is_told_apart, remove_target
from worker.tasks import task


def look_for_more(find: Leading, *, actor: Actor, kind: str, key: str) -> None:
    """Within the deletion of a "mailbox" or "domain": have a worker read what `find` did not."""
    if find.by_table:
        remove_left_behind.enqueue(kind, key, actor.name, str(group_of_action()))


@task()
def remove_left_behind(kind: str, key: str, name: str, group: str) -> int:
    """Read all forwardings; returns how many lost a target. Doing it twice does no harm."""
    remove = {"mailbox": _of_mailbox, "domain": _of_domain}[kind]
    with one_action(uuid.UUID(group)):
        return remove(command_actor(name), key)


@service
def _of_mailbox(actor: Actor, email: str) -> int:
    if Mailbox.objects.by_key(email) is not None:
        # Made anew, or undone, meanwhile.
        return 0
    losing = [one for one in forwardings_losing(email, READING) if is_told_apart(one)]
    for source in losing:
        remove_target(actor=actor, source=source, targets=[email])
    return len(losing)


@service
def _of_domain(actor: Actor, name: str) -> int:
    if Domain.objects.by_key(name) is not None:
        return 0
    into = forwardings_into(extent_of(name), READING)
    left = [(source, targets) for source, targets in into if is_told_apart(source)]
    for source, targets in left:
        remove_target(actor=actor, source=source, targets=targets)
    return len(left)
