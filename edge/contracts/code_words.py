"""Codes that people read from one screen and type at another: 256 short Vietnamese words, so a word is a byte.

No two are the same without their marks, so they may be typed without: "cam sông núi trăng" is "cam song nui trang".
"""

import re
import unicodedata
from collections.abc import Sequence

_LIST = """
ấm anh áo ba bác bàn bánh báo bắp bầu bay bé bến bếp biển bình bò bơi bông bột bún bưởi bướm cá cam cân cánh cao cát
cầu cây cha chai chanh chè chén chiều chim chín chó chơi chú chua chum chuối chuông cỏ cốc cơm con củ cua cung cừu da
đàn dao đất dâu dây dê đêm đèn dép đò đôi dòng dù dứa đường gà gạo gấu ghe giá giấy giếng gió gỗ gốc gối gừng gương
hai hành hạt hè hến heo hiền hổ hoa hội hồng hương hươu kem kén kẹo khăn khay khế khỉ khô khoai khoẻ kim kính lá lạc
lan làng lau lê lều linh lò lon lông lúa lưới mai mắm mận mặt mây mẹ mềm mèo mét mì mía mít mơ một mũ mùa muối mướp
nai nam nâu nem nến nếp ngắn ngày nghé ngô ngọc ngon ngọt ngựa nhà nhãn nhanh nhẹ nhện nhím nho nhung nồi nón nụ núi
nước ốc ổi ong ớt phấn phim phở phượng quạ quạt quê quý răng rau rễ rổ rồng rùa rừng sách sân sáng sao sau sen sếu sim
sò sóc sơn sóng sư sữa tai tằm tàu tay tên tép thác thảm thang thìa thỏ thóc thơm thư thước thuyền tim tổ tóc tỏi tôm
trà trai trăng tranh trâu tre tròn trống trưa trứng tủ túi tường tuyết vai vàng ve vẹt ví vịt vở voi vòng vui vừng
vườn vuông xa xanh xe xoài xôi xưa xuân xương yên
"""
WORDS = tuple(_LIST.split())
MOST_TYPED = 100  # letters of a code as it may be typed
_BETWEEN = re.compile(r"[\s·.,;:/_-]+")


def plain(word: str) -> str:
    """A word without its marks, in small letters.

    >>> plain("Đường"), plain("trăng")
    ('duong', 'trang')
    """
    parts = unicodedata.normalize("NFD", word.lower().replace("đ", "d"))
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


_BYTES = {plain(word): byte for byte, word in enumerate(WORDS)}


def spelt(code: bytes) -> tuple[str, ...]:
    """The words of a code, one a byte.

    >>> spelt(bytes([0, 255]))
    ('ấm', 'yên')
    """
    return tuple(WORDS[byte] for byte in code)


def shown(code: bytes) -> str:
    """The words as a page shows them.

    >>> shown(bytes([0, 255]))
    'ấm · yên'
    """
    return " · ".join(spelt(code))


def typeable(code: bytes) -> str:
    """The words as an address or a command line carries them.

    >>> typeable(bytes([0, 255]))
    'am-yen'
    """
    return "-".join(plain(word) for word in spelt(code))


def read(typed: str) -> bytes:
    """The code that somebody typed, with or without marks and with anything between the words.

    Raises ValueError where a word is none of ours; the text does not repeat it.

    >>> read(" AM, yên ").hex()
    '00ff'
    """
    if len(typed) > MOST_TYPED:
        raise ValueError("longer than a code")
    return _bytes([plain(word) for word in _BETWEEN.split(typed) if word])


def _bytes(words: Sequence[str]) -> bytes:
    try:
        return bytes(_BYTES[word] for word in words)
    except KeyError:
        raise ValueError("a word is not of the list") from None
