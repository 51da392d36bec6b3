"""What a sender's mail server and a mail reader's program do: SMTP, submission, IMAP, POP3."""

from __future__ import annotations

import base64
import imaplib
import poplib
import smtplib
import ssl
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage

HOST = "127.0.0.1"
SECONDS = 30


@dataclass(frozen=True)
class Reply:
    """An SMTP reply: `code` 250, `text` "2.1.5 Ok" (lines joined by a newline)."""

    code: int
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.text}"


@dataclass(frozen=True)
class Sent:
    """The replies to one mail, stage by stage; None where a stage was not reached.

    `sender` is the envelope's; `rcpt` has one reply a recipient, in the order given; `queue_id` is
    empty unless the mail was accepted.
    """

    sender: str
    auth: Reply | None
    rcpt: dict[str, Reply]
    data: Reply | None

    @property
    def accepted(self) -> bool:
        return self.data is not None and self.data.code == 250

    @property
    def queue_id(self) -> str:
        return self.data.text.rpartition(" ")[2] if self.data and self.accepted else ""


class TemporaryFailureError(AssertionError):
    """Dovecot could not tell whether the password is right ([UNAVAILABLE]); the log says why."""


def send(
    port: int,
    recipients: list[str],
    text: str,
    *,
    sender: str,
    credentials: tuple[str, str] | None = None,
    tls: bool = False,
) -> Sent:
    """Hand a mail to an SMTP server, all recipients in one transaction.

    Over STARTTLS with `tls`, and to sign in.
    """
    with smtplib.SMTP(HOST, port, local_hostname="client.test", timeout=SECONDS) as client:
        client.ehlo()
        auth = None
        if tls or credentials is not None:
            # Nobody vouches for a certificate of the tests.
            client.starttls(context=ssl._create_unverified_context())
            client.ehlo()
        if credentials is not None:
            # AUTH PLAIN, RFC 4616: smtplib's own login refuses what is not ASCII.
            word = "\0" + "\0".join(credentials)
            answer = client.docmd("AUTH", f"PLAIN {base64.b64encode(word.encode()).decode()}")
            auth = _reply(answer)
            if auth.code != 235:
                return Sent(sender, auth, {}, None)
        client.mail(sender)
        rcpt = {recipient: _reply(client.rcpt(recipient)) for recipient in recipients}
        if not any(reply.code == 250 for reply in rcpt.values()):
            return Sent(sender, auth, rcpt, None)
        try:
            data = _reply(client.data(text.encode()))
        except smtplib.SMTPDataError as error:
            data = _reply((error.smtp_code, error.smtp_error))
        return Sent(sender, auth, rcpt, data)


def imap_login(port: int, user: str, password: str) -> bool:
    """Whether Dovecot takes the password over IMAP.

    Raises TemporaryFailureError where it cannot tell.
    """
    with imaplib.IMAP4(HOST, port, timeout=SECONDS) as client:
        return _authenticate(client, user, password)


def fetch_imap(port: int, user: str, password: str, folder: str = "INBOX") -> list[EmailMessage]:
    """All messages of a folder, oldest first."""
    with imaplib.IMAP4(HOST, port, timeout=SECONDS) as client:
        assert _authenticate(client, user, password), f"IMAP refuses {user}"
        client.select(folder, readonly=True)
        _, data = client.uid("FETCH", "1:*", "(RFC822)")
        return [_parsed(part[1]) for part in data if isinstance(part, tuple)]


def fetch_pop3(port: int, user: str, password: str) -> list[EmailMessage]:
    """All messages, oldest first; they stay where they are."""
    client = poplib.POP3(HOST, port, timeout=SECONDS)
    try:
        client.user(user)
        client.pass_(password)
        count, _ = client.stat()
        return [
            _parsed(b"\r\n".join(client.retr(number)[1]) + b"\r\n")
            for number in range(1, count + 1)
        ]
    finally:
        client.quit()


def _authenticate(client: imaplib.IMAP4, user: str, password: str) -> bool:
    # AUTHENTICATE PLAIN: any character but NUL, in UTF-8.
    word = f"\0{user}\0{password}".encode()
    try:
        client.authenticate("PLAIN", lambda _: word)
    except imaplib.IMAP4.error as error:
        if "[UNAVAILABLE]" in str(error):
            raise TemporaryFailureError(str(error)) from error
        return False
    return True


def _reply(answer: tuple[int, bytes]) -> Reply:
    code, text = answer
    return Reply(code, text.decode("utf-8", "replace"))


def _parsed(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message
