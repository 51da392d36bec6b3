"""Virtual domains (`domains`) and transports (`transport`):
what Postfix takes as ours, and where it sends it."""
