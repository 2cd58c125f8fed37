"""The demo's card reader: a simulated card is laid on it by connecting to a port of this machine.

It speaks as the reader's side of vsmartcard's vpcd does, so the same simulated card also fits pcscd, and needs neither
pcscd nor root. It is no way to a real card: whoever may connect to the port is a card.
"""

import contextlib
import select
import socket
import threading

from edge.contracts.reading import ReadingFault
from edge.devices.card_reader import ANSWER_S, OpenCard, ReaderState, Slot, is_contactless
from edge.devices.links import DeviceUnavailable, check_link
from edge.emrtd.errors import CardError

NAME = "vpcd"
LOOPBACK = ("127.0.0.1", "[::1]", "localhost")
MAX_ATR = 33
ATR_S = 1.0

_CLOSED = "the connection is closed"
_ON, _RESET, _ATR = b"\x01", b"\x02", b"\x04"


class VpcdReader:
    """A reader at ``tcp:127.0.0.1:PORT``; raises ValueError on another link: it listens at no other address.

    One card lies on it at a time; a second one that connects waits until the first has closed its connection.
    """

    def __init__(self, link: str) -> None:
        check_link(link)
        _, _, address = link.partition(":")
        host, _, port = address.rpartition(":")
        if not link.startswith("tcp:") or host not in LOOPBACK:
            raise ValueError(f"{link!r}: expected tcp:127.0.0.1:PORT, this machine and no other")
        self._address = (host.strip("[]"), int(port))
        self._server: socket.socket | None = None
        self._card: VpcdCard | None = None

    def watch(self, timeout_s: float) -> tuple[ReaderState, ...]:
        """See ``edge.devices.card_reader.Readers``."""
        server = self._server or self._listen()
        if self._card is None:
            return self._await_card(server, timeout_s)
        if not self._card.gone(timeout_s):
            return ()
        self._card.throw_away()
        self._card = None
        return (ReaderState(Slot.EMPTY, NAME),)

    def open_card(self) -> OpenCard:
        """See ``edge.devices.card_reader.Readers``."""
        card = self._card
        if card is None:
            raise CardError(ReadingFault.CARD_REMOVED, "before the reading")
        card.begin()
        return card

    def release(self) -> None:
        """See ``edge.devices.card_reader.Readers``."""
        if self._card is not None:
            self._card.throw_away()
            self._card = None
        if self._server is not None:
            self._server.close()
            self._server = None

    def _listen(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET
        try:
            self._server = socket.create_server(self._address, family=family)
        except OSError as error:
            raise DeviceUnavailable(f"port {self._address[1]}: {error.strerror}") from error
        return self._server

    def _await_card(self, server: socket.socket, timeout_s: float) -> tuple[ReaderState, ...]:
        empty = (ReaderState(Slot.EMPTY, NAME),)
        server.settimeout(timeout_s)
        try:
            connection, _ = server.accept()
        except TimeoutError:
            return empty
        except OSError as error:
            self.release()
            raise DeviceUnavailable(f"port {self._address[1]}: {error.strerror}") from error
        card = VpcdCard(connection)
        atr = card.power_up()
        if not atr:
            card.throw_away()
            return empty
        self._card = card
        return (ReaderState(Slot.CARD, NAME, is_contactless(atr)),)


class VpcdCard:
    """A simulated card at the other end of this connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._in_use = threading.Lock()
        self._silent = False
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def power_up(self) -> bytes:
        """Its answer to reset; empty where it gives none, or what it gives is none."""
        self._connection.settimeout(ATR_S)
        try:
            self._send(_ON)
            self._send(_ATR)
            atr = self._receive()
        except OSError:
            return b""
        return atr if len(atr) <= MAX_ATR else b""

    def gone(self, within_s: float) -> bool:
        """Whether it is pulled away, or will be within so many seconds; what it has sent is left alone."""
        poll = select.poll()
        poll.register(self._connection, select.POLLRDHUP)
        return bool(poll.poll(within_s * 1000))

    def begin(self) -> None:
        """Keep it for one reading, and reset it. Raises CardError as ``transmit`` does."""
        if not self._in_use.acquire(timeout=ANSWER_S):
            raise CardError(ReadingFault.NO_ANSWER, "another reading has the card")
        if self._silent:  # what it still owes would be taken for the answer to another command
            self._in_use.release()
            raise CardError(ReadingFault.NO_ANSWER, "it was silent before")
        try:
            self._connection.settimeout(ANSWER_S)
            self._send(_RESET)
        except OSError as error:
            self._in_use.release()
            raise CardError(ReadingFault.CARD_REMOVED, _CLOSED) from error

    def transmit(self, command: bytes) -> bytes:
        """See ``edge.devices.card_reader.OpenCard``."""
        try:
            self._send(command)
            answer = self._receive()
        except TimeoutError as error:
            self._silent = True
            raise CardError(ReadingFault.NO_ANSWER, "silence") from error
        except OSError as error:
            raise CardError(ReadingFault.CARD_REMOVED, _CLOSED) from error
        if len(answer) < 2:
            raise CardError(ReadingFault.NO_ANSWER, "an answer without a status word")
        return answer

    def close(self) -> None:
        """See ``edge.devices.card_reader.OpenCard``."""
        self._in_use.release()

    def throw_away(self) -> None:
        """Close the connection; a reading that waits for an answer is told that the card is pulled away."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        with self._in_use:
            self._connection.close()

    def _send(self, payload: bytes) -> None:
        self._connection.sendall(len(payload).to_bytes(2) + payload)

    def _receive(self) -> bytes:
        return self._read(int.from_bytes(self._read(2)))

    def _read(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            piece = self._connection.recv(size - len(data))
            if not piece:
                raise ConnectionAbortedError
            data += piece
        return bytes(data)
