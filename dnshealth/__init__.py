"""DNS health: what is published for the domains, judged, explained and mended.

`mailkit.dns` looks and judges, in codes; here are the settings it runs with, the words for each
code, and the commands. docs/dns.md tells of it for people.
"""
