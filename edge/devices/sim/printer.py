"""The far end of a printer's cable: real ESC/POS bytes in, pictures of the slips out.

``SimPrinter`` is a LAN printer, at TCP port 9100; ``SimLinePrinter`` is at the end of a pseudo-terminal, which stands
for a serial line and for the character device of a USB printer.
"""

import contextlib
import io
import logging
import os
import pty
import select
import socket
import struct
import threading
import time
import tty
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from msgspec import Struct
from PIL import Image

from edge.devices.sim.escpos import ErrorState, PaperState, Printer

_log = logging.getLogger("sim-printer")
_Value = TypeVar("_Value")


class PrintedSlip(Struct, frozen=True):
    """One piece of paper: ``number`` counts from 1, ``at_s`` is when it was cut, in seconds since 1970."""

    number: int
    png: bytes
    at_s: float


class _State(Generic[_Value]):
    """A state of the printer, changed from outside while it runs: it goes on with what it can do then."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, sim: "AnyPrinter", owner: type) -> _Value:
        value: _Value = getattr(sim.printer, self._name)
        return value

    def __set__(self, sim: "AnyPrinter", value: _Value) -> None:
        with sim.lock:
            setattr(sim.printer, self._name, value)
            sim.go_on()


class AnyPrinter(ABC):
    """A printer at whatever cable.

    What a hand would do to it: set ``paper``, ``paper_left_dots`` (it runs out after so many more), ``cover_open``,
    ``offline``, and ``power_cycle``. What a fault would: ``error``, ``cutter_jams`` (at the next cut), ``busy`` (it
    works at something long), ``silent`` (it takes bytes, and its answers are lost), ``late`` (they come once this is
    false again), ``cut_after_bytes`` (the cable breaks after so many more bytes, once), ``power_after_bytes`` (it loses
    its power then). Received but unprinted bytes survive a broken connection. What a cheap one lacks: ``knows_clear``,
    ``knows_ids``, ``knows_automatic``.
    """

    paper_left_dots = _State[int | None]()
    cover_open = _State[bool]()
    offline = _State[bool]()
    busy = _State[bool]()
    error = _State[ErrorState]()
    cutter_jams = _State[bool]()
    knows_clear = _State[bool]()
    knows_ids = _State[bool]()
    knows_automatic = _State[bool]()

    def __init__(self, width_dots: int, on_slip: Callable[[PrintedSlip], None]) -> None:
        self.slips: list[PrintedSlip] = []
        self.on_slip = on_slip
        self.silent = False
        self.cut_after_bytes: int | None = None
        self.power_after_bytes: int | None = None
        self.received_bytes = 0
        self.printer = Printer(width_dots, self._take_slip)
        self.lock = threading.RLock()
        self._late = False
        self._kept = b""

    @property
    def errors(self) -> list[str]:
        """What it was sent and could not understand."""
        return self.printer.errors

    @property
    def paper(self) -> PaperState:
        """How much paper is on the roll; set, it is a new roll."""
        return self.printer.paper

    @paper.setter
    def paper(self, paper: PaperState) -> None:
        with self.lock:
            self.printer.paper = paper
            self.printer.paper_left_dots = None
            self.go_on()

    @property
    def late(self) -> bool:
        """Whether its answers are held back, in their order; they come when this is false again."""
        return self._late

    @late.setter
    def late(self, late: bool) -> None:
        with self.lock:
            self._late = late
            if not late:
                self._answer(b"")

    def power_cycle(self) -> None:
        """Off and on again: what it held and had not said is gone."""
        with self.lock:
            self.printer.power_cycle()
            self._kept = b""

    def tear_off(self) -> None:
        """The paper that hangs out becomes a slip."""
        with self.lock:
            self.printer.tear_off()

    def go_on(self) -> None:
        """Print what can be printed now."""
        self._answer(self.printer.work())

    @abstractmethod
    def start(self) -> None:
        """Be there; raises OSError where something else is."""

    @abstractmethod
    def stop(self) -> None:
        """Go away."""

    @abstractmethod
    def _send(self, answers: bytes) -> bool:
        """Whether somebody was there to whom they could be sent."""

    def _take(self, data: bytes) -> bool:
        """What arrived; whether the cable is still whole."""
        with self.lock:
            data, self.cut_after_bytes, broken = _until(self.cut_after_bytes, data)
            data, self.power_after_bytes, dark = _until(self.power_after_bytes, data)
            self.received_bytes += len(data)
            known = len(self.errors)
            answers = self.printer.receive(data)
            for error in self.errors[known:]:
                _log.warning("%s", error)
            if dark:
                self.power_cycle()
            elif not broken:
                self._answer(answers)
            return not (broken or dark)

    def _answer(self, answers: bytes) -> None:
        if self.silent:
            return
        self._kept += answers
        if not self._late and self._kept and self._send(self._kept):
            self._kept = b""

    def _take_slip(self, picture: Image.Image) -> None:
        png = io.BytesIO()
        picture.save(png, "PNG")
        slip = PrintedSlip(number=len(self.slips) + 1, png=png.getvalue(), at_s=time.time())
        self.slips.append(slip)
        self.on_slip(slip)


class SimPrinter(AnyPrinter):
    """A LAN printer that serves one client at a time, as most do; the others wait.

    What it could not say to one client it says to the next, as a printer behind a device server does.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        width_dots: int = 576,
        on_slip: Callable[[PrintedSlip], None] = lambda _slip: None,
    ) -> None:
        super().__init__(width_dots, on_slip)
        self._address = (host, port)
        self._server: socket.socket | None = None
        self._client: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve, name="sim-printer", daemon=True)

    @property
    def port(self) -> int:
        """The port it listens on, from ``start`` on."""
        return self._address[1]

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
        with self.lock, contextlib.suppress(OSError):
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
                with self.lock:
                    self._client = client
                    self._answer(b"")
                with contextlib.suppress(OSError):
                    self._print_for(client)
                with self.lock:
                    self._client = None

    def _print_for(self, client: socket.socket) -> None:
        while data := client.recv(4096):
            if not self._take(data):
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset
                return

    def _send(self, answers: bytes) -> bool:
        if self._client is None:
            return False
        try:
            self._client.sendall(answers)
        except OSError:
            return False
        return True


class SimLinePrinter(AnyPrinter):
    """A printer at the other end of a pseudo-terminal, whose near end is a link at ``path``.

    When the cable breaks it is plugged in again at once. ``hold_line`` is what a printer with XON/XOFF does while its
    buffer is full.
    """

    def __init__(
        self, path: Path, width_dots: int = 576, on_slip: Callable[[PrintedSlip], None] = lambda _slip: None
    ) -> None:
        super().__init__(width_dots, on_slip)
        self._path = path
        self._far = self._near = -1
        self._bell, self._rope = os.pipe()
        self._thread = threading.Thread(target=self._serve, name="sim-line-printer", daemon=True)

    def start(self) -> None:
        """Make the link; raises OSError where something is in its place."""
        self._plug()
        self._thread.start()

    def stop(self) -> None:
        """Be unplugged."""
        os.write(self._rope, b"!")
        self._thread.join()
        self._unplug()
        os.close(self._bell)
        os.close(self._rope)

    def hold_line(self, hold: bool) -> None:
        """Send XOFF, or XON."""
        os.write(self._far, b"\x13" if hold else b"\x11")

    def _plug(self) -> None:
        self._far, self._near = pty.openpty()
        tty.setraw(self._near)
        self._path.symlink_to(os.ttyname(self._near))

    def _unplug(self) -> None:
        self._path.unlink()
        os.close(self._near)  # kept open until now: else the line would end whenever the driver closes it
        os.close(self._far)

    def _serve(self) -> None:
        while self._bell not in (ready := select.select([self._far, self._bell], [], [])[0]):
            if self._far in ready and not self._take(os.read(self._far, 4096)):
                with self.lock:
                    self._unplug()
                    self._plug()

    def _send(self, answers: bytes) -> bool:
        os.write(self._far, answers)
        return True


def _until(limit: int | None, data: bytes) -> tuple[bytes, int | None, bool]:
    """As much of the data as the limit allows, what is left of the limit, and whether it was reached."""
    if limit is None:
        return data, None, False
    if len(data) >= limit:
        return data[:limit], None, True
    return data, limit - len(data), False
