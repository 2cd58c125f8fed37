"""The cards that lie on the workbench: all people, numbers and places on them are fictitious."""

import io

import qrcode
from msgspec import Struct
from qrcode.image.svg import SvgPathImage


class Card(Struct, frozen=True):
    """Something with a QR code that can be held under the scanner.

    ``name`` and ``text`` are printed on it.
    """

    id: str
    title: str
    title_en: str
    name: str
    text: str
    look: str
    line: str

    def __repr__(self) -> str:
        return f"Card({self.id!r})"


def _hex(text: str) -> str:
    return text.encode().hex()


CARDS = (
    Card(
        id="cccd-2021",
        title="Căn cước công dân",
        title_en="ID card of 2021",
        name="Nguyễn Văn Mẫu",
        text="001099000017 · 01/02/1999",
        look="cccd",
        line="001099000017|012345678|Nguyễn Văn Mẫu|01021999|Nam|Số 1 phố Giả, Hà Nội|10052021",
    ),
    Card(
        id="cccd-year",
        title="Căn cước công dân",
        title_en="ID card, year of birth only",
        name="Phạm Thị Ví Dụ",
        text="001148000033 · 1948",
        look="cccd",
        line="001148000033||Phạm Thị Ví Dụ|1948|Nữ|Thôn Giả, xã Mẫu, Hà Nội|02062021",
    ),
    Card(
        id="cccd-2024",
        title="Thẻ căn cước",
        title_en="ID card of 2024",
        name="Trần Thị Thử",
        text="001302000028 · 15/08/2002",
        look="cancuoc",
        line="001302000028||Trần Thị Thử|15082002|Nữ|Số 2 ngõ Giả, Hà Nội|01072024||||",
    ),
    Card(
        id="bhyt",
        title="Thẻ bảo hiểm y tế",
        title_en="Health insurance card",
        name="Lê Văn Minh Hoạ",
        text="0123456789 · 12/03/1975",
        look="bhyt",
        line="|".join(
            (
                *("0123456789", _hex("Lê Văn Minh Hoạ"), "12/03/1975", "1", _hex("Xã Mẫu, huyện Mẫu"), "01 - 001"),
                *("01/01/2026", "31/12/2026", "01/01/2026", "-", "-", "4", "01/01/2020"),
                *("0123456789abcdef-1234", "$"),
            )
        ),
    ),
    Card(
        id="url",
        title="Tờ rơi có mã QR",
        title_en="A leaflet with a web address",
        name="Khuyến mại lớn!",
        text="https://example.org/…",
        look="leaflet",
        line="https://example.org/khuyen-mai?id=1",
    ),
)


def qr_svg(line: str) -> bytes:
    """The QR code of this text as an SVG picture, black on nothing."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=0)
    code.add_data(line.encode())
    picture = io.BytesIO()
    code.make_image(image_factory=SvgPathImage).save(picture)
    return picture.getvalue()
