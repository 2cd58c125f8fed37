"""A program of a Department's that takes webhooks, on loopback: it keeps what it is sent, and can misbehave."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from msgspec import Struct

from tests.waiting import until


class Request(Struct, frozen=True):
    """One POST as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


class Receiver(ThreadingHTTPServer):
    """``status`` is what it answers with. ``holding``: it reads a request and never answers. ``dripping``: it answers
    one letter at a time, without end. ``endless``: its answer has a body without end."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[Request] = []
        self.status = 204
        self.location = ""
        self.holding = threading.Event()
        self.dripping = threading.Event()
        self.endless = threading.Event()
        self.ended = threading.Event()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    @property
    def ids(self) -> list[str]:
        """What the deliveries were called, in their order."""
        return [request.headers["moiso-delivery"] for request in self.requests]

    def came(self, n: int, within_s: float = 15.0) -> Request:
        """Wait for the request number ``n``, from 1."""
        until(lambda: len(self.requests) >= n, within_s=within_s, what=f"{n} webhooks")
        return self.requests[n - 1]

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever hangs up is meant to."""


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) < length:
            return  # whoever sent it was ended meanwhile: that is no request
        headers = {key.lower(): value for key, value in self.headers.items()}
        self.server.requests.append(Request(self.path, headers, body))
        if self.server.holding.is_set():
            self.server.ended.wait(60)
            return
        if self.server.dripping.is_set():
            while not self.server.ended.wait(0.05):
                self.wfile.write(b"H")
            return
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.end_headers()
        while self.server.endless.is_set() and not self.server.ended.is_set():
            self.wfile.write(b"x" * 65536)

    do_GET = do_POST  # noqa: N815 - its name

    def log_message(self, format: str, *args: object) -> None:
        """Nothing to stderr."""


@contextmanager
def http_receiver(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """The receiver, over TLS where ``tls`` is given."""
    receiver = Receiver()
    if tls is not None:
        # The handshake belongs to the connection's own thread: one that does not speak TLS holds up no other.
        receiver.socket = tls.wrap_socket(receiver.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=receiver.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.ended.set()
        receiver.shutdown()
        receiver.server_close()
