"""Undo: what it takes to take a change of the log back, and taking it back.

A package of its own, since it calls the services of `accounts`, `mailboxes` and `dnshealth`, and is
called by pages, commands, and bulk jobs that have to take back what they began.
"""
