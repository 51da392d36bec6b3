"""Work that nobody waits for in a request: tasks in the database, done by `manage.py worker run`.

Tasks are rows of django-tasks' database backend (`docs/worker.md`). That backend forgets the work
of a worker that was killed; here each worker shows that it lives, and what a dead one left is taken
up by another. So a task may run twice, and must come to the same end then.
"""
