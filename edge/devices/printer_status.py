"""What an ESC/POS printer says of itself: its bytes told apart and read; no link and no clock here.

Source of every bit: Epson, ESC/POS Command Reference: DLE EOT n (real-time status), GS a (automatic status), GS r,
GS ( H function 48 (process ID response) and DLE DC4 function 8 (clear response).
"""

from collections.abc import Iterator
from enum import Enum

from msgspec import Struct

from edge.contracts.ticket import PrintFault

XON, XOFF = 0x11, 0x13
HEADER = 0x37  # of the responses that end with NUL
PROCESS_ID, CLEARED = 0x22, 0x25
LONGEST_RESPONSE = 80  # no response that we ask for is longer; a header without its NUL is noise


class PaperLevel(Enum):
    """What the paper sensors say."""

    OK = "ok"
    LOW = "low"
    OUT = "out"
    UNKNOWN = "unknown"


# What is wrong with the printer itself, and which of it is told where several things are.
_ERRORS = ((0x20, PrintFault.BROKEN), (0x08 | 0x04, PrintFault.CUTTER), (0x40, PrintFault.OVERHEATED))


class PrinterStatus(Struct, frozen=True):
    """What the printer says of itself now.

    ``present`` is false where it did not answer at all, and ``reachable`` where not even its link could be opened.
    ``error`` is CUTTER, OVERHEATED or BROKEN, and None where it says nothing of errors.
    """

    present: bool
    reachable: bool = True
    online: bool = False
    cover_open: bool = False
    paper: PaperLevel = PaperLevel.UNKNOWN
    error: PrintFault | None = None

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
        if self.error is not None:
            return self.error
        return None if self.online else PrintFault.OFFLINE


def status_of(printer: int, sensors: int | None, cause: int | None, errors: int | None) -> PrinterStatus:
    """The status by the answers to DLE EOT 1, 4, 2 and 3; None is no answer, and leaves unknown what it would say."""
    cause = cause or 0
    if cause & 0x20 or (sensors or 0) & 0x60 == 0x60:
        paper = PaperLevel.OUT
    elif sensors is None:
        paper = PaperLevel.UNKNOWN
    else:
        paper = PaperLevel.LOW if sensors & 0x0C == 0x0C else PaperLevel.OK
    return PrinterStatus(
        present=True,
        online=not printer & 0x08 and not cause & 0x40,
        cover_open=bool(cause & 0x04),
        paper=paper,
        error=_error(errors or 0),
    )


def automatic_status(block: bytes) -> PrinterStatus:
    """The status by the four bytes that GS a has the printer send at each change."""
    printer, errors, sensors, _ = block
    paper = PaperLevel.OUT if sensors & 0x0C else PaperLevel.LOW if sensors & 0x03 else PaperLevel.OK
    return PrinterStatus(
        present=True, online=not printer & 0x08, cover_open=bool(printer & 0x20), paper=paper, error=_error(errors)
    )


def _error(bits: int) -> PrintFault | None:
    return next((fault for mask, fault in _ERRORS if bits & mask), None)


class RealTime(Struct, frozen=True):
    """An answer to DLE EOT; it does not say to which."""

    status: int


class Automatic(Struct, frozen=True):
    """A status that came by itself (GS a)."""

    status: PrinterStatus


class Processed(Struct, frozen=True):
    """An answer to GS r 1: all before it is on paper. ``paper_out`` where it says that there is none."""

    paper_out: bool


class ProcessedId(Struct, frozen=True):
    """The answer to GS ( H with this ID: all before it is on paper."""

    id: bytes


class Cleared(Struct, frozen=True):
    """The answer to DLE DC4 8: the buffers are empty."""


Answer = RealTime | Automatic | Processed | ProcessedId | Cleared


class AnswerReader:
    """The bytes that come back, told apart by their fixed bits, in whatever pieces they arrive.

    A real-time status is 0xx1xx10, an automatic one 0xx1xx00 and three of 0xx0xxxx, the answer to GS r 0xx0xxxx; a
    response is 37h, its kind, its data, and NUL. XON and XOFF may stand anywhere and are none of them. What is
    nothing of these is noise and left out.
    """

    def __init__(self) -> None:
        self._block = b""

    def read(self, data: bytes) -> Iterator[Answer]:
        """The answers that are complete with these bytes."""
        for byte in data:
            if byte in (XON, XOFF):
                continue
            if self._block[:1] == bytes((HEADER,)):
                yield from self._respond(byte)
            elif self._block and byte & 0x90 == 0:
                self._block += bytes((byte,))
                if len(self._block) == 4:
                    block, self._block = self._block, b""
                    yield Automatic(automatic_status(block))
            else:
                self._block = b""
                yield from self._begin(byte)

    def _begin(self, byte: int) -> Iterator[Answer]:
        if byte == HEADER or byte & 0x93 == 0x10:
            self._block = bytes((byte,))
        elif byte & 0x93 == 0x12:
            yield RealTime(byte)
        elif byte & 0x90 == 0:
            yield Processed(paper_out=byte & 0x0C == 0x0C)

    def _respond(self, byte: int) -> Iterator[Answer]:
        self._block += bytes((byte,))
        if byte:
            if len(self._block) > LONGEST_RESPONSE:
                self._block = b""
            return
        block, self._block = self._block, b""
        kind, data = block[1], block[2:-1]
        if kind == PROCESS_ID:
            yield ProcessedId(data)
        elif kind == CLEARED:
            yield Cleared()
