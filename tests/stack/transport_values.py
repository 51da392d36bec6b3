"""Values of `transport` and what Postfix makes of them, measured on 3.7 and 3.10 alike.

{port} is a port where mail is taken, {queue} Postfix's queue directory. docs/mail-stack.md has the
same in prose.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Seen:
    """The program that handled the mail, what became of it, and words of the log."""

    agent: str
    status: str
    text: str = ""


DOVECOT = Seen("lmtp", "sent", "Saved")
RELAYED = Seen("smtp", "sent", "250 taken")
# The agent connected to the right place, which speaks another protocol.
REACHED_BY_LMTP = Seen("lmtp", "bounced", "refused to talk to me")
BY_MX_OF_DOMAIN = Seen("smtp", "bounced", "unable to look up host a.test")
NO_SUCH_HOST = Seen("smtp", "bounced", "unable to look up host")
# To port 25 of this machine: its own, so it would go round in circles.
TO_MYSELF = Seen("smtp", "bounced", "loops back to myself")
V6_REFUSED = Seen("smtp", "deferred", "connect to ::1[::1]:")
# Waits as long as the row stands: no such service in master.cf.
NO_SERVICE = Seen("error", "deferred", "mail transport unavailable")

UNDERSTOOD = {
    # The domain's own MX.
    "smtp": BY_MX_OF_DOMAIN,
    "smtp:": BY_MX_OF_DOMAIN,
    "lmtp": Seen("lmtp", "bounced", "name=a.test"),
    "lmtp:": Seen("lmtp", "bounced", "name=a.test"),
    # The default transport, here virtual_transport = lmtp:..., with or without another nexthop.
    ":": DOVECOT,
    "": DOVECOT,
    ":[127.0.0.1]:{port}": REACHED_BY_LMTP,
    ":127.0.0.1:{port}": REACHED_BY_LMTP,
    ":unix:private/dovecot-lmtp": DOVECOT,
    # Hosts and ports.
    "smtp:[127.0.0.1]:{port}": RELAYED,
    "smtp:127.0.0.1:{port}": RELAYED,
    "smtp:localhost:{port}": RELAYED,
    "smtp:[localhost]:{port}": RELAYED,
    "relay:[127.0.0.1]:{port}": RELAYED,
    "smtp:[::1]:{port}": V6_REFUSED,
    "smtp:[::1]": V6_REFUSED,
    "smtp:[IPv6:::1]:{port}": V6_REFUSED,
    "smtp:[127.0.0.1]:smtp": TO_MYSELF,
    "smtp:[127.0.0.1]:": TO_MYSELF,
    "smtp:b.test": NO_SUCH_HOST,
    "smtp:b.test:25": NO_SUCH_HOST,
    "smtp:[B.TEST]:25": NO_SUCH_HOST,
    "smtp:b_c.test": NO_SUCH_HOST,
    "lmtp:inet:[127.0.0.1]:{port}": REACHED_BY_LMTP,
    "lmtp:unix:private/dovecot-lmtp": DOVECOT,
    "lmtp:unix:{queue}/private/dovecot-lmtp": DOVECOT,
    "lmtp:unix:private/none": Seen("lmtp", "deferred", "No such file"),
    # Lists, tried in turn (since Postfix 3.5).
    "smtp:[127.0.0.1]:1, [127.0.0.1]:{port}": RELAYED,
    "smtp:[127.0.0.1]:1,[127.0.0.1]:{port}": RELAYED,
    "smtp:[127.0.0.1]:1 [127.0.0.1]:{port}": RELAYED,
    "smtp:b.test, [127.0.0.1]:{port}": RELAYED,
    "smtp:[127.0.0.1]:{port},": RELAYED,
    "lmtp:inet:[127.0.0.1]:1, [127.0.0.1]:{port}": REACHED_BY_LMTP,
    # After unix: everything is one path.
    "lmtp:unix:private/none, unix:private/dovecot-lmtp": Seen(
        "lmtp", "deferred", "private/none, unix:private/dovecot-lmtp"
    ),
    # Blanks.
    "smtp:[127.0.0.1]:{port} ": RELAYED,
    "smtp:[127.0.0.1]:{port}\n": RELAYED,
    "smtp: [127.0.0.1]:{port}": RELAYED,
    "lmtp:unix:private/dovecot-lmtp ": Seen("lmtp", "deferred", "private/dovecot-lmtp ]"),
    "smtp:[127.0.0.1] :{port}": TO_MYSELF,
    " smtp:[127.0.0.1]:{port}": NO_SERVICE,
    "smtp :[127.0.0.1]:{port}": NO_SERVICE,
    " ": NO_SERVICE,
    # error: and its kin. A code of another class than 5 (retry: 4) does not count.
    "error": Seen("error", "bounced", "Address is undeliverable"),
    "error:": Seen("error", "bounced", "Address is undeliverable"),
    "error:5.7.1": Seen("error", "bounced", ""),
    "error:5.7.1 closed": Seen("error", "bounced", "closed"),
    "error: 5.7.1 closed": Seen("error", "bounced", "closed"),
    "error:closed": Seen("error", "bounced", "closed"),
    "error:550 closed": Seen("error", "bounced", "550 closed"),
    "error:4.7.1 later": Seen("error", "bounced", "later"),
    "retry": Seen("error", "deferred", "Address is undeliverable"),
    "retry:later": Seen("error", "deferred", "later"),
    "retry:5.7.1 closed": Seen("error", "deferred", "closed"),
    "discard": Seen("discard", "sent", "a.test"),
    "discard:gone": Seen("discard", "sent", "gone"),
    # No such service: names are told apart by case, and a host is not one.
    "SMTP:[127.0.0.1]:{port}": NO_SERVICE,
    "Error:closed": NO_SERVICE,
    "error :closed": NO_SERVICE,
    "[127.0.0.1]:{port}": NO_SERVICE,
    "b.test": NO_SERVICE,
    "nosuch:x": NO_SERVICE,
    "smtpd:": NO_SERVICE,
    "cleanup:": NO_SERVICE,
    "bounce:": NO_SERVICE,
}

# The program that is to deliver ends with a fatal error, and master(8) starts no other of that
# service for a minute: everybody's mail by it waits, and again at each retry.
FATAL = (
    "smtp: ",
    "smtp:,",
    "smtp:[]",
    "smtp:[127.0.0.1",
    "smtp:127.0.0.1]",
    "smtp:[ 127.0.0.1 ]:{port}",
    "smtp:[127.0.0.1]x",
    "smtp:[127.0.0.1]:0",
    "smtp:[127.0.0.1]:65536",
    "smtp:[127.0.0.1]:nosuch",
    "smtp:[127.0.0.1]:25;x",
    "smtp:::1",
    "smtp:1.2",
    "smtp:-b",
    "smtp:b-",
    "smtp:b..test",
    "smtp:b.test.",
    "smtp:.b.test",
    "smtp:*.test",
    "smtp:müller.test",
    "smtp:" + "d" * 64 + ".test",
    "smtp:u@b.test",
    "smtp:/b",
    "smtp:inet:[127.0.0.1]:{port}",
    "smtp:unix:private/x",
    "lmtp:private/dovecot-lmtp",
    "lmtp:UNIX:private/dovecot-lmtp",
    "lmtp: unix:private/dovecot-lmtp",
    "lmtp:[127.0.0.1]:1, unix:private/dovecot-lmtp",
    "lmtp:[127.0.0.1]:1, inet:[127.0.0.1]:{port}",
)
