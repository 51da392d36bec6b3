"""The large data set of the benches: 10,000 domains, 1,000,000 mailboxes, 300,000 forwardings.

`rows` has the rows, `filled` servers that have them already, from a cache outside the clone.
"""
