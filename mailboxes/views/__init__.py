"""Pages of mailboxes and forwardings, and the one that deletes a virtual domain."""
