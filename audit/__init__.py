"""Who acts (`Actor`), how a write is done (one transaction, checked, logged), and the change log.

Everything else that writes imports this; it imports nothing of the others.
"""
