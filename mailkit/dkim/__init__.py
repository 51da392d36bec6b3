"""The programs that sign our mail, OpenDKIM and rspamd: which key they sign a domain's mail with,
and how they are given another one (RFC 6376; opendkim.conf(5); rspamd's module dkim_signing).

Both take keys from files and are told by tables of their own which key is whose. A new key is first
written, then published, and only when everybody can see it do the tables name it.
"""
