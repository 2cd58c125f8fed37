"""The far end of a network printer's cable: TCP port 9100, real ESC/POS bytes in, pictures of the slips out."""

import contextlib
import io
import logging
import socket
import struct
import threading
import time
from collections.abc import Callable

from msgspec import Struct
from PIL import Image

from edge.devices.sim.escpos import PaperState, Printer

_log = logging.getLogger("sim-printer")


class PrintedSlip(Struct, frozen=True):
    """One piece of paper: ``number`` counts from 1, ``at_s`` is when it was cut, in seconds since 1970."""

    number: int
    png: bytes
    at_s: float


class SimPrinter:
    """A LAN printer that serves one client at a time, as most do; the others wait.

    What a hand would do to it: set ``paper``, ``paper_left_dots`` (it runs out after so many more), ``cover_open``,
    ``offline``. What a fault would: ``silent`` (it takes bytes and answers nothing), ``cut_after_bytes`` (the cable
    breaks after so many more bytes, once). Received but unprinted bytes survive a broken connection.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        width_dots: int = 576,
        on_slip: Callable[[PrintedSlip], None] = lambda _slip: None,
    ) -> None:
        self.slips: list[PrintedSlip] = []
        self.on_slip = on_slip
        self.silent = False
        self.cut_after_bytes: int | None = None
        self._printer = Printer(width_dots, self._take_slip)
        self._lock = threading.RLock()
        self._address = (host, port)
        self._server: socket.socket | None = None
        self._client: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve, name="sim-printer", daemon=True)

    @property
    def port(self) -> int:
        """The port it listens on, from ``start`` on."""
        return self._address[1]

    @property
    def errors(self) -> list[str]:
        """What it was sent and could not understand."""
        return self._printer.errors

    @property
    def paper(self) -> PaperState:
        """How much paper is on the roll."""
        return self._printer.paper

    @paper.setter
    def paper(self, paper: PaperState) -> None:
        with self._lock:
            self._printer.paper = paper
            self._printer.paper_left_dots = None
            self._go_on()

    @property
    def paper_left_dots(self) -> int | None:
        """Rows of paper left before it runs out; None: plenty."""
        return self._printer.paper_left_dots

    @paper_left_dots.setter
    def paper_left_dots(self, dots: int | None) -> None:
        with self._lock:
            self._printer.paper_left_dots = dots

    @property
    def cover_open(self) -> bool:
        """Whether its cover stands open."""
        return self._printer.cover_open

    @cover_open.setter
    def cover_open(self, cover_open: bool) -> None:
        with self._lock:
            self._printer.cover_open = cover_open
            self._go_on()

    @property
    def offline(self) -> bool:
        """Whether someone switched it offline at its panel."""
        return self._printer.offline

    @offline.setter
    def offline(self, offline: bool) -> None:
        with self._lock:
            self._printer.offline = offline
            self._go_on()

    def start(self) -> None:
        """Listen; raises OSError where the port is taken."""
        self._server = socket.create_server(self._address)
        self._address = self._server.getsockname()[:2]
        self._thread.start()

    def stop(self) -> None:
        """Go away, the connection too."""
        server = self._server
        if server is None:
            return
        self._server = None
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        server.close()
        with self._lock, contextlib.suppress(OSError):
            if self._client is not None:
                self._client.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def _serve(self) -> None:
        while (server := self._server) is not None:
            try:
                client, _ = server.accept()
            except OSError:
                return
            with client:
                self._client = client
                with contextlib.suppress(OSError):
                    self._print_for(client)
                self._client = None

    def _print_for(self, client: socket.socket) -> None:
        while data := client.recv(4096):
            with self._lock:
                broken = self.cut_after_bytes is not None and len(data) >= self.cut_after_bytes
                if self.cut_after_bytes is not None:
                    data = data[: self.cut_after_bytes]
                    self.cut_after_bytes = None if broken else self.cut_after_bytes - len(data)
                known = len(self.errors)
                answers = self._printer.receive(data)
                for error in self.errors[known:]:
                    _log.warning("%s", error)
                if broken:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset
                    return
                if not self.silent:
                    client.sendall(answers)

    def _go_on(self) -> None:
        answers = self._printer.work()
        if self._client is not None and not self.silent:
            with contextlib.suppress(OSError):
                self._client.sendall(answers)

    def _take_slip(self, picture: Image.Image) -> None:
        png = io.BytesIO()
        picture.save(png, "PNG")
        slip = PrintedSlip(number=len(self.slips) + 1, png=png.getvalue(), at_s=time.time())
        self.slips.append(slip)
        self.on_slip(slip)
