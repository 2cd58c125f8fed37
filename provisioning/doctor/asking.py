"""One question over HTTP or TLS, by the standard library alone: a server of the cloud has no httpx."""

import http.client
import socket
import ssl
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from edge.daemon.config import Listen

ANSWER_S = 5.0
MOST_BYTES = 16 * 1024 * 1024  # a snapshot of a large site is one or two MiB


class NoAnswer(Exception):
    """Nobody answered. ``why`` is refused, timeout, no-name, unreachable, tls or no-http; the text has the details."""

    def __init__(self, why: str, details: str = "") -> None:
        super().__init__(details or why)
        self.why = why


class NotTrusted(Exception):
    """The certificate of the other end does not convince; ``code`` is OpenSSL's (X509_V_ERR_...)."""

    EXPIRED, NOT_YET_VALID, WRONG_HOST, WRONG_ADDRESS = 10, 9, 62, 64

    def __init__(self, error: ssl.SSLCertVerificationError) -> None:
        super().__init__(error.verify_message)
        self.code: int = error.verify_code


class Answer(NamedTuple):
    """``certificate`` is the other end's in DER, empty without TLS; ``at_ms`` is our time in the middle of the
    question, in milliseconds since 1970 UTC, and ``took_ms`` how long it took."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    certificate: bytes
    at_ms: int
    took_ms: int


class Address(NamedTuple):
    """Where to ask."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}"


def own_address(listen: Listen) -> Address:
    """The way to a program of this very machine: it must show the certificate that stands in its file, and no other.

    Raises OSError or ssl.SSLError (an OSError too) where that file cannot be used.
    """
    host, _, port = listen.address.rpartition(":")
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host.strip("[]"), host.strip("[]"))  # noqa: S104 (nothing is bound)
    if listen.certificate is None:
        return Address(host, int(port))
    context = ssl.create_default_context(cafile=listen.certificate)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return Address(host, int(port), context)


def get(address: Address, path: str, *, token: str = "") -> Answer:
    """The answer to GET. Raises NoAnswer and NotTrusted."""
    if address.tls is None:
        connection = http.client.HTTPConnection(address.host, address.port, timeout=ANSWER_S)
    else:
        connection = http.client.HTTPSConnection(address.host, address.port, timeout=ANSWER_S, context=address.tls)
    headers = {"Connection": "close"} | ({"Authorization": f"Bearer {token}"} if token else {})
    since_s = time.monotonic()
    try:
        connection.connect()
        sock = connection.sock
        certificate = (sock.getpeercert(binary_form=True) or b"") if isinstance(sock, ssl.SSLSocket) else b""
        began_s, asked_s = time.time(), time.monotonic()
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        answered_s = time.monotonic()
        body = response.read(MOST_BYTES)
    except (OSError, ValueError, OverflowError, http.client.HTTPException) as error:
        raise _why(error) from error
    finally:
        connection.close()
    at_ms = int((began_s + (answered_s - asked_s) / 2) * 1000)
    took_ms = round((answered_s - since_s) * 1000)
    return Answer(response.status, dict(response.headers), body, certificate, at_ms, took_ms)


def shake_hands(address: Address, *, listen_s: float = 1.0) -> bytes:
    """Complete a TLS handshake, say nothing, and hang up; the other end's certificate in DER.

    By TLS 1.3 a server turns a client's certificate away only after the handshake: it is listened to for ``listen_s``.
    Raises NoAnswer (``why`` is turned-away where our certificate is not taken) and NotTrusted.
    """
    context = address.tls
    if context is None:
        raise ValueError("a handshake needs a TLS context")
    try:
        with (
            socket.create_connection((address.host, address.port), ANSWER_S) as plain,
            context.wrap_socket(plain, server_hostname=address.host) as secured,
        ):
            certificate = secured.getpeercert(binary_form=True) or b""
            secured.settimeout(listen_s)
            try:
                hung_up = secured.recv(1) == b""
            except TimeoutError:
                return certificate
            except (ssl.SSLError, ConnectionError) as error:
                raise NoAnswer("turned-away", _details(error)) from error
            if hung_up:
                raise NoAnswer("turned-away", "closed")
            return certificate
    except (OSError, ValueError, OverflowError) as error:  # an impossible host or port
        raise _why(error) from error


def trusting(ca: Path | None, certificate: Path | None = None, key: Path | None = None) -> ssl.SSLContext:
    """A context that believes this authority (None: the machine's own store), and proves itself by the certificate.

    Raises OSError, which ssl.SSLError is too, where one of the files cannot be used.
    """
    context = ssl.create_default_context(cafile=ca)
    if certificate is not None:
        context.load_cert_chain(certificate, key)
    return context


def _why(error: Exception) -> NoAnswer | NotTrusted:
    match error:
        case ssl.SSLCertVerificationError():
            return NotTrusted(error)
        case ssl.SSLError(reason=str(reason)) if "ALERT" in reason:
            return NoAnswer("turned-away", reason)
        case ssl.SSLError():
            return NoAnswer("tls", _details(error))
        case TimeoutError():
            return NoAnswer("timeout")
        case ConnectionRefusedError():
            return NoAnswer("refused")
        case socket.gaierror():
            return NoAnswer("no-name", _details(error))
        case OSError():
            return NoAnswer("unreachable", _details(error))
        case _:
            return NoAnswer("no-http", type(error).__name__)


def _details(error: OSError) -> str:
    reason = getattr(error, "reason", None)  # of an SSLError
    return str(reason or error.strerror or type(error).__name__)
