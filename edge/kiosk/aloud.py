"""A text of the screen as a voice is to say it: numbers, times and short forms become words. Pure."""

import re

from edge.contracts.hall import Language, Region
from edge.contracts.phrases import clean, code
from edge.contracts.spoken_numbers import digit_words, number_words

_LONG = 5  # digits: nobody says a longer run as one number
_TIME = re.compile(r"(?<![\d:])(\d{1,2}):(\d{2})(?![\d:])")
_RANGE = re.compile(r"(?<=\d)\s*[–-]\s*(?=\d{1,2}:\d{2})")
_DATE = re.compile(r"\b(\d{1,2})/(\d{1,2})(?:/(\d{4}))?(?![\d/])")
_LAW = re.compile(r"\b(\d+)/(\d{4})/[A-ZĐ-]+\d*\b")
_LABEL = re.compile(r"\b([A-ZĐ]{1,2}\d{1,4}[A-Z]?)\b")
_ROOM = re.compile(r"\bP\.\s?(?=\d)")
_ROOMS = re.compile(r"\b(phòng|rooms?)(\s+)((?:\d{2,}[A-Z]?|,\s*)+)", re.IGNORECASE)
_NUMBER = re.compile(r"\d+")
_MARKS = re.compile(r"\s*[·→…•|]+\s*")
_SHORT: dict[Language, dict[str, str]] = {
    "vi": {
        "BHYT": "bảo hiểm y tế",
        "CCCD": "căn cước công dân",
        "VNeID": "vê nờ e i đi",
        "QR": "quy e-rờ",
        "LED": "lét",
    },
    "en": {"BHYT": "health insurance", "CCCD": "citizen identity card", "VNeID": "V N e I D", "QR": "Q R"},
}
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def aloud(text: str, language: Language, region: Region = "north") -> str:
    """The text with every number in words.

    >>> aloud("Số của bạn: A007. Quầy 1, 2 · Phòng 101. Khoảng 9:40–10:05.", "vi")
    'Số của bạn: A không không bảy. Quầy một, hai, Phòng một không một. Khoảng chín giờ bốn mươi đến mười giờ năm phút.'
    >>> aloud("Your number: A007. About 9:40–14:05. 21 people.", "en")
    'Your number: A, zero zero seven. About nine forty to two oh five p m. twenty-one people.'
    """
    said = clean(text).replace("\u2060", "")
    said = _RANGE.sub(" đến " if language == "vi" else " to ", said)
    said = _TIME.sub(lambda found: _time(int(found[1]), int(found[2]), language, region) or found[0], said)
    said = _LAW.sub(r"\1 năm \2" if language == "vi" else r"\1 of \2", said)
    said = _DATE.sub(lambda found: _date(found, language, region) or found[0], said)
    said = _ROOM.sub("phòng " if language == "vi" else "room ", said)
    said = _LABEL.sub(lambda found: code(found[1], language, region).text, said)
    said = _ROOMS.sub(lambda found: found[1] + found[2] + _digit_by_digit(found[3], language, region), said)
    said = _NUMBER.sub(lambda found: _number(found[0], language, region), said)
    for short, words in _SHORT[language].items():
        said = re.sub(rf"\b{short}\b", words, said)
    return _MARKS.sub(", ", said).strip(" ,")


def _time(hour: int, minute: int, language: Language, region: Region) -> str:
    if hour > 23 or minute > 59:
        return ""
    if language == "vi":
        words = (*number_words(hour, "vi", region), "giờ", *(number_words(minute, "vi", region) if minute else ()))
        return " ".join(words) + (" phút" if 0 < minute < 10 else "")
    half = " p m" if hour >= 12 else ""
    told = " ".join(number_words(hour % 12 or 12, "en"))
    if not minute:
        return told + (half or " o'clock")
    return f"{told} {'oh ' if minute < 10 else ''}{' '.join(number_words(minute, 'en'))}{half}"


def _date(found: re.Match[str], language: Language, region: Region) -> str:
    day, month = int(found[1]), int(found[2])
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return ""
    if language == "vi":
        year = f" năm {found[3]}" if found[3] else ""
        return f"ngày {day} tháng {' '.join(number_words(month, 'vi', region))}{year}"
    return f"{day} {_MONTHS[month - 1]}" + (f" {found[3]}" if found[3] else "")


def _digit_by_digit(numbers: str, language: Language, region: Region) -> str:
    """Numbers of rooms, each as the hall's voice says it."""
    return re.sub(r"\d+[A-Z]?", lambda found: code(found[0], language, region).text, numbers)


def _number(digits: str, language: Language, region: Region) -> str:
    if len(digits) >= _LONG or (digits.startswith("0") and len(digits) > 1):
        return " ".join(digit_words(digits, language))
    return " ".join(number_words(int(digits), language, region))
