"""Importing a file: each kind of row with its plan and its carrying out.

The rules are those of the services of `domains` and `mailboxes`, which check many rows at once as
they check one. The plan looks at the tables as they would be with the rows of the file before;
nothing but keys and destinations is kept for that, in a draft on disk.
"""
