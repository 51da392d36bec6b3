"""Real servers for the tests: throw-away databases, Postfix and Dovecot, the panel itself.

Everything lives in one temporary directory for each server and listens on loopback only; nothing
of the machine's own services is read, changed or stopped.
"""
