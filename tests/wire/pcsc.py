"""pcscd with two virtual readers, and a card that answers what it is told."""

import fcntl
import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from msgspec import Struct

from tests.waiting import until

PORTS = (35963, 35964)  # of Debian's own configuration
# Of ours: below the ports that outgoing connections are given by chance.
OUR_PORTS = (25963, 25964)
LOCK = Path(tempfile.gettempdir(), "moiso-tests-pcscd.lock")
DRIVER = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
CONTACTLESS_ATR = bytes.fromhex("3B80800101")
CONTACT_ATR = bytes.fromhex("3BFE1800008131FE458031815448534D3173802140810765")


class VirtualReaders(Struct):
    """Two readers of pcscd; a card connects to ``ports``. ``pcscd`` is None where it is not ours."""

    names: tuple[str, ...]
    pcscd: subprocess.Popen[bytes] | None
    config: Path
    ports: tuple[int, int] = PORTS

    def kill(self) -> None:
        """Kill pcscd at once. The test is skipped where it is not ours."""
        if self.pcscd is None:
            pytest.skip("this pcscd was running before the test: it is not ours to kill")
        self.pcscd.kill()
        self.pcscd.wait()

    def start(self) -> None:
        """Start pcscd; returns when it shows its readers."""
        self.pcscd = subprocess.Popen(
            ["pcscd", "--foreground", "--config", str(self.config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.names = until(virtual_names, what="the virtual readers")

    def await_empty(self, *at: int) -> None:
        """Return when pcscd has noticed that no card is left on these readers, by default on none.

        A card that is pulled while a reading lets it go fails its reset, and pcscd tells "empty" before the thread that
        looks for cards has looked: a card that comes before that look is never told. That thread alone counts, once for
        a card that comes and once for it going, so an even count is its word that the reader is empty.
        """
        names = tuple(self.names[slot] for slot in at) or self.names
        until(lambda: not any(present or count % 2 for present, count in _slots(names)), what="empty readers")

    def await_card(self) -> None:
        """Return when pcscd has noticed a card."""
        until(lambda: any(present for present, _count in _slots(self.names)), what="a card on a reader")


def _slots(names: tuple[str, ...]) -> list[tuple[bool, int]]:
    """Whether pcscd sees a card on each reader, and how many it saw come and go."""
    from smartcard import scard

    _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    try:
        _, states = scard.SCardGetStatusChange(context, 0, [(name, 0) for name in names])
        return [(bool(state & scard.SCARD_STATE_PRESENT), state >> 16) for _name, state, _atr in states]
    finally:
        scard.SCardReleaseContext(context)


def virtual_names() -> tuple[str, ...]:
    """The virtual readers that a pcscd shows now; none where none runs."""
    from smartcard import scard

    result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    if result != scard.SCARD_S_SUCCESS:
        return ()
    try:
        _, names = scard.SCardListReaders(context, [])
        return tuple(name for name in names if name.startswith("Virtual PCD"))
    finally:
        scard.SCardReleaseContext(context)


@pytest.fixture(scope="module")
def virtual_readers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VirtualReaders]:
    """pcscd with two virtual readers: one that runs already and has them, else one of our own for this file's tests.

    A machine has one pcscd: where several processes run tests, a file waits for the one that uses it.
    """
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield from _readers(tmp_path_factory)


def _readers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VirtualReaders]:
    names = virtual_names()
    if names:
        yield VirtualReaders(names, None, Path())
        return
    if shutil.which("pcscd") is None or not DRIVER.exists():
        pytest.skip("pcscd or vsmartcard-vpcd is not installed")
    if os.geteuid() != 0:
        pytest.skip("pcscd needs root, and none with a virtual reader runs")
    config = tmp_path_factory.mktemp("reader.conf.d")
    port = f"0x{OUR_PORTS[0]:X}"
    lines = ('FRIENDLYNAME "Virtual PCD"', f"DEVICENAME /dev/null:{port}", f"LIBPATH {DRIVER}", f"CHANNELID {port}")
    (config / "vpcd").write_text("\n".join(lines) + "\n")
    readers = VirtualReaders((), None, config, OUR_PORTS)
    try:
        readers.start()
        yield readers
    finally:
        readers.kill()  # also where it never came up: it would be in the way of every other file


class TcpCard:
    """A card at a virtual reader's port: ``answer`` makes its answer to each command.

    An answer of None is silence. Connecting lays the card on the reader; ``pull`` takes it away.
    """

    def __init__(self, port: int, answer: Callable[[bytes], bytes | None], atr: bytes = CONTACTLESS_ATR) -> None:
        self.commands: list[bytes] = []
        self.controls: list[int] = []
        self._answer = answer
        self._atr = atr
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def pull(self) -> None:
        """Take it away; from the card's own thread, too."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _serve(self) -> None:
        with self._socket, suppress(OSError):
            while message := self._receive():
                if len(message) > 1:
                    self.commands.append(message)
                    answer = self._answer(message)
                else:
                    self.controls.append(message[0])
                    answer = self._atr if message == b"\x04" else None
                if answer is not None:
                    self._socket.sendall(len(answer).to_bytes(2) + answer)

    def _receive(self) -> bytes:
        size = int.from_bytes(self._socket.recv(2, socket.MSG_WAITALL))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        return self._socket.recv(size, socket.MSG_WAITALL) if size else b""
