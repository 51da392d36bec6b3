"""What the panel knows of Postfix, Dovecot and their SQL tables, in plain Python.

No Django, no settings, no translated words: values in, values and codes out.
"""
