"""A receipt printer that speaks ESC/POS: python-escpos makes the bytes, a link carries them, the answers are read here.

Source of every status bit: Epson, ESC/POS Command Reference, DLE EOT (real-time status) and GS r (transmit status).
"""

import logging
import threading
import time
from enum import Enum

from msgspec import Struct
from PIL import Image

from edge.contracts.ticket import PrintFault
from edge.devices.links import DeviceUnavailable, Link, open_link

BAND_DOTS = 256  # rows a command: cheap printers buffer little, and a command cut off by a fault is soon flushed
STATUS_S = 1.0  # for one real-time answer
POLL_S = 1.0  # of silence after the data before the printer is asked what is wrong
CONFIRM_S = 10.0  # from the last byte sent to the printer's word that the paper is cut

_log = logging.getLogger("printer")


class PaperLevel(Enum):
    """What the paper sensors say."""

    OK = "ok"
    LOW = "low"
    OUT = "out"
    UNKNOWN = "unknown"


class PrinterStatus(Struct, frozen=True):
    """What the printer says of itself now.

    ``present`` is false where it did not answer at all, and ``reachable`` where not even its link could be opened.
    """

    present: bool
    reachable: bool = True
    online: bool = False
    cover_open: bool = False
    paper: PaperLevel = PaperLevel.UNKNOWN

    @property
    def fault(self) -> PrintFault | None:
        """Why this printer cannot print now; None where it can."""
        if not self.reachable:
            return PrintFault.UNREACHABLE
        if not self.present:
            return PrintFault.NO_ANSWER
        if self.cover_open:
            return PrintFault.COVER_OPEN
        if self.paper is PaperLevel.OUT:
            return PrintFault.PAPER_OUT
        return None if self.online else PrintFault.OFFLINE


class PrintError(Exception):
    """The slip did not come out, or nobody can tell; ``fault`` says why."""

    def __init__(self, fault: PrintFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


class EscposPrinter:
    """A printer at a link. Each slip and each question opens the link and closes it: many LAN printers serve one
    client at a time, and one that was switched off meanwhile is simply there again.
    """

    def __init__(self, link: str, baud: int, width_dots: int) -> None:
        self._link = link
        self._baud = baud
        self._width_dots = width_dots
        # Not at the top of the file: it sets the root logger up and makes a folder in /tmp when it is imported.
        from escpos.capabilities import Profile
        from escpos.printer import Dummy

        self._commands = Dummy
        self._profile = Profile(features={})
        # Stated here: python-escpos refuses a picture wider than its profile, and without one prints to stdout.
        self._profile.profile_data = {**self._profile.profile_data, "media": {"width": {"pixels": width_dots}}}
        self._lock = threading.Lock()
        self._unfinished = False
        self._fault: PrintFault | None = None

    def print_slip(self, image: Image.Image) -> None:
        """Print and cut; returns when the printer has said that everything is on paper.

        Blocks for as long as printing takes. ``image`` is black on white and at most as wide as the paper. Raises
        PrintError: before anything is sent (UNREACHABLE, NO_ANSWER, OFFLINE, COVER_OPEN, PAPER_OUT), or after, when
        the paper may hold all, a part or nothing of the slip (INTERRUPTED, NO_ANSWER and the three again). A printer
        that ran out of paper midway may print the rest by itself when it gets a new roll.
        """
        if image.width > self._width_dots:
            raise ValueError(f"a picture of {image.width} dots for {self._width_dots} dots of paper")
        with self._lock:
            try:
                self._print(image)
            except PrintError as error:
                self._note(error.fault)
                raise
            self._note(None)

    def status(self) -> PrinterStatus:
        """Ask the printer; takes up to a few seconds where it does not answer, and waits for a slip being printed."""
        with self._lock:
            try:
                status = self._ask()
            except DeviceUnavailable:
                status = PrinterStatus(present=False, reachable=False)
            self._note(status.fault)
        return status

    def _ask(self) -> PrinterStatus:
        link = open_link(self._link, self._baud)
        try:
            link.drain()
            return _Answers(link).status()
        finally:
            link.close()

    def _print(self, image: Image.Image) -> None:
        try:
            link = open_link(self._link, self._baud)
        except DeviceUnavailable as error:
            raise PrintError(PrintFault.UNREACHABLE) from error
        try:
            try:
                link.drain()
                fault = _Answers(link).status().fault
            except DeviceUnavailable as error:
                raise PrintError(PrintFault.UNREACHABLE) from error
            if fault is not None:
                raise PrintError(fault)
            job = self._job(image)
            self._unfinished = True
            try:
                link.write(job)
                _Answers(link).await_confirmation()
            except DeviceUnavailable as error:
                raise PrintError(PrintFault.INTERRUPTED) from error
            self._unfinished = False
        finally:
            link.close()

    def _job(self, image: Image.Image) -> bytes:
        """ESC @, the picture by GS v 0 in bands, GS V 66 (feed to the cutter, cut), and GS r 1 behind it all.

        After a slip that was not confirmed, first what ends it: NULs that fill up a band cut off in its middle (they
        print nothing elsewhere), and a cut, so that no paper holds parts of two slips.
        """
        escpos = self._commands(profile=self._profile)
        if self._unfinished:
            escpos._raw(bytes(BAND_DOTS * ((self._width_dots + 7) // 8)))
            escpos.hw("INIT")
            escpos.cut(feed=False)
        escpos.hw("INIT")
        escpos.image(image, impl="bitImageRaster", fragment_height=BAND_DOTS)
        escpos.cut(feed=False)
        escpos._raw(b"\x1dr\x01")
        job: bytes = escpos.output
        return job

    def _note(self, fault: PrintFault | None) -> None:
        if fault is self._fault:
            return
        self._fault = fault
        if fault is None:
            _log.info("ready again: %s", self._link)
        else:
            _log.warning("cannot print: %s: %s", self._link, fault.value)


class _Answers:
    """The bytes that come back, told apart by their fixed bits: a real-time status is 0xx1xx10, GS r's answer 0xx0xxxx.

    An automatic status, which a printer sends unasked where its memory switch says so, is 0xx1xx00 and three more
    bytes (GS a); XON and XOFF are 11 and 13. None of them confirms anything.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self._real_time: int | None = None
        self._confirmation: int | None = None
        self._automatic_left = 0

    def status(self) -> PrinterStatus:
        """DLE EOT 1, 2 and 4, each with an answer of its own; what is not answered stays unknown."""
        printer = self._ask(1)
        if printer is None:
            return PrinterStatus(present=False)
        cause = self._ask(2) or 0
        sensors = self._ask(4)
        if cause & 0x20 or (sensors or 0) & 0x60 == 0x60:
            paper = PaperLevel.OUT
        elif sensors is None:
            paper = PaperLevel.UNKNOWN
        else:
            paper = PaperLevel.LOW if sensors & 0x0C == 0x0C else PaperLevel.OK
        online = not printer & 0x08 and not cause & 0x40
        return PrinterStatus(present=True, online=online, cover_open=bool(cause & 0x04), paper=paper)

    def await_confirmation(self) -> None:
        """Return when GS r 1 is answered with paper present: the printer has worked through everything before it.

        A printer that goes offline midway does not get as far as GS r, yet answers DLE EOT: after a silence it is
        asked. Raises PrintError with what it says, or NO_ANSWER after ``CONFIRM_S``.
        """
        deadline = time.monotonic() + CONFIRM_S
        while time.monotonic() < deadline:
            silent = not self._take(POLL_S)
            if self._confirmation is None and silent:
                status = self.status()
                fault = status.fault if status.present else None
                if fault is not None and self._confirmation is None:
                    raise PrintError(fault)
            if self._confirmation is not None:
                if self._confirmation & 0x0C == 0x0C:
                    raise PrintError(PrintFault.PAPER_OUT)
                return
        raise PrintError(PrintFault.NO_ANSWER)

    def _ask(self, number: int) -> int | None:
        """The answer to DLE EOT ``number``; None where there is none within ``STATUS_S``."""
        self._real_time = None
        self._link.write(bytes((0x10, 0x04, number)))
        deadline = time.monotonic() + STATUS_S
        while self._real_time is None and (left_s := deadline - time.monotonic()) > 0:
            self._take(left_s)
        return self._real_time

    def _take(self, timeout_s: float) -> bool:
        """Sort what arrives within ``timeout_s``; whether anything did."""
        data = self._link.read(64, timeout_s)
        for byte in data:
            if self._automatic_left:
                self._automatic_left -= 1
            elif byte & 0x93 == 0x10:
                self._automatic_left = 3
            elif byte & 0x93 == 0x12:
                self._real_time = byte
            elif byte & 0x90 == 0:
                self._confirmation = byte
        return bool(data)
