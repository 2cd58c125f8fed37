"""What a receipt printer makes of the bytes it receives: the paper it prints and the answers it gives.

No sockets and no clock here. Source: Epson, ESC/POS Command Reference, DLE EOT and GS r; for the commands that print,
feed and cut, what python-escpos and receiptio send and say of them.
"""

from collections import deque
from collections.abc import Callable
from typing import Literal

from PIL import Image

PaperState = Literal["ok", "low", "out"]

CUTTER_DOTS = 120  # from the print head to the cutter: 15 mm at 8 dots a millimetre
LINE_DOTS = 30

DLE, ESC, FS, GS, LF, SPACE = 0x10, 0x1B, 0x1C, 0x1D, 0x0A, 0x20
_REAL_TIME = b"\x10\x04"

# Settings of text mode that change nothing in a picture: command → length with its parameters.
_SETTINGS = {
    bytes((lead, ord(name))): length
    for lead, names in ((ESC, {"M": 3, " ": 3, "-": 3, "E": 3, "G": 3, "!": 3, "t": 3, "R": 3, "$": 4}),
                        (FS, {"S": 4, ".": 2, "&": 2, "-": 3}),
                        (GS, {"B": 3, "!": 3}))
    for name, length in names.items()
}  # fmt: skip


class Printer:
    """A printer with a roll of paper: feed it bytes in any pieces, and cut slips and answers come out.

    Offline (paper out, cover open, switched offline) it goes on receiving and answering DLE EOT, and prints nothing;
    what it has received is printed once it is online again, as a real one does.
    """

    def __init__(self, width_dots: int, on_slip: Callable[[Image.Image], None]) -> None:
        self.width_dots = width_dots
        self.paper: PaperState = "ok"
        self.paper_left_dots: int | None = None
        self.cover_open = False
        self.offline = False
        self.errors: list[str] = []
        self._on_slip = on_slip
        self._unwatched = b""
        self._buffer = bytearray()
        self._rows: deque[bytes] = deque()
        self._roll: list[bytes] = [self._blank] * CUTTER_DOTS
        self._initialise()

    @property
    def online(self) -> bool:
        """Whether it would print now."""
        return self.paper != "out" and not self.cover_open and not self.offline

    def receive(self, data: bytes) -> bytes:
        """Take these bytes; the answers that they cause."""
        answers = self._answer_at_once(data)
        self._buffer += data
        return answers + self.work()

    def work(self) -> bytes:
        """Carry out what has been received, as far as the printer is online; the answers of queued commands."""
        answers = bytearray()
        while self.online:
            if self._rows:
                self._print_row(self._rows.popleft())
                continue
            taken = self._execute(bytes(self._buffer[:8]), answers)
            if taken == 0:
                break
            del self._buffer[:taken]
        return bytes(answers)

    def _answer_at_once(self, data: bytes) -> bytes:
        """Answer DLE EOT n the moment it is received, wherever it stands: in the data of a picture too.

        "The status is transmitted whenever the data sequence of 10H 04H n is received" (Epson, TM-T85 manual, DLE EOT),
        and the bytes remain part of the picture. A driver must therefore tell stray answers from the one it waits for.
        """
        seen = self._unwatched + data
        answers = bytearray()
        at = seen.find(_REAL_TIME)
        while 0 <= at < len(seen) - 2:
            answers += self._status(seen[at + 2])
            seen = seen[at + 2 :]
            at = seen.find(_REAL_TIME)
        if at >= 0:
            self._unwatched = seen[at:]
        else:
            self._unwatched = seen[-1:] if seen.endswith(_REAL_TIME[:1]) else b""
        return bytes(answers)

    def _status(self, number: int) -> bytes:
        low, out = self.paper != "ok", self.paper == "out"
        match number:
            case 1:
                return bytes((0x12 | (0 if self.online else 0x08),))
            case 2:
                return bytes((0x12 | (0x04 if self.cover_open else 0) | (0x20 if out else 0),))
            case 3:
                return b"\x12"
            case 4:
                return bytes((0x12 | (0x0C if low else 0) | (0x60 if out else 0),))
            case _:
                return b""

    def _execute(self, head: bytes, answers: bytearray) -> int:
        """Carry out the command that begins here; the bytes it took, 0 where it is not complete."""
        if not head:
            return 0
        lead = head[0]
        if lead not in (DLE, ESC, FS, GS):
            return self._character(lead)
        if len(head) < 2:
            return 0
        code = head[:2]
        if code in _SETTINGS:
            return _SETTINGS[code] if len(self._buffer) >= _SETTINGS[code] else 0
        if code == b"\x1dv":
            return self._raster(head)
        short = {b"\x1b@": 2, b"\x1b2": 2, b"\x1dL": 4, b"\x1dW": 4, b"\x1dV": 4 if head[2:3] > b"1" else 3}
        length = short.get(code, 3)
        if len(head) < length:
            return 0
        number = int.from_bytes(head[2:length], "little")
        match code:
            case b"\x1b@":
                self._initialise()
            case b"\x1b2":
                self._line_dots = LINE_DOTS
            case b"\x1b3":
                self._line_dots = number
            case b"\x1ba":
                self._align = number & 3
            case b"\x1bd":
                self._feed(number * self._line_dots)
            case b"\x1bJ":
                self._feed(number)
            case b"\x1dL":
                self._left = number
            case b"\x1dW":
                self._area = number
            case b"\x1dV":
                if length == 4:
                    self._feed(CUTTER_DOTS + head[3])
                self._rows.append(b"")
            case b"\x1dr" if number in (1, 49):
                answers.append(0x00 if self.paper == "ok" else 0x03)
            case b"\x10\x04":
                pass  # answered when it was received
            case b"\x1b{" | b"\x1da" if number == 0:
                pass  # not upside down, no automatic status: the state it is in
            case _:
                self.errors.append(f"unknown command {code.hex(' ')}")
                return 2
        return length

    def _initialise(self) -> None:
        self._line_dots = LINE_DOTS
        self._align = 0
        self._left = 0
        self._area = self.width_dots

    def _character(self, code: int) -> int:
        if code == LF:
            self._feed(self._line_dots)
        elif code > SPACE:  # other control characters do nothing
            self.errors.append(f"text, which this printer has no letters for: {code:02x}")
        return 1

    def _raster(self, head: bytes) -> int:
        """GS v 0 m xL xH yL yH d…: rows of ``x`` bytes, the highest bit leftmost, 1 black."""
        if len(head) < 8:
            return 0
        mode, row_bytes, rows = head[3] & 3, head[4] + 256 * head[5], head[6] + 256 * head[7]
        length = 8 + row_bytes * rows
        if len(self._buffer) < length:
            return 0
        picture = Image.frombytes("1", (row_bytes * 8, rows), bytes(self._buffer[8:length]))
        if mode:
            wider, higher = 1 + (mode & 1), 1 + (mode >> 1)
            picture = picture.resize((picture.width * wider, picture.height * higher), Image.Resampling.NEAREST)
        room = min(self._area, self.width_dots - self._left)
        if picture.width > room:
            self.errors.append(f"a picture of {picture.width} dots on {room} dots of paper: the rest is lost")
            picture = picture.crop((0, 0, room, picture.height))
        across = Image.new("1", (self.width_dots, picture.height))
        across.paste(picture, (self._left + (room - picture.width) * self._align // 2, 0))
        data, stride = across.tobytes(), len(self._blank)
        self._rows += [data[start : start + stride] for start in range(0, len(data), stride)]
        return length

    @property
    def _blank(self) -> bytes:
        return bytes((self.width_dots + 7) // 8)

    def _feed(self, dots: int) -> None:
        self._rows += [self._blank] * dots

    def _print_row(self, row: bytes) -> None:
        """Move the paper by one row; the empty row stands for the cutter."""
        if not row:
            self._cut()
            return
        self._roll.append(row)
        if self.paper_left_dots is not None:
            self.paper_left_dots -= 1
            if self.paper_left_dots <= 0:
                self.paper, self.paper_left_dots = "out", None

    def _cut(self) -> None:
        slip, self._roll = self._roll[:-CUTTER_DOTS], self._roll[-CUTTER_DOTS:]
        if not any(map(any, slip)):
            return  # a blank piece falls into the bin
        white_on_black = Image.frombytes("1", (self.width_dots, len(slip)), b"".join(slip))
        self._on_slip(white_on_black.point(lambda dot: 255 - dot))
