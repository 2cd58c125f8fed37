"""The officers' desks: buttons to press and lamps to watch, at the other end of ``board_controller.sim.pins``."""

import contextlib
import socket
import threading
import time
from collections import Counter
from pathlib import Path

AGAIN_S = 0.1
FELT_WITHIN_S = 5.0


class ButtonPanel:
    """Buttons that pull a pin low while they are held, and lamps: ``levels`` are the pins' as they are now, and
    ``rises`` how often each has become high.

    Connects by itself, again and again; while the board controller is away a press goes nowhere, as a real one would.
    """

    def __init__(self, socket_path: Path) -> None:
        self.levels: dict[int, bool] = {}
        self.rises: Counter[int] = Counter()
        self._path = socket_path
        self._connection: socket.socket | None = None
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="button panel", daemon=True)
        self._thread.start()

    def press(self, pin: int, hold_s: float = 0.15) -> bool:
        """Press, hold from when it is felt, let go. True where the wire led somewhere."""
        self.levels.pop(pin, None)
        reached = self.drive(pin, high=False)
        deadline_s = time.monotonic() + FELT_WITHIN_S
        while reached and self.levels.get(pin) is not False and time.monotonic() < deadline_s:
            time.sleep(0.005)
        time.sleep(hold_s)
        return self.drive(pin, high=True) and reached

    def bounce(self, pin: int) -> bool:
        """One press of a worn button: the contact flutters for some milliseconds at both ends."""
        reached = True
        for high in (False, True, False, True, False):
            reached = self.drive(pin, high=high) and reached
            time.sleep(0.002)
        time.sleep(0.15)
        for high in (True, False, True, False, True):
            reached = self.drive(pin, high=high) and reached
            time.sleep(0.002)
        return reached

    def drive(self, pin: int, *, high: bool) -> bool:
        """Put a level on a pin and leave it there. True where the wire led somewhere."""
        connection = self._connected()
        if connection is None:
            return False
        try:
            connection.sendall(f"{pin} {'high' if high else 'low'}\n".encode())
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Take the panel away."""
        self._closing.set()
        with self._lock:
            if self._connection is not None:
                with contextlib.suppress(OSError):
                    self._connection.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def _connected(self) -> socket.socket | None:
        with self._lock:
            if self._connection is None and not self._closing.is_set():
                fresh = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                try:
                    fresh.connect(str(self._path))
                except OSError:
                    fresh.close()
                else:
                    self._connection = fresh
            return self._connection

    def _watch(self) -> None:
        while not self._closing.is_set():
            connection = self._connected()
            if connection is None:
                self._closing.wait(AGAIN_S)
                continue
            with contextlib.suppress(OSError), connection.makefile(encoding="ascii") as lines:
                for line in lines:
                    number, _, level = line.strip().partition(" ")
                    self.levels[int(number)] = level == "high"
                    self.rises[int(number)] += level == "high"
            with self._lock:
                self._connection = None
            connection.close()
