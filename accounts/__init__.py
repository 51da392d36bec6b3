"""Who somebody is and what he may touch: operators, grants, sign-in, the mailbox owner's own pages.

Nothing else decides it; everybody else is handed an `audit.actor.Actor`.
"""
