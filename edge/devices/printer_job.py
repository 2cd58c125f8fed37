"""The bytes of a slip: python-escpos makes the commands; which rows go together and what stands between is said here.

No link and no clock. Sources: Epson, ESC/POS Command Reference: GS v 0, GS V 66, GS a, GS r, GS ( H function 48,
DLE DC4 function 8, DLE ENQ, and its notes on real-time commands.
"""

import re
from typing import TYPE_CHECKING

from msgspec import Struct
from PIL import Image

if TYPE_CHECKING:
    from escpos.printer import Dummy

BAND_DOTS = (
    128  # rows a command, at most: cheap printers buffer little, and a command cut off by a fault is soon filled
)
BAND_BYTES = 128  # what another command must save: each is a chance for the motor to stop
LAST_DOTS = 16  # rows: without them no slip is whole
WIDTH_STEP = 4  # bytes; rows whose ink ends within the same step go together

ASK = tuple(bytes((0x10, 0x04, number)) for number in range(5))  # DLE EOT, by its number
CLEAR = b"\x10\x05\x02" + b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"  # recover from an error; empty the buffers
AUTOMATIC_ON = b"\x1da\x0e"  # tell of: online or offline, errors, paper
AUTOMATIC_OFF = b"\x1da\x00"
CONFIRM = b"\x1dr\x01"

# What a printer obeys inside a picture too: DLE ENQ empties a clone's buffers, DLE DC4 does, or switches it off.
_OBEYED = re.compile(rb"\x10(?:\x05[\x00-\x02]|\x14[\x01-\x0a])", re.DOTALL)


class Job(Struct, frozen=True):
    """A slip's bytes in two parts: no slip is whole as long as nothing of ``last`` was sent.

    ``longest`` is the size in bytes of its longest command: so many NULs end any command of it that was cut off.
    """

    first: bytes
    last: bytes
    longest: int

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.first) + len(self.last)


class Band(Struct, frozen=True):
    """Rows ``top`` to ``bottom`` (not included), and in how many bytes a row their ink ends; at least one."""

    top: int
    bottom: int
    row_bytes: int


def ask_id(mark: bytes) -> bytes:
    """GS ( H: answer with this mark, of four characters from 20h to 7Eh, when all before it is on paper."""
    return b"\x1d(H\x06\x00\x30\x30" + mark


def row_widths(image: Image.Image) -> list[int]:
    """In how many bytes the ink of each row ends, in steps of ``WIDTH_STEP``; 1 for a white row."""
    ink = image.convert("1").point(lambda dot: 255 - dot)
    stride, data = (image.width + 7) // 8, ink.tobytes()
    ends = (len(data[at : at + stride].rstrip(b"\0")) for at in range(0, len(data), stride))
    return [min(stride, -(-end // WIDTH_STEP) * WIDTH_STEP) or 1 for end in ends]


def bands(widths: list[int]) -> list[Band]:
    """The rows as bands of at most ``BAND_DOTS``, so that they make the fewest bytes.

    A band is sent only as wide as its ink: white paper costs a byte a row. ``BAND_BYTES`` count for each band.
    """
    cuts = [0]
    for row in range(1, len(widths)):
        if widths[row] != widths[row - 1] or row - cuts[-1] == BAND_DOTS:
            cuts.append(row)
    cuts.append(len(widths))
    best: list[tuple[int, int, int]] = [(0, 0, 0)]  # up to each cut: bytes, where its last band begins, how wide it is
    for end in range(1, len(cuts)):
        options, width = [], 0
        for begin in range(end - 1, -1, -1):
            rows = cuts[end] - cuts[begin]
            if rows > BAND_DOTS:
                break
            width = max(width, widths[cuts[begin]])
            options.append((best[begin][0] + BAND_BYTES + rows * width, begin, width))
        best.append(min(options))
    found, end = [], len(cuts) - 1
    while end:
        _, begin, width = best[end]
        found.append(Band(cuts[begin], cuts[end], width))
        end = begin
    return found[::-1]


class Encoder:
    """Pictures into ESC/POS for paper of ``width_dots``."""

    def __init__(self, width_dots: int) -> None:
        self.width_dots = width_dots
        # Not at the top of the file: it sets the root logger up and makes a folder in /tmp when it is imported.
        from escpos.capabilities import Profile
        from escpos.printer import Dummy

        self._dummy = Dummy
        self._profile = Profile(features={})
        # Stated here: python-escpos refuses a picture wider than its profile, and without one prints to stdout.
        self._profile.profile_data = {**self._profile.profile_data, "media": {"width": {"pixels": width_dots}}}

    def job(self, image: Image.Image, before_last: bytes, at_end: bytes) -> Job:
        """ESC @, automatic status on, the picture by GS v 0 in bands, feed and cut (GS V 66), and ``at_end``.

        ``before_last`` stands before the last rows with ink; empty, or a command that asks for an answer. A picture
        that holds bytes which a printer would obey is moved to the right, by as many dots as that takes and its white
        edge allows: at most seven.
        """
        if image.width > self.width_dots:
            raise ValueError(f"a picture of {image.width} dots for {self.width_dots} dots of paper")
        begin = self._commands()
        begin.hw("INIT")
        begin._raw(AUTOMATIC_ON)
        first, last = self._picture(image)
        for dots in range(1, 8):
            if not _OBEYED.search(b"".join(first + last)) or not _white_on_the_right(image, dots):
                break
            first, last = self._picture(_moved(image, dots))
        end = self._commands()
        end.cut(feed=False)
        end._raw(at_end)
        return Job(
            first=begin.output + b"".join(first) + before_last,
            last=b"".join(last) + end.output,
            longest=max(map(len, first + last)),
        )

    def fill(self, size: int) -> bytes:
        """``size`` NULs, which end a command that was cut off and print nothing elsewhere, and ESC @."""
        commands = self._commands()
        commands._raw(bytes(size))
        commands.hw("INIT")
        return bytes(commands.output)

    def cut(self) -> bytes:
        """Feed to the cutter and cut, so that no paper holds parts of two slips."""
        commands = self._commands()
        commands.cut(feed=False)
        return bytes(commands.output)

    @property
    def longest_command(self) -> int:
        """No command of any job is longer, in bytes."""
        return 8 + BAND_DOTS * ((self.width_dots + 7) // 8)

    def _picture(self, image: Image.Image) -> tuple[list[bytes], list[bytes]]:
        """The commands of all rows but the last with ink, and of these."""
        widths = row_widths(image)
        inked = max((row for row, width in enumerate(widths) if width > 1), default=0)
        from_row = max(0, inked - LAST_DOTS + 1)
        parts: tuple[list[bytes], list[bytes]] = [], []
        for band in bands(widths):
            for top, bottom in ((band.top, min(band.bottom, from_row)), (max(band.top, from_row), band.bottom)):
                if top < bottom:
                    commands = self._commands()
                    rows = image.crop((0, top, min(image.width, band.row_bytes * 8), bottom))
                    commands.image(rows, impl="bitImageRaster", fragment_height=BAND_DOTS)
                    parts[top >= from_row].append(bytes(commands.output))
        return parts

    def _commands(self) -> "Dummy":
        return self._dummy(profile=self._profile)


def _white_on_the_right(image: Image.Image, dots: int) -> bool:
    edge = image.convert("1").crop((image.width - dots, 0, image.width, image.height))
    return bool(edge.getextrema() == (255, 255))


def _moved(image: Image.Image, dots: int) -> Image.Image:
    moved = Image.new("1", image.size, 1)
    moved.paste(image, (dots, 0))
    return moved
