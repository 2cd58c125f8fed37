"""A mail server of loopback that keeps what it is sent, and can be made to hold an answer back."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.wire.mosquitto import free_port


class Received:
    """What came; ``holding`` is set: the next message is read and never answered, and ``held`` is set then."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.refuse = ""
        self.holding = threading.Event()
        self.held = threading.Event()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        """Called by aiosmtpd for every message."""
        if self.refuse:
            return self.refuse
        content = envelope.content
        assert isinstance(content, bytes)
        message = message_from_bytes(content, policy=default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        if self.holding.is_set():
            self.held.set()
            await asyncio.Event().wait()
        return "250 OK"


@contextmanager
def smtp_server(
    *, tls: ssl.SSLContext | None = None, login: tuple[str, str] | None = None, port: int = 0
) -> Iterator[tuple[Received, int]]:
    """The server and its port; with ``login`` it takes nothing from anybody else."""
    received, port = Received(), port or free_port()

    def check(_server: SMTP, _session: Session, _envelope: Envelope, _way: str, data: object) -> AuthResult:
        known = isinstance(data, LoginPassword) and login == (data.login.decode(), data.password.decode())
        return AuthResult(success=known, handled=False)

    controller = Controller(
        received,
        hostname="127.0.0.1",
        port=port,
        tls_context=tls,
        require_starttls=tls is not None,
        auth_required=login is not None,
        authenticator=check if login else None,
    )
    controller.start()
    try:
        yield received, port
    finally:
        controller.stop()
