"""Writing mailboxes, forwardings, and domains with what hangs on them.

Each service checks, writes and logs in one transaction; see `audit.transaction`.
"""
