"""The QR of a CCCD: seven fields on the card of 2021, eleven on the thẻ căn cước of 2024."""

import re
import unicodedata
from datetime import date
from enum import Enum

from msgspec import Struct

from edge.identity.id_number import IdNumberError, Sex, read_id_number

MAX_LINE = 1024
_MAX_NAME = 100
_MAX_ADDRESS = 400
_MAX_OTHER = 100

_SEXES = {"nam": Sex.MALE, "nữ": Sex.FEMALE}
_URL = re.compile(r"(?:[a-z][a-z0-9+.-]{0,30}://|www\.)", re.IGNORECASE)
# 15 characters on old cards, 10 digits on new ones, then the name in hex.
_INSURANCE = re.compile(r"(?:[A-Z]{2}[0-9A-Z]{13}|[0-9]{10})\|(?:[0-9A-Fa-f]{2}){1,200}\|")


class QrFault(Enum):
    """Why a code is refused: each has its own sentence on the kiosk's page."""

    NOT_A_CARD = "not-a-card"
    URL = "url"
    INSURANCE_CARD = "insurance-card"
    DAMAGED = "damaged"


class QrError(Exception):
    """The code is no readable CCCD; ``kind`` says why. The text never holds what was read."""

    def __init__(self, kind: QrFault) -> None:
        super().__init__(kind.value)
        self.kind = kind


class CardDate(Struct, frozen=True):
    """A date as the card states it: ``day``, or ``month`` and ``day``, are 0 where the card leaves them out."""

    year: int
    month: int = 0
    day: int = 0

    def __repr__(self) -> str:
        return "CardDate(…)"


class CccdQr(Struct, frozen=True):
    """What the QR says. ``extra`` are the four further fields of 2024, raw: their meaning is not confirmed."""

    id_number: str
    old_id: str
    full_name: str
    birth: CardDate
    sex: Sex
    address: str
    issued: CardDate
    extra: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"CccdQr({7 + len(self.extra)} fields)"


def parse_cccd_qr(line: str) -> CccdQr:
    """The card's fields, from the line that a scanner delivers; text comes out in NFC.

    ``id|old id or empty|name|birth|Nam/Nữ|address|issued ddMMyyyy`` with birth as ddMMyyyy, MMyyyy or yyyy, and on
    the card of 2024 four more. Raises QrError on anything else; a line of which a part is missing is DAMAGED, never a
    card with another number. Source: public code and samples, as gathered in the project's facts; no official
    specification is published.
    """
    line = line.strip("\0\ufeff \t\r\n")
    if _URL.match(line):
        raise QrError(QrFault.URL)
    if len(line) > MAX_LINE:
        raise QrError(QrFault.NOT_A_CARD)
    if _INSURANCE.match(line) or (line.endswith("|$") and line.count("|") >= 9):
        raise QrError(QrFault.INSURANCE_CARD)
    fields = [unicodedata.normalize("NFC", field).strip() for field in line.split("|")]
    if len(fields) not in (7, 11):
        cut_off = len(fields) > 1 and re.fullmatch(r"[0-9]{1,12}", fields[0]) is not None
        raise QrError(QrFault.DAMAGED if cut_off or re.fullmatch(r"[0-9]{12}", line) else QrFault.NOT_A_CARD)
    try:
        read_id_number(fields[0])
    except IdNumberError as error:
        raise QrError(QrFault.DAMAGED if fields[0].isdigit() else QrFault.NOT_A_CARD) from error
    return CccdQr(
        id_number=fields[0],
        old_id=_text(fields[1], _MAX_OTHER),
        full_name=_name(fields[2]),
        birth=_date(fields[3]),
        sex=_sex(fields[4]),
        address=_text(fields[5], _MAX_ADDRESS),
        issued=_full_date(fields[6]),
        extra=tuple(_text(field, _MAX_OTHER) for field in fields[7:]),
    )


def _text(field: str, longest: int) -> str:
    # A scanner in the wrong character set leaves replacement characters; nothing on a card is a control character.
    if len(field) > longest or "\ufffd" in field or any(unicodedata.category(letter) == "Cc" for letter in field):
        raise QrError(QrFault.DAMAGED)
    return field


def _name(field: str) -> str:
    name = " ".join(_text(field, _MAX_NAME).split())
    if not name or not all(letter.isalpha() or letter in " '’.-()" for letter in name):
        raise QrError(QrFault.DAMAGED)
    return name


def _sex(field: str) -> Sex:
    if field.casefold() not in _SEXES:
        raise QrError(QrFault.DAMAGED)
    return _SEXES[field.casefold()]


def _date(field: str) -> CardDate:
    """A date of ``ddMMyyyy``, ``MMyyyy`` or ``yyyy``; ``00`` stands for a day or month that is not known."""
    if re.fullmatch(r"(?:[0-9]{2}){2,4}", field) is None:
        raise QrError(QrFault.DAMAGED)
    year, month, day = int(field[-4:]), int(field[-6:-4] or 0), int(field[-8:-6] or 0)
    if not 1850 <= year <= 2150 or month > 12 or (day and not month):
        raise QrError(QrFault.DAMAGED)
    try:
        date(year, month or 1, day or 1)
    except ValueError as error:
        raise QrError(QrFault.DAMAGED) from error
    return CardDate(year=year, month=month, day=day)


def _full_date(field: str) -> CardDate:
    issued = _date(field)
    if not issued.day:
        raise QrError(QrFault.DAMAGED)
    return issued
