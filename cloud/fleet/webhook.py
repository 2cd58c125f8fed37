"""Send a signed message to a program of the Department's (HTTPS POST), and check such a signature.

The signature covers the time and the body, so that a message that was overheard cannot be sent again for long, nor be
changed: ``MoiSo-Signature: t=<unix seconds>,v1=<HMAC-SHA256 of "t.body" in hex digits>``.
"""

import hashlib
import hmac
import http.client
import io
import re
import socket
import ssl
import time
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

CONNECT_S, ALL_S = 5.0, 10.0
MOST_ANSWER_BYTES = 16 * 1024  # of the answer's head; its body is not read
PIECE_BYTES = 16 * 1024
SIGNATURE, DELIVERY = "MoiSo-Signature", "MoiSo-Delivery"
TOLERANCE_S = 300
_SIGNATURE = re.compile(r"t=([0-9]{1,12})((?:,v1=[0-9a-f]{64}){1,4})")


class NotTaken(Exception):
    """The receiver answered, and not with 200 to 299; ``status`` is what it answered with."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


class NoAnswer(Exception):
    """What came back is not an answer of HTTP."""


def sign(secret: bytes, body: bytes, at_s: int) -> str:
    """The signature's header for a body that is sent at ``at_s``, seconds since 1970 UTC.

    >>> sign(b"k" * 32, b"{}", 1)[:12]
    't=1,v1=533ff'
    """
    return f"t={at_s},v1={_mac(secret, body, str(at_s))}"


def verify(secret: bytes, header: str, body: bytes, now_s: float, tolerance_s: float = TOLERANCE_S) -> bool:
    """Whether this body was signed with this secret, at most ``tolerance_s`` before or after ``now_s``.

    ``body`` is what was received, byte for byte. Where a secret is being changed a message may carry
    two signatures: one that fits is enough.
    """
    found = _SIGNATURE.fullmatch(header)
    if found is None:
        return False
    expected = _mac(secret, body, found[1])
    fits = [hmac.compare_digest(expected, one) for one in found[2].removeprefix(",v1=").split(",v1=")]
    return any(fits) and abs(now_s - int(found[1])) <= tolerance_s


def post(url: str, body: bytes, headers: dict[str, str], ca: Path | None = None, *, all_s: float = ALL_S) -> None:
    """Hand a JSON body to the receiver at ``url``; when this returns, it has taken it on.

    No redirect is followed: the body is for this receiver and for no other. Once the name is resolved it lasts
    ``all_s`` at most, however slowly the other end reads and writes.
    Raises OSError (TimeoutError, ssl.SSLError, …) where it is away, NotTaken where it refuses, NoAnswer.
    """
    deadline = time.monotonic() + all_s
    address = urlsplit(url)
    private, host = address.scheme == "https", address.hostname or ""
    port = address.port or (443 if private else 80)
    target = (address.path or "/") + (f"?{address.query}" if address.query else "")
    context = _context(ca) if private else None
    with socket.create_connection((host, port), timeout=min(CONNECT_S, all_s)) as plain:
        plain.settimeout(_left(deadline))
        stream = context.wrap_socket(plain, server_hostname=host) if context else plain
        with stream:
            # Giving it its socket keeps http.client from connecting by itself, without our deadline.
            connection = http.client.HTTPConnection(host, address.port)
            connection.sock = cast("socket.socket", _Line(stream, deadline))
            try:
                connection.request(
                    "POST",
                    target,
                    body,
                    {"Content-Type": "application/json", "User-Agent": "MoiSo", "Connection": "close", **headers},
                )
                status = connection.getresponse().status
            except http.client.HTTPException as error:
                raise NoAnswer(type(error).__name__) from None
    if not 200 <= status < 300:
        raise NotTaken(status)


class _Line:
    """A socket on which every piece of reading and writing ends at one deadline."""

    def __init__(self, stream: socket.socket, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        for start in range(0, len(data), PIECE_BYTES):
            self._stream.settimeout(_left(self._deadline))
            self._stream.sendall(data[start : start + PIECE_BYTES])

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Answer(self._stream, self._deadline), 1024)

    def close(self) -> None:
        """The socket is closed by whoever opened it."""


class _Answer(io.RawIOBase):
    """What comes back, up to the deadline and not without end."""

    def __init__(self, stream: socket.socket, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline
        self._room = MOST_ANSWER_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        self._stream.settimeout(_left(self._deadline))
        into = memoryview(buffer).cast("B")[: self._room]
        n = self._stream.recv_into(into) if into else 0
        self._room -= n
        return n


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _context(ca: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca is not None:
        context.load_verify_locations(ca)
    return context


def _mac(secret: bytes, body: bytes, at: str) -> str:
    return hmac.new(secret, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
