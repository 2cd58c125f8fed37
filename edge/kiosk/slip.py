"""The paper slip as a picture: Vietnamese first, English under it in smaller type, on every slip."""

import io
import unicodedata
from datetime import datetime
from functools import cache
from importlib.resources import files

import qrcode
from msgspec import Struct
from PIL import Image, ImageDraw, ImageFont
from qrcode.constants import ERROR_CORRECT_M

REGULAR, SEMIBOLD, EXTRABOLD = "BeVietnamPro_400Regular", "BeVietnamPro_600SemiBold", "BeVietnamPro_800ExtraBold"
INK = 150  # grey below this becomes black: thermal heads make thin strokes thinner

# What every slip says, in Vietnamese and in English.
NUMBER = "Số của bạn · Your number"
PLACE = "Counter · Room"
AHEAD = ("Người chờ trước bạn", "Waiting before you")
EXPECTED = ("Dự kiến gọi", "Expected call")
TAKEN = ("Lấy số lúc", "Taken at")
PRIORITY = ("Ưu tiên: {}", "Priority: {}")
CLAIM = (
    "Bạn chọn ưu tiên: {}. Nhân viên sẽ kiểm tra giấy tờ.",
    "You claimed priority: {}. The staff will check your papers.",
)
ROUTE = ("Tiếp theo: {}", "Next: {}")
RESERVE = (
    "Số dự phòng: máy chủ tạm mất kết nối. Nhân viên sẽ gọi số này.",
    "Reserve number: the server is out of reach for now. The staff will call this number.",
)
NEXT = (
    "Mời bạn ngồi chờ. Khi số này được gọi trên màn hình và loa, hãy đến quầy.",
    "Please take a seat. When this number is called, go to the counter.",
)
FOLLOW = ("Quét mã để xem lượt của bạn trên điện thoại.", "Scan to follow your turn on your phone.")
REPRINT = "In lại · Reprint"


class Slip(Struct, frozen=True):
    """What stands on one slip (K9); ``taken_at`` is local time, ``counters`` is as "Quầy 1, 2 · Phòng 101, 102".

    ``expected`` is as "9:40–10:05". Pairs are Vietnamese and English: ``priority`` the legal ground in force, ``claim``
    one that is to be confirmed, ``law`` where they stand, ``route`` the services that follow. ``reserve``: the number
    was given without the hub.
    """

    facility: str
    department: str
    service: str
    label: str
    counters: str
    ahead: int
    taken_at: datetime
    lookup_url: str
    reprint: bool = False
    service_en: str = ""
    expected: str = ""
    priority: tuple[str, str] = ("", "")
    claim: tuple[str, str] = ("", "")
    law: tuple[str, str] = ("", "")
    route: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    reserve: bool = False


def render_slip(slip: Slip, width_dots: int) -> Image.Image:
    """The slip in black and white (mode "1"), ``width_dots`` wide and as high as it needs; nothing is ever cut off.

    Drawn for 8 dots a millimetre: 576 dots is 80 mm paper, 384 is 58 mm.
    """
    sheet = _write(slip, _Sheet(width_dots, 1600))
    if sheet.y > 1600:
        sheet = _write(slip, _Sheet(width_dots, sheet.y))
    return sheet.picture()


def _write(slip: Slip, sheet: "_Sheet") -> "_Sheet":
    sheet.head(slip.facility, slip.department)
    sheet.gap(36)
    sheet.text(slip.service, EXTRABOLD, 46, 36)
    sheet.text(slip.service_en, REGULAR, 26, 22)
    sheet.gap(24)
    sheet.text(NUMBER, REGULAR, 26, 22)
    sheet.gap(12)
    sheet.number(slip.label)
    sheet.gap(28)
    if slip.counters:
        sheet.text(slip.counters, SEMIBOLD, 38, 30)
        sheet.text(PLACE, REGULAR, 24, 20)
        sheet.gap(24)
    if slip.reserve:
        _note(sheet, RESERVE)
    sheet.rule()
    if not slip.reserve:
        sheet.fact(*AHEAD, f"{slip.ahead}")
    if slip.expected:
        sheet.fact(*EXPECTED, slip.expected)
    sheet.fact(TAKEN[0], f"{TAKEN[1]} · {slip.taken_at:%d/%m/%Y}", f"{slip.taken_at:%H:%M}")
    sheet.rule()
    if slip.priority[0]:
        _note(sheet, _filled(PRIORITY, slip.priority), slip.law)
    elif slip.claim[0]:
        _note(sheet, _filled(CLAIM, slip.claim), slip.law)
    if slip.route[0]:
        _note(sheet, _filled(ROUTE, (" › ".join(slip.route[0]), " › ".join(slip.route[1]))))
    sheet.text(NEXT[0], SEMIBOLD, 30, 26)
    sheet.gap(4)
    sheet.text(NEXT[1], REGULAR, 24, 20)
    sheet.gap(24)
    sheet.follow(slip.lookup_url, FOLLOW)
    if slip.reprint:
        sheet.gap(20)
        sheet.text(REPRINT, SEMIBOLD, 26, 22)
    sheet.gap(24)
    return sheet


def _filled(sentences: tuple[str, str], values: tuple[str, str]) -> tuple[str, str]:
    return sentences[0].format(values[0]), sentences[1].format(values[1])


def _note(sheet: "_Sheet", words: tuple[str, str], small: tuple[str, str] = ("", "")) -> None:
    """A sentence in Vietnamese, the same in English smaller, and where it stands in law."""
    sheet.text(words[0], SEMIBOLD, 30, 26)
    sheet.text(words[1], REGULAR, 24, 20)
    sheet.text(" · ".join(text for text in small if text), REGULAR, 22, 20)
    sheet.gap(20)


class _Sheet:
    """A strip of paper that is written from the top downwards; sizes come for 80 mm and for 58 mm paper."""

    def __init__(self, width: int, height: int) -> None:
        self.y = 0
        self._width = width
        self._wide = width >= 512
        self._margin = self._pick(24, 12)
        self._room = width - 2 * self._margin
        self._image = Image.new("L", (width, height), 255)
        self._draw = ImageDraw.Draw(self._image)

    def picture(self) -> Image.Image:
        """What has been written, without greys."""
        written = self._image.crop((0, 0, self._width, self.y))
        return written.point(lambda grey: 0 if grey < INK else 255).convert("1", dither=Image.Dither.NONE)

    def gap(self, dots: int) -> None:
        """Leave so much white."""
        self.y += self._pick(dots, dots * 3 // 4)

    def text(self, text: str, weight: str, wide: int, narrow: int) -> None:
        """A paragraph over the whole width; none where the text is empty."""
        self._paragraph(text, _font(weight, self._pick(wide, narrow)), self._margin, self._room)

    def head(self, facility: str, department: str) -> None:
        """The mark, and the facility's names beside it."""
        side, top = self._pick(72, 56), self.y
        self._mark(self._margin, top, side)
        x = self._margin + side + self._pick(18, 12)
        room = self._width - self._margin - x
        self._paragraph(facility, _font(EXTRABOLD, self._pick(32, 26)), x, room)
        self._paragraph(department, _font(REGULAR, self._pick(26, 22)), x, room)
        self.y = max(top + side, self.y)

    def number(self, label: str) -> None:
        """The label, as large as the paper lets it be."""
        size = 240
        while size > 20 and _font(EXTRABOLD, size).getlength(label) > self._room:
            size -= 4
        font = _font(EXTRABOLD, size)
        left, top, _, bottom = font.getbbox(label)
        self._draw.text((self._margin - left, self.y - top), label, fill=0, font=font)
        self.y += round(bottom - top)

    def fact(self, name: str, small: str, value: str) -> None:
        """What it is on the left, with a smaller line under it; how much on the right."""
        font = _font(EXTRABOLD, self._pick(52, 42 if len(value) < 8 else 30))
        _, above, right, below = font.getbbox(value)
        top, room = self.y, round(self._room - right - 16)
        self._paragraph(name, _font(SEMIBOLD, self._pick(30, 24)), self._margin, room)
        self._paragraph(small, _font(REGULAR, self._pick(24, 20)), self._margin, room)
        middle = (top + self.y) / 2
        self._draw.text((self._width - self._margin - right, middle - (above + below) / 2), value, fill=0, font=font)
        self.gap(16)

    def rule(self) -> None:
        """A thin line from margin to margin, with white above and below."""
        self._draw.rectangle((self._margin, self.y, self._width - self._margin - 1, self.y + 1), fill=0)
        self.y += 2
        self.gap(18)

    def follow(self, url: str, words: tuple[str, str]) -> None:
        """The QR of the look-up page, and what it is for: beside it on wide paper, under it on narrow."""
        code = _qr(url, 216)
        top = self.y
        if self._wide:
            self._image.paste(code, (self._margin, top))
            x = self._margin + code.width + 22
        else:
            self._image.paste(code, ((self._width - code.width) // 2, top))
            x = self._margin
            self.y += code.height + 10
        room = self._width - self._margin - x
        self._paragraph(words[0], _font(SEMIBOLD, self._pick(26, 22)), x, room)
        self.gap(4)
        self._paragraph(words[1], _font(REGULAR, self._pick(24, 20)), x, room)
        self.y = max(self.y, top + code.height)

    def _pick(self, wide: int, narrow: int) -> int:
        return wide if self._wide else narrow

    def _paragraph(self, text: str, font: ImageFont.FreeTypeFont, x: int, room: int) -> None:
        for line in _wrap(unicodedata.normalize("NFC", text), font, room):
            self._draw.text((x, self.y), line, fill=0, font=font)
            self.y += round(font.size * 1.28)

    def _mark(self, x: int, y: int, side: int) -> None:
        """The product's mark, as brand/static/logo.svg has it: a cross of 44 in a rounded square of 96."""
        self._draw.rounded_rectangle((x, y, x + side - 1, y + side - 1), radius=side // 4, fill=0)
        middle, arm, half = side / 2, side * 22 / 96, side * 7.25 / 96
        for dx, dy in ((arm, half), (half, arm)):
            box = (x + middle - dx, y + middle - dy, x + middle + dx - 1, y + middle + dy - 1)
            self._draw.rectangle(box, fill=255)


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
