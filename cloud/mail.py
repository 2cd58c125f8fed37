"""Send a message by e-mail through the Department's own server (SMTP)."""

import contextlib
import smtplib
import ssl
from collections.abc import Sequence
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from enum import Enum
from pathlib import Path

from edge.daemon.config import Section, read_secret

TIMEOUT_S = 30
REFUSALS = range(400, 600)  # RFC 5321, 4.2.1; anything else is no answer that could be relied on
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class Security(Enum):
    """How the way to the server is kept private; NONE only to a server on this machine."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class MaybeSent(Exception):
    """The server broke off while it was given the message: it may have taken it on, or not."""


class Mail(Section, frozen=True):
    """``[mail]``: the server, the address that messages come from, and how to log in there, where it asks for it."""

    host: str
    sender: str
    port: int = 587
    security: Security = Security.STARTTLS
    user: str = ""
    password_file: Path | None = None
    ca: Path | None = None  # a certificate to trust beside the system's

    def __post_init__(self) -> None:
        if self.security is Security.NONE and self.host not in LOOPBACK:
            raise ValueError('security: "starttls" or "tls" is expected, except to this machine itself')
        if bool(self.user) != bool(self.password_file):
            raise ValueError("user and password_file go together")


def send(
    mail: Mail,
    to: str,
    subject: str,
    text: str,
    attachments: Sequence[tuple[str, str, bytes]] = (),
    *,
    message_id: str = "",
) -> None:
    """Hand one message over; when this returns, the server has taken it on.

    ``attachments`` are (file name, media type, bytes). A message that may be handed over twice carries the same
    ``message_id``, so that whoever gets it twice can tell.

    Raises OSError (of which SMTPException is one) where the server is away or refuses, MaybeSent where it broke off,
    ValueError where an address or the subject cannot stand in a header, and ConfigError where the password cannot be
    read. No error's text holds the password.
    """
    message = EmailMessage()
    message["From"] = _address(mail.sender)
    message["To"] = _address(to)
    message["Subject"] = subject
    message["Date"] = formatdate()
    message["Message-ID"] = message_id or make_msgid(domain=mail.sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answering machine answers
    message.set_content(text)
    for name, media_type, content in attachments:
        main, _, sub = media_type.partition("/")
        message.add_attachment(content, maintype=main, subtype=sub, filename=name)
    server = _connected(mail)
    try:
        server.send_message(message)
    except smtplib.SMTPResponseException as error:
        if error.smtp_code in REFUSALS:
            raise
        raise MaybeSent(type(error).__name__) from error
    except (smtplib.SMTPServerDisconnected, TimeoutError, ConnectionError) as error:
        raise MaybeSent(type(error).__name__) from error
    finally:
        with contextlib.suppress(OSError):  # what the server says to that changes nothing
            server.quit()


def _address(text: str) -> Address:
    try:
        return Address(addr_spec=text)
    except (HeaderParseError, IndexError):
        raise ValueError("this is no e-mail address") from None


def _connected(mail: Mail) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if mail.ca is not None:
        context.load_verify_locations(mail.ca)
    if mail.security is Security.TLS:
        server: smtplib.SMTP = smtplib.SMTP_SSL(mail.host, mail.port, timeout=TIMEOUT_S, context=context)
    else:
        server = smtplib.SMTP(mail.host, mail.port, timeout=TIMEOUT_S)
    try:
        if mail.security is Security.STARTTLS:
            server.starttls(context=context)
        if mail.password_file is not None:
            server.login(mail.user, read_secret(mail.password_file))
    except BaseException:
        server.close()
        raise
    return server
