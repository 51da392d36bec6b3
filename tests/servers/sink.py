"""An SMTP server that takes every mail and keeps it: where the stack's outbound mail goes."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.servers.processes import free_port, wait_until


@dataclass(frozen=True)
class SinkMessage:
    """One mail as it left: envelope and whole text."""

    sender: str
    recipients: tuple[str, ...]
    text: str


class Sink:
    """Listens on `port` of loopback while started."""

    def __init__(self) -> None:
        self.port = free_port()
        self._messages: list[SinkMessage] = []
        self._lock = threading.Lock()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._started = False

    def start(self) -> None:
        self._controller.start()
        self._started = True

    def stop(self) -> None:
        if self._started:
            self._controller.stop()
            self._started = False

    @property
    def messages(self) -> list[SinkMessage]:
        with self._lock:
            return list(self._messages)

    def to(self, recipient: str) -> list[SinkMessage]:
        """The messages for this recipient."""
        return [message for message in self.messages if recipient in message.recipients]

    def wait_for(self, recipient: str, subject: str, seconds: float = 10) -> SinkMessage:
        """The first message for this recipient with this text in it, as soon as it is there."""
        found: list[SinkMessage] = []

        def arrived() -> bool:
            found[:] = [message for message in self.to(recipient) if subject in message.text]
            return bool(found)

        wait_until(arrived, f"mail for {recipient} with {subject!r} in the sink", seconds)
        return found[0]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content: Any = envelope.content
        message = SinkMessage(
            (envelope.mail_from or "").removeprefix("<>"),
            tuple(envelope.rcpt_tos),
            content.decode("utf-8", "replace"),
        )
        with self._lock:
            self._messages.append(message)
        return "250 taken"
