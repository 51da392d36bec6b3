"""What is thrown away once a day, in the order that keeps it safe."""

from __future__ import annotations

from accounts.services import forget_former_grants
from audit.actor import Actor
from audit.kept import prune
from bulk.services import prune_jobs
from mailserver.lint_runs import prune_lint_runs


def prune_log(actor: Actor) -> int:
    """Empty what undo needs of old changes (MAILADMIN_UNDO_DAYS); returns of how many.

    First the grants that only an undo could have brought back: if this ends half-way, none of them
    is left that nothing tells from one in force. Jobs that are over go too, with what they
    keep, and runs of the lint that came to no end.
    """
    prune_lint_runs()
    forget_former_grants(actor=actor)
    prune_jobs()
    return prune()
