"""Why a mail waits or came back, in the words of servers as they really say it."""

from __future__ import annotations

import pytest

from mailkit.postfix.reasons import Reason, reason_of

SAID: list[tuple[str, Reason]] = [
    ("4.6.0 Alias expansion error", Reason.LOOP),
    ("unreasonable virtual_alias_maps map nesting for a@a.test -- message", Reason.LOOP),
    ("host mx.far.test[192.0.2.1] said: 554 5.4.6 Too many hops (in reply)", Reason.LOOP),
    ("mail transport unavailable", Reason.NO_TRANSPORT),
    ("4.3.0 <a@a.test>: Temporary lookup failure", Reason.DATABASE),
    ("451 4.3.5 Server configuration error", Reason.DATABASE),
    (
        "connect to mail.a.test[private/dovecot-lmtp]: No such file or directory",
        Reason.NO_SOCKET,
    ),
    ("connect to mail.a.test[private/dovecot-lmtp]: Connection refused", Reason.NO_SOCKET),
    (
        "Host or domain name not found. Name service error for name=far.test type=MX: "
        "Host not found",
        Reason.DNS_MISSING,
    ),
    ("Domain far.test does not accept mail (nullMX)", Reason.DNS_MISSING),
    (
        "Host or domain name not found. Name service error for name=far.test type=MX: "
        "Host not found, try again",
        Reason.DNS_FAILED,
    ),
    ("connect to 192.0.2.1[192.0.2.1]:25: Connection refused", Reason.REFUSED_CONNECTION),
    ("connect to mx.far.test[2001:db8::1]:25: Network is unreachable", Reason.NO_ROUTE),
    ("connect to mx.far.test[192.0.2.1]:25: No route to host", Reason.NO_ROUTE),
    ("connect to mx.far.test[192.0.2.1]:25: Connection timed out", Reason.TIMEOUT),
    (
        "conversation with mx.far.test[192.0.2.1] timed out while receiving the initial greeting",
        Reason.TIMEOUT,
    ),
    ("Cannot start TLS: handshake failure", Reason.TLS),
    ("Server certificate not trusted", Reason.TLS),
    ("lost connection with mx.far.test[192.0.2.1] while sending RCPT TO", Reason.LOST),
    ("said: 450 4.2.0 <a@far.test>: Recipient address rejected: Greylisted", Reason.GREYLISTED),
    ("said: 451 4.7.1 Please see postgrey.schweikert.ch", Reason.GREYLISTED),
    ("said: 552 5.2.2 <a@far.test> Quota exceeded (mailbox for user is full)", Reason.FULL),
    ("said: 452 4.2.2 The email account is over its storage limit", Reason.FULL),
    ("message size 99999999 exceeds size limit 10240000 of server", Reason.TOO_LARGE),
    ("said: 421 4.7.28 Our system has detected an unusual rate of mail", Reason.RATE),
    ("said: 554 5.7.1 <a@far.test>: Relay access denied", Reason.RELAY),
    ("said: 550 5.7.26 This mail is unauthenticated", Reason.AUTHENTICATION),
    ("said: 550 5.7.1 DMARC policy of the domain", Reason.AUTHENTICATION),
    ("said: 550 5.1.1 <no@a.test> User doesn't exist: no@a.test", Reason.UNKNOWN_USER),
    ("said: 550 5.1.1 <a@b.test>: Recipient address rejected: User unknown", Reason.UNKNOWN_USER),
    ("said: 550 No such user here", Reason.UNKNOWN_USER),
    ("said: 554 5.7.1 Service unavailable; Client host blocked using a DNSBL", Reason.BLOCKED),
    ("said: 550 5.7.1 Message content rejected as spam", Reason.BLOCKED),
    ("moving house", Reason.OTHER),
    ("said: 450 we are a corporate server", Reason.OTHER),
    ("", Reason.OTHER),
    # Not slow either.
    ("x" * 1_000_000 + "timed out", Reason.OTHER),
]


@pytest.mark.parametrize(("text", "reason"), SAID)
def test_a_reason(text: str, reason: Reason) -> None:
    assert reason_of(text) is reason


def test_each_reason_has_a_case() -> None:
    assert {reason for _text, reason in SAID} == set(Reason)
