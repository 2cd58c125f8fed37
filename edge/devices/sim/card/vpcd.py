"""A card in a virtual reader of vsmartcard: it is the client of a TCP port, and to connect is to be laid on.

Both ways a message is two bytes of length, high byte first, and so many bytes. A message of one byte to the card is
a control: 00 power off, 01 power on, 02 reset, all without an answer, and 04, which the ATR answers. Anything else is
a command of the reader. Source: vsmartcard, virtualsmartcard/src/vpcd/vpcd.c, and what was seen of it.
"""

import contextlib
import logging
import socket
import threading

from edge.devices.sim.card.applet import ATR, Chip
from edge.devices.sim.card.faults import CardMute, CardPulled

PORT = 35963  # of the first slot; the second is one higher
_CONNECT_S = 5.0
_POWER = frozenset((b"\x00", b"\x01", b"\x02"))
_ASK_FOR_ATR = b"\x04"
_LENGTH_BYTES = 2

_log = logging.getLogger("sim-card")


class CardInSlot:
    """One chip that is laid on a virtual reader, with a thread of its own that answers.

    Once taken away it is gone: to lay the chip on again, make another.
    """

    def __init__(self, chip: Chip, port: int = PORT, host: str = "127.0.0.1") -> None:
        self.chip = chip
        self._address = (host, port)
        self._reader: socket.socket | None = None
        self._thread: threading.Thread | None = None

    @property
    def present(self) -> bool:
        """Whether the card still lies there."""
        return self._thread is not None and self._thread.is_alive()

    def insert(self) -> None:
        """Lay it on; raises OSError where there is no such reader."""
        reader = socket.create_connection(self._address, _CONNECT_S)
        reader.settimeout(None)
        reader.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.chip.reset()
        self._reader = reader
        self._thread = threading.Thread(target=self._answer, args=(reader,), name="sim-card", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take it away; without effect where that has been done, or it was never there."""
        if self._reader is None or self._thread is None:
            return
        with contextlib.suppress(OSError):  # the reader has gone already
            self._reader.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def _answer(self, reader: socket.socket) -> None:
        with reader:
            try:
                while message := _receive(reader):
                    self._answer_one(reader, message)
            except CardPulled:
                _log.debug("pulled out at command %d", self.chip.commands)
            except OSError:
                _log.debug("the reader has gone")

    def _answer_one(self, reader: socket.socket, message: bytes) -> None:
        if message in _POWER:
            self.chip.reset()
        elif message == _ASK_FOR_ATR:
            _send(reader, ATR)
        else:
            with contextlib.suppress(CardMute):
                _send(reader, self.chip.process(message))


def _receive(reader: socket.socket) -> bytes:
    """The next message; empty where there is none any more."""
    length = _exactly(reader, _LENGTH_BYTES)
    return _exactly(reader, int.from_bytes(length, "big")) if length else b""


def _exactly(reader: socket.socket, size: int) -> bytes:
    received = bytearray()
    while len(received) < size:
        part = reader.recv(size - len(received))
        # The kernel forgets it after each read, and a delayed acknowledgement costs 40 ms a command.
        reader.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        if not part:
            return b""
        received += part
    return bytes(received)


def _send(reader: socket.socket, message: bytes) -> None:
    reader.sendall(len(message).to_bytes(_LENGTH_BYTES, "big") + message)
