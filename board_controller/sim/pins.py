"""The wire between button and pin as a socket: mock pins that another process presses and watches.

Towards the board: ``17 low`` or ``17 high`` drives an input. From the board: ``26 high`` when an output changes, and
every output's level to whoever connects. One line each, ``\\n`` at its end.
"""

import asyncio
import contextlib
import os
import socket
import socketserver
import threading
from pathlib import Path
from typing import Any

from gpiozero.pins.mock import MockFactory, MockPin

from edge.daemon.config import ConfigError


class _Pin(MockPin):  # type: ignore[misc]  # gpiozero has no types
    def _change_state(self, value: Any) -> bool:
        changed = bool(super()._change_state(value))
        if changed and self.function == "output":
            self.factory.report(self)
        return changed

    def _set_pull(self, value: str) -> None:
        super()._set_pull(value)
        if self in self.factory.held:  # a closed contact is stronger than the pull-up
            self.drive_low()


class SocketPins(MockFactory):  # type: ignore[misc]  # gpiozero has no types
    """A pin factory whose inputs are driven, and whose outputs are told, over a Unix socket."""

    def __init__(self) -> None:
        super().__init__(pin_class=_Pin)
        self._lock = threading.RLock()
        self._peers: set[socket.socket] = set()
        self._outputs: dict[int, Any] = {}
        self.held: set[Any] = set()

    def drive(self, number: int, *, high: bool) -> None:
        """Close the contact between this input and ground (low), or open it. Raises ValueError on no such pin."""
        pin = self.pin(number)
        if high:
            self.held.discard(pin)
        else:
            self.held.add(pin)
        if pin.function == "input":
            pin.drive_high() if high else pin.drive_low()

    def report(self, pin: Any) -> None:
        """Tell everyone connected that an output changed."""
        number = int(pin.info.name.removeprefix("GPIO"))
        with self._lock:
            self._outputs[number] = pin
            for peer in self._peers:
                _tell(peer, number, pin)

    def converse(self, peer: socket.socket) -> None:
        """Talk with one peer until it leaves; one that talks nonsense is left."""
        with self._lock:
            self._peers.add(peer)
            for output, pin in self._outputs.items():
                _tell(peer, output, pin)
        try:
            with peer.makefile("r", encoding="ascii") as lines:
                for line in lines:
                    number, _, level = line.strip().partition(" ")
                    self.drive(int(number), high=level == "high")
                    peer.sendall(line.encode("ascii"))  # it has come
        except (OSError, ValueError):
            return
        finally:
            with self._lock:
                self._peers.discard(peer)

    def hang_up(self) -> None:
        """End every conversation."""
        with self._lock:
            for peer in self._peers:
                peer.shutdown(socket.SHUT_RDWR)


class SocketWire:
    """The pins and the socket that leads to them, which only its owner may open.

    The conversations have threads of their own, as gpiozero's edges have on a Pi: a press lasts as long as it lasts,
    however late the program's event loop is. Raises ConfigError, when run, where the socket cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self.factory = SocketPins()
        self._path = path

    async def run(self) -> None:
        """Take connections for ever."""
        pins = self.factory

        class Conversation(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                pins.converse(self.request)

        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.unlink(missing_ok=True)
            server = _Server(str(self._path), Conversation)
        except OSError as error:
            raise ConfigError(f"buttons.pins: {self._path}: the socket cannot be made ({error})") from error
        threading.Thread(target=server.serve_forever, name="pins", daemon=True).start()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            server.shutdown()
            pins.hang_up()
            server.server_close()


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def server_bind(self) -> None:
        os.fchmod(self.fileno(), 0o600)  # Linux gives the name the socket's own mode: nobody else may ever open it
        super().server_bind()


def _tell(peer: socket.socket, number: int, pin: Any) -> None:
    with contextlib.suppress(OSError):  # it is leaving
        peer.sendall(f"{number} {'high' if pin.state else 'low'}\n".encode())
