"""A strip of paper that is written from the top downwards; sizes come for 80 mm and for 58 mm paper."""

import io
import unicodedata
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import qrcode
from PIL import Image, ImageDraw, ImageFont
from qrcode.constants import ERROR_CORRECT_M

from edge.contracts.slip import Align, Size
from edge.slip.logo import printed_logo

REGULAR, SEMIBOLD, EXTRABOLD = "BeVietnamPro_400Regular", "BeVietnamPro_600SemiBold", "BeVietnamPro_800ExtraBold"
INK = 150  # grey below this becomes black: thermal heads make thin strokes thinner
WIDE_DOTS = 512  # from here on the paper is 80 mm
SMALLEST = 18  # dots: letters of 2 mm
SCALES: dict[Size, float] = {"small": 0.8, "normal": 1.0, "large": 1.35}
BANNER = 2.2  # a logo so many times wider than high stands above the names

Line = tuple[str, str, int, int]  # a text, its weight, its size on wide paper and on narrow


class Sheet:
    """Everything is written as ``style`` said last: in its size, at the left or in the middle."""

    def __init__(self, width: int, height: int) -> None:
        self.y = 0
        self._width = width
        self._wide = width >= WIDE_DOTS
        self._margin = self._pick(24, 12)
        self._room = width - 2 * self._margin
        self._image = Image.new("L", (width, height), 255)
        self._draw = ImageDraw.Draw(self._image)
        self._scale = 1.0
        self._centred = False

    def style(self, size: Size = "normal", align: Align = "left") -> None:
        """What comes now is so large, and stands there."""
        self._scale = SCALES[size]
        self._centred = align == "centre"

    def picture(self) -> Image.Image:
        """What has been written, without greys."""
        written = self._image.crop((0, 0, self._width, self.y))
        return written.point(lambda grey: 0 if grey < INK else 255).convert("1", dither=Image.Dither.NONE)

    def gap(self, dots: int) -> None:
        """Leave so much white."""
        self.y += self._pick(dots, dots * 3 // 4)

    def text(self, text: str, weight: str, wide: int, narrow: int) -> None:
        """A paragraph over the whole width; none where the text is empty."""
        self._paragraph(text, self._font(weight, wide, narrow), self._margin, self._room)

    def head(self, logo: Image.Image | None, lines: Sequence[Line]) -> None:
        """The logo, or the product's mark where there is none, and the names beside it; a wide logo, and one in the
        middle, stands above them."""
        left, top = self._margin, self.y
        if logo is None:
            mark = _mark(self._scaled(72, 56))
        elif self._centred or logo.width > BANNER * logo.height:
            mark = printed_logo(logo, self._room, self._scaled(96, 72))
        else:
            mark = printed_logo(logo, self._room // 3, self._scaled(96, 72))
        above = self._centred or mark.width > BANNER * mark.height
        at = left + (self._room - mark.width) // 2 if self._centred else left
        self._image.paste(mark, (at, top))
        if above:
            self.y += mark.height + self._pick(12, 9)
        else:
            left += mark.width + self._pick(18, 12)
        for text, weight, wide, narrow in lines:
            self._paragraph(text, self._font(weight, wide, narrow), left, self._width - self._margin - left)
        self.y = max(top + mark.height, self.y)

    def number(self, label: str) -> None:
        """The label, as large as size and paper let it be."""
        size = round(240 * self._scale)
        while size > 20 and _font(EXTRABOLD, size).getlength(label) > self._room:
            size -= 4
        font = _font(EXTRABOLD, size)
        left, top, right, bottom = font.getbbox(label)
        x = self._margin + (self._room - (right - left)) // 2 if self._centred else self._margin
        self._draw.text((x - left, self.y - top), label, fill=0, font=font)
        self.y += round(bottom - top)

    def fact(self, name: str, small: str, value: str) -> None:
        """What it is on the left, with a smaller line under it, and how much on the right; how much comes under both
        in the middle of the paper, and where there is no room beside them."""
        font = self._font(EXTRABOLD, 52, 42 if len(value) < 8 else 30)
        _, above, right, below = font.getbbox(value)
        top, room = self.y, round(self._room - right - 16)
        lines = ((name, self._font(SEMIBOLD, 30, 24)), (small, self._font(REGULAR, 24, 20)))
        widest = max(line.getlength(word) for text, line in lines for word in [*text.split(), ""])
        beside = not self._centred and room >= max(widest, self._room // 4)
        for text, line in lines:
            self._paragraph(text, line, self._margin, room if beside else self._room)
        if beside:
            middle = (top + self.y) / 2
            at = (self._width - self._margin - right, middle - (above + below) / 2)
            self._draw.text(at, value, fill=0, font=font)
            self.y = max(self.y, round(middle + (below - above) / 2))
        else:
            self._paragraph(value, font, self._margin, self._room)
        self.gap(16)

    def rule(self) -> None:
        """A line from margin to margin, with white above and below."""
        thick = {0.8: 1, 1.0: 2}.get(self._scale, 4)
        self._draw.rectangle((self._margin, self.y, self._width - self._margin - 1, self.y + thick - 1), fill=0)
        self.y += thick
        self.gap(18)

    def follow(self, url: str, lines: Sequence[str]) -> None:
        """The QR of the look-up page, and what it is for: beside it on wide paper, under it on narrow and in the
        middle."""
        code = _qr(url, round(216 * self._scale))
        top, x = self.y, self._margin
        if self._wide and not self._centred:
            self._image.paste(code, (x, top))
            x += code.width + 22
        else:
            self._image.paste(code, ((self._width - code.width) // 2, top))
            self.y += code.height + 10
        room = self._width - self._margin - x
        for at, text in enumerate(lines):
            if at:
                self.gap(4)
            font = self._font(REGULAR, 24, 20) if at else self._font(SEMIBOLD, 26, 22)
            self._paragraph(text, font, x, room)
        self.y = max(self.y, top + code.height)

    def _pick(self, wide: int, narrow: int) -> int:
        return wide if self._wide else narrow

    def _scaled(self, wide: int, narrow: int) -> int:
        return round(self._pick(wide, narrow) * self._scale)

    def _font(self, weight: str, wide: int, narrow: int) -> ImageFont.FreeTypeFont:
        return _font(weight, max(SMALLEST, self._scaled(wide, narrow)))

    def _paragraph(self, text: str, font: ImageFont.FreeTypeFont, x: int, room: int) -> None:
        for line in _wrap(unicodedata.normalize("NFC", text), font, room):
            indent = round((room - font.getlength(line)) / 2) if self._centred else 0
            self._draw.text((x + indent, self.y), line, fill=0, font=font)
            self.y += round(font.size * 1.28)


def _mark(side: int) -> Image.Image:
    """The product's mark, as brand/static/logo.svg has it: a cross of 44 in a rounded square of 96."""
    mark = Image.new("L", (side, side), 255)
    draw = ImageDraw.Draw(mark)
    draw.rounded_rectangle((0, 0, side - 1, side - 1), radius=side // 4, fill=0)
    middle, arm, half = side / 2, side * 22 / 96, side * 7.25 / 96
    for dx, dy in ((arm, half), (half, arm)):
        draw.rectangle((middle - dx, middle - dy, middle + dx - 1, middle + dy - 1), fill=255)
    return mark


def _wrap(text: str, font: ImageFont.FreeTypeFont, room: int) -> list[str]:
    """The text in as few lines as fit ``room``, all about equally long; parts joined by " · " rather break there."""
    words = [piece for word in text.split() for piece in _break(word, font, room)]
    widths = [font.getlength(word) for word in words]
    space = font.getlength(" ")
    if " · " in text and sum(widths) + space * (len(words) - 1) > room:
        return [line for part in text.split(" · ") for line in _wrap(part, font, room)]
    lines = _fill(words, widths, space, room)
    for narrower in range(room, int(max(widths, default=room)), -8):
        closer = _fill(words, widths, space, narrower)
        if len(closer) > len(lines):
            break
        lines = closer
    return lines


def _break(word: str, font: ImageFont.FreeTypeFont, room: int) -> list[str]:
    """The word whole, or in pieces where it is too long for a line of its own."""
    if font.getlength(word) <= room:
        return [word]
    pieces = [""]
    for letter in word:
        if pieces[-1] and font.getlength(pieces[-1] + letter) > room:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def _fill(words: list[str], widths: list[float], space: float, room: int) -> list[str]:
    lines: list[str] = []
    left = 0.0
    for word, width in zip(words, widths, strict=True):
        if lines and space + width <= left:
            lines[-1] += f" {word}"
            left -= space + width
        else:
            lines.append(word)
            left = room - width
    return lines


def _qr(text: str, side: int) -> Image.Image:
    """The QR without its margin (the paper around it is white), at most ``side`` dots but never under 4 a module."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, box_size=1, border=0)
    code.add_data(text)
    code.make(fit=True)
    modules = code.get_matrix()
    small = Image.new("L", (len(modules), len(modules)))
    small.putdata([0 if dark else 255 for row in modules for dark in row])
    scale = max(4, side // len(modules))
    return small.resize((small.width * scale, small.height * scale), Image.Resampling.NEAREST)


@cache
def _font(weight: str, size: int) -> ImageFont.FreeTypeFont:
    font = files("edge.contracts.brand").joinpath("fonts", f"{weight}.ttf").read_bytes()
    # BASIC: with raqm, where it is installed, the same text comes out in other dots.
    return ImageFont.truetype(io.BytesIO(font), size, layout_engine=ImageFont.Layout.BASIC)
