"""What the QRs of all documents have in common: one line of text, fields between bars, and the ways to be none."""

import re
import unicodedata
from enum import Enum

from edge.identity.card_date import CardDate, CardDateError, read_card_date

MAX_LINE = 2048  # as long as a scanner's line
MAX_ADDRESS = 400
MAX_OTHER = 100
_MAX_NAME = 100

_URL = re.compile(r"(?:[a-z][a-z0-9+.-]{0,30}://|www\.)", re.IGNORECASE)


class QrFault(Enum):
    """Why a code is refused: each has its own sentence on the kiosk's page."""

    NOT_A_CARD = "not-a-card"
    URL = "url"
    DAMAGED = "damaged"


class QrError(Exception):
    """The code is that of no document that we read; ``kind`` says why. The text never holds what was read."""

    def __init__(self, kind: QrFault) -> None:
        super().__init__(kind.value)
        self.kind = kind


def fields_of(line: str) -> list[str]:
    """The fields between the bars of a scanner's line, in NFC and without spaces around them.

    What follows a NUL is no text of the card any more. Raises QrError where the line is a web address, or longer than
    any document's.
    """
    line = line.strip("\0\ufeff \t\r\n").partition("\0")[0]
    if _URL.match(line):
        raise QrError(QrFault.URL)
    if len(line) > MAX_LINE:
        raise QrError(QrFault.NOT_A_CARD)
    return [unicodedata.normalize("NFC", field).strip() for field in line.split("|")]


def text_of(field: str, longest: int) -> str:
    """The field as it stands. Raises QrError(DAMAGED) where no card can say so.

    A scanner in the wrong character set leaves replacement characters; nothing on a card is a control character.
    """
    if len(field) > longest or "\ufffd" in field or any(unicodedata.category(letter) == "Cc" for letter in field):
        raise QrError(QrFault.DAMAGED)
    return field


def name_of(field: str) -> str:
    """The field as a person's name, words one space apart. Raises QrError(DAMAGED) where it is none."""
    name = " ".join(text_of(field, _MAX_NAME).split())
    if not name or not all(letter.isalpha() or letter in " '’.-()" for letter in name):
        raise QrError(QrFault.DAMAGED)
    return name


def date_of(field: str) -> CardDate:
    """The field as a date of :func:`read_card_date`. Raises QrError(DAMAGED) where it is none."""
    try:
        return read_card_date(field)
    except CardDateError:
        raise QrError(QrFault.DAMAGED) from None


def full_date_of(field: str) -> CardDate:
    """The same with its day. Raises QrError(DAMAGED) where that is missing."""
    full = date_of(field)
    if not full.day:
        raise QrError(QrFault.DAMAGED)
    return full
