"""Changes of many rows: first a plan that is looked at, then the change, in a worker.

A job has items: the lines of a file, or the rows of a selection. Checking it writes down, item by
item, what would become of it. Once somebody says so, the items are carried out, some hundred in a
transaction, which also counts how far the job is: so whoever takes up a job that was left does no
item twice, and a job that is stopped knows exactly what is done. All that it changes is one action
of the log and can be undone as one.
"""
