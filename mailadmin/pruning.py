"""What is thrown away once a day, after MAILADMIN_UNDO_DAYS, in the order that keeps it safe."""

from __future__ import annotations

from accounts.services import forget_former_grants
from audit.actor import Actor
from audit.kept import prune
from bulk.services import prune_jobs


def prune_log(actor: Actor) -> int:
    """Empty what undo needs of old changes; returns of how many.

    First the grants that only an undo could have brought back: if this ends half-way, none of them
    is left that nothing tells from one in force. Jobs that are over go too, with what they keep.
    """
    forget_former_grants(actor=actor)
    prune_jobs()
    return prune()
