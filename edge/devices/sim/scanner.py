"""The far end of a scanner's cable: a pseudo-terminal that a program opens as it would /dev/ttyACM0."""

import contextlib
import os
import pty
import select
import tty
from pathlib import Path


class SimScanner:
    """A serial scanner, plugged in from the start, that appears at ``link``.

    Raises FileExistsError where something stands at ``link`` that is no symbolic link.
    """

    def __init__(self, link: Path) -> None:
        if link.exists() and not link.is_symlink():
            raise FileExistsError(link)
        self._link = link
        self._ends: tuple[int, int] | None = None
        self.plug()

    def plug(self) -> None:
        """Plug the scanner in; a symbolic link left at its place is replaced."""
        if self._ends is not None:
            return
        scanner_end, cable_end = pty.openpty()
        tty.setraw(cable_end)  # until the driver sets its own mode: no echo, no line discipline
        os.set_blocking(scanner_end, False)
        self._ends = scanner_end, cable_end
        fresh = self._link.with_name(f".{self._link.name}.{os.getpid()}")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(os.ttyname(cable_end))
        fresh.replace(self._link)

    def unplug(self) -> None:
        """Pull the cable: whoever has the device open gets an error, and its name is gone."""
        if self._ends is None:
            return
        with contextlib.suppress(FileNotFoundError):
            if self._link.readlink() == Path(os.ttyname(self._ends[1])):
                self._link.unlink()
        for end in self._ends:
            os.close(end)
        self._ends = None

    def scan(self, line: str, ending: str = "\r\n") -> None:
        """Read a code: its text goes out in UTF-8 with the line end that the scanner is set up for."""
        self.scan_bytes((line + ending).encode())

    def scan_bytes(self, data: bytes) -> None:
        """Send these bytes; what nobody takes for a second is lost, as on a cable. Unplugged, all is lost."""
        while data and self._ends is not None:
            _, writable, _ = select.select([], [self._ends[0]], [], 1.0)
            if not writable:
                return
            data = data[os.write(self._ends[0], data) :]

    def close(self) -> None:
        """Unplug for good."""
        self.unplug()
