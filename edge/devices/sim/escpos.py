"""What a receipt printer makes of the bytes it receives: the paper it prints and the answers it gives.

No sockets and no clock here. Source: Epson, ESC/POS Command Reference, DLE EOT, DLE ENQ, DLE DC4, GS a, GS r, GS ( H;
for the commands that print, feed and cut, what python-escpos and receiptio send and say of them.
"""

import re
from collections import deque
from collections.abc import Callable
from typing import Literal

from PIL import Image

PaperState = Literal["ok", "low", "out"]
ErrorState = Literal["none", "cutter", "overheated", "broken"]

CUTTER_DOTS = 120  # from the print head to the cutter: 15 mm at 8 dots a millimetre
LINE_DOTS = 30

DLE, ESC, FS, GS, LF, SPACE = 0x10, 0x1B, 0x1C, 0x1D, 0x0A, 0x20
_ERROR_BITS: dict[ErrorState, int] = {"none": 0, "cutter": 0x08, "overheated": 0x40, "broken": 0x20}

# Obeyed the moment they are received: DLE EOT n, DLE ENQ n, and DLE DC4 8 with its seven parameters.
_CLEAR = bytes.fromhex("10 14 08 01 03 14 01 06 02 08")
_REAL_TIME = re.compile(rb"\x10\x04[\x01-\x04]|\x10\x05[\x00-\x02]|" + re.escape(_CLEAR), re.DOTALL)

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

    Offline (paper out, cover open, an error, switched offline) it goes on receiving and answering in real time, and
    prints nothing; what it has received is printed once it is online again, as a real one does. ``busy`` is the same
    for one that works at something long and says that all is well. ``cutter_jams`` is the next cut. What a cheap one
    does not know: ``knows_clear`` (DLE ENQ, DLE DC4), ``knows_ids`` (GS ( H), ``knows_automatic`` (GS a).
    """

    def __init__(self, width_dots: int, on_slip: Callable[[Image.Image], None]) -> None:
        self.width_dots = width_dots
        self.paper: PaperState = "ok"
        self.paper_left_dots: int | None = None
        self.cover_open = False
        self.offline = False
        self.busy = False
        self.error: ErrorState = "none"
        self.cutter_jams = False
        self.knows_clear = self.knows_ids = self.knows_automatic = True
        self.errors: list[str] = []
        self._on_slip = on_slip
        self._unwatched = self._told = b""
        self._tells = False
        self._buffer = bytearray()
        self._rows: deque[bytes] = deque()
        self._roll: list[bytes] = [self._blank] * CUTTER_DOTS
        self._initialise()

    @property
    def online(self) -> bool:
        """Whether it would print now."""
        return self.paper != "out" and not self.cover_open and not self.offline and self.error == "none"

    @property
    def waiting_bytes(self) -> int:
        """How much it has received and not carried out."""
        return len(self._buffer)

    def power_cycle(self) -> None:
        """Off and on: all that was received is gone, and errors are; the paper stays as it hangs."""
        if self.error != "broken":
            self.error = "none"
        self._unwatched = b""
        self._clear()
        self._initialise()

    def receive(self, data: bytes) -> bytes:
        """Take these bytes; the answers that they cause.

        A command of real time is obeyed wherever it stands, in the data of a picture too: Epson says of each to take
        care of that. Its bytes remain part of the picture, unless the picture is cleared with the rest.
        """
        answers = b""
        seen = self._unwatched + data
        kept, obeyed = len(self._unwatched), 0
        for found in _REAL_TIME.finditer(seen):
            self._buffer += seen[kept : found.end()]
            kept = obeyed = found.end()
            answers += self.work() + self._obey(found[0])
        self._buffer += seen[kept:]
        self._unwatched = seen[max(obeyed, len(seen) - len(_CLEAR) + 1) :]
        return answers + self.work()

    def work(self) -> bytes:
        """Carry out what has been received, as far as the printer is online; the answers of queued commands."""
        answers = bytearray()
        while self.online and not self.busy:
            if self._rows:
                self._print_row(self._rows.popleft())
                continue
            taken = self._execute(bytes(self._buffer[:8]), answers)
            if taken == 0:
                break
            del self._buffer[:taken]
        return bytes(answers) + self._automatic()

    def tear_off(self) -> None:
        """What a hand does with paper that hangs out: all of it becomes a slip."""
        self._roll += [self._blank] * CUTTER_DOTS
        self._cut()

    def _obey(self, command: bytes) -> bytes:
        if command[1] == 0x04:
            return self._status(command[2])
        if not self.knows_clear:
            return b""
        if command == _CLEAR:
            self._clear()
            return b"\x37\x25\x00"
        if self.error == "cutter" and command[2]:  # DLE ENQ is for such an error only; 1 goes on, 2 begins anew
            if command[2] == 2:
                self._clear()
            self.error = "none"
        return b""

    def _clear(self) -> None:
        self._buffer.clear()
        self._rows.clear()

    def _status(self, number: int) -> bytes:
        low, out = self.paper != "ok", self.paper == "out"
        match number:
            case 1:
                status = 0 if self.online else 0x08
            case 2:
                error = 0x40 if self.error != "none" else 0
                status = (0x04 if self.cover_open else 0) | (0x20 if out else 0) | error
            case 3:
                status = _ERROR_BITS[self.error]
            case _:
                status = (0x0C if low else 0) | (0x60 if out else 0)
        return bytes((0x12 | status,))

    def _automatic(self) -> bytes:
        """The four bytes of GS a, where they are wanted and are not those that were sent last."""
        status = bytes((
            0x10 | (0 if self.online else 0x08) | (0x20 if self.cover_open else 0),
            _ERROR_BITS[self.error],
            (0x03 if self.paper != "ok" else 0) | (0x0C if self.paper == "out" else 0),
            0,
        ))  # fmt: skip
        if not self._tells or status == self._told:
            return b""
        self._told = status
        return status

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
        if code == b"\x1d(":
            return self._extended(head, answers)
        if code == b"\x10\x14":  # was obeyed, or is not known
            return len(_CLEAR) if len(self._buffer) >= len(_CLEAR) else 0
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
            case b"\x1da":
                self._tells, self._told = bool(number & 0x0E) and self.knows_automatic, b""
                answers += self._automatic()
            case b"\x10\x04" | b"\x10\x05":
                pass  # obeyed when it was received
            case b"\x1b{" if number == 0:
                pass  # not upside down: the state it is in
            case _:
                self.errors.append(f"unknown command {code.hex(' ')}")
                return 2
        return length

    def _initialise(self) -> None:
        self._line_dots = LINE_DOTS
        self._align = 0
        self._left = 0
        self._area = self.width_dots
        self._tells, self._told = False, b""

    def _character(self, code: int) -> int:
        if code == LF:
            self._feed(self._line_dots)
        elif code > SPACE:  # other control characters do nothing
            self.errors.append(f"text, which this printer has no letters for: {code:02x}")
        return 1

    def _extended(self, head: bytes, answers: bytearray) -> int:
        """GS ( x pL pH and ``p`` bytes: of these it knows GS ( H 48, the process ID."""
        length = 5 + head[3] + 256 * head[4] if len(head) > 4 else 5
        if len(self._buffer) < length:
            return 0
        if head[2:7] == b"H\x06\x0000":
            if self.knows_ids:
                answers += b"\x37\x22" + self._buffer[7:11] + b"\x00"
        else:
            self.errors.append(f"unknown command {head[:3].hex(' ')}")
        return length

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
            if self.cutter_jams:
                self.cutter_jams, self.error = False, "cutter"
                self._rows.appendleft(row)
            else:
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
