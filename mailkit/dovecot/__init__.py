"""Dovecot over the table `users`: who may sign in, where the mail lies, LMTP, SASL for Postfix.

Dovecot 2.4 reads a configuration of another shape than 2.3 (doc.dovecot.org, "Upgrading Dovecot CE
from 2.3 to 2.4"), so both are written here from the same values.
"""
