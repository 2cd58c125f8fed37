"""The cards that lie on the workbench: all people, numbers and places on them are fictitious."""

import io
from datetime import date

import qrcode
from msgspec import Struct
from qrcode.image.svg import SvgPathImage

from edge.devices.sim.card.faults import Flaw
from edge.devices.sim.card.personalise import Person


class Card(Struct, frozen=True):
    """Something with a QR code that can be held under the scanner.

    ``name`` and ``text`` are printed on it; ``holder`` is whom its chip tells of, None where it has none.
    """

    id: str
    title: str
    title_en: str
    name: str
    text: str
    look: str
    line: str
    holder: Person | None = None

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
        holder=Person(
            id_number="001099000017",
            full_name="Nguyễn Văn Mẫu",
            birth=date(1999, 2, 1),
            sex="Nam",
            issued=date(2021, 5, 10),
            expiry=date(2039, 2, 1),
            father="Nguyễn Văn Giả",
            mother="Trần Thị Mẫu",
            old_id="012345678",
        ),
    ),
    Card(
        id="cccd-year",
        title="Căn cước công dân",
        title_en="ID card, year of birth only",
        name="Phạm Thị Ví Dụ",
        text="001148000033 · 1948",
        look="cccd",
        line="001148000033||Phạm Thị Ví Dụ|1948|Nữ|Thôn Giả, xã Mẫu, Hà Nội|02062021",
        holder=Person(
            id_number="001148000033",
            full_name="Phạm Thị Ví Dụ",
            birth=date(1948, 7, 1),
            sex="Nữ",
            issued=date(2021, 6, 2),
            expiry=date(2099, 12, 31),
        ),
    ),
    Card(
        id="cccd-2024",
        title="Thẻ căn cước",
        title_en="ID card of 2024",
        name="Trần Thị Thử",
        text="001302000028 · 15/08/2002",
        look="cancuoc",
        line="001302000028||Trần Thị Thử|15082002|Nữ|Số 2 ngõ Giả, Hà Nội|01072024||||",
        holder=Person(
            id_number="001302000028",
            full_name="Trần Thị Thử",
            birth=date(2002, 8, 15),
            sex="Nữ",
            issued=date(2024, 7, 1),
            expiry=date(2042, 8, 15),
        ),
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


# What may be wrong with a card, in the order of the page.
FLAW_WORDS = {
    Flaw.PULLED: ("bị nhấc ra giữa chừng", "pulled out half-way"),
    Flaw.MUTE: ("chip im lặng", "falls silent"),
    Flaw.INTEGRITY: ("đường truyền bị nhiễu", "disturbed on the way"),
    Flaw.NOT_EMRTD: ("là thẻ ngân hàng", "a bank card"),
    Flaw.WRONG_CAN: ("mở bằng số khác", "opens with another number"),
    Flaw.OTHER_PERSON: ("chip của người khác", "somebody else’s chip"),
    Flaw.ACCESS_REFUSED: ("chip không cho đọc", "refuses to be read"),
    Flaw.MALFORMED: ("tệp trong chip hỏng", "a broken file"),
    Flaw.HASH: ("dữ liệu bị sửa", "changed data"),
    Flaw.SIGNATURE: ("chữ ký sai", "a wrong signature"),
    Flaw.SIGNER_UNKNOWN: ("nơi ký lạ", "an unknown signer"),
    Flaw.SIGNER_EXPIRED: ("chứng thư hết hạn", "an expired signer"),
    Flaw.CLONED: ("thẻ sao chép", "a copy"),
}


def qr_svg(line: str) -> bytes:
    """The QR code of this text as an SVG picture, black on nothing."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=0)
    code.add_data(line.encode())
    picture = io.BytesIO()
    code.make_image(image_factory=SvgPathImage).save(picture)
    return picture.getvalue()
