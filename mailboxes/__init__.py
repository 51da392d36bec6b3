"""Mailboxes (`users`) and forwardings (`forwardings`), and what touches them with their domain."""
