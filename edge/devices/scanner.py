"""A barcode scanner in serial mode: one line a code, whatever the line end."""

import logging
import threading
from collections.abc import Callable

from msgspec import Struct

from edge.devices.links import DeviceUnavailable, Link, open_link

LINE_BYTES = 2048  # a QR of a card holds about 200; a QR of version 40 at most 2953
SILENCE_S = 0.2  # a scanner set up without a suffix sends no line end: this long a pause is one
RETRY_S = 0.5

_log = logging.getLogger("scanner")


class Line(Struct, frozen=True):
    """One code as the scanner sent it, without its line end."""

    text: str

    def __repr__(self) -> str:
        return f"Line({len(self.text)} characters)"


class Unreadable(Struct, frozen=True):
    """The scanner sent something that is no line of UTF-8 of at most ``LINE_BYTES``."""


Scan = Line | Unreadable


class Lines:
    """The scans in a stream of bytes: lines end with CR, LF or CRLF, or with a silence; empty ones are skipped."""

    def __init__(self) -> None:
        self._line = bytearray()
        self._too_long = False

    def feed(self, data: bytes) -> list[Scan]:
        """The scans that these bytes complete."""
        *ended, rest = data.replace(b"\r", b"\n").split(b"\n")
        scans = []
        for piece in ended:
            self._add(piece)
            scans += self.end()
        self._add(rest)
        return scans

    def end(self) -> list[Scan]:
        """The scan that a line end or a silence completes now: one or none."""
        line, too_long = bytes(self._line), self._too_long
        self._line.clear()
        self._too_long = False
        if too_long:
            return [Unreadable()]
        if not line:
            return []
        try:
            return [Line(line.decode("utf-8"))]
        except UnicodeDecodeError:
            return [Unreadable()]

    def _add(self, piece: bytes) -> None:
        self._line += piece
        if len(self._line) > LINE_BYTES:
            self._line.clear()
            self._too_long = True


class LineScanner:
    """Reads a scanner in a thread of its own until stopped, and finds it again whenever it is plugged in.

    ``on_scan`` and ``on_presence`` are called in that thread; ``on_presence`` first says whether the scanner is there
    at the start and then every change of it.
    """

    def __init__(
        self,
        link: str,
        baud: int,
        on_scan: Callable[[Scan], None],
        on_presence: Callable[[bool], None] = lambda _present: None,
    ) -> None:
        self._link = link
        self._baud = baud
        self._on_scan = on_scan
        self._on_presence = on_presence
        self._present: bool | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="scanner", daemon=True)

    @property
    def present(self) -> bool:
        """Whether the scanner is connected now."""
        return self._present is True

    def start(self) -> None:
        """Begin to read; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Let the scanner go; returns when the thread has ended, and no callback comes after."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                link = open_link(self._link, self._baud)
            except DeviceUnavailable as error:
                self._lost(error)
            else:
                try:
                    self._read(link)
                except DeviceUnavailable as error:
                    self._lost(error)
                finally:
                    link.close()
            self._stopping.wait(RETRY_S)

    def _read(self, link: Link) -> None:
        self._set_present(True)
        lines = Lines()
        while not self._stopping.is_set():
            data = link.read(4096, SILENCE_S)
            for scan in lines.feed(data) if data else lines.end():
                self._on_scan(scan)

    def _lost(self, error: DeviceUnavailable) -> None:
        if self._present is not False:
            _log.warning("not available: %s", error)
            self._set_present(False)

    def _set_present(self, present: bool) -> None:
        if present:
            _log.info("ready: %s", self._link)
        self._present = present
        self._on_presence(present)
