"""The QR of a health insurance card (BHYT), old and new."""

import re
import unicodedata
from collections.abc import Sequence

from msgspec import Struct

from edge.identity.card_date import CardDate
from edge.identity.id_number import Sex
from edge.identity.qr_text import MAX_ADDRESS, MAX_OTHER, QrError, QrFault, date_of, full_date_of, name_of, text_of

END = "$"
_LEAST_FIELDS, _MOST_FIELDS = 10, 24  # with the end; 10, 15 and 17 have been seen
_CODE = re.compile(r"[A-Z]{2}[0-9A-Z]{13}|[0-9]{10}")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_DATE = re.compile(r"(?:[0-9]{2}/){0,2}[0-9]{4}")
_SEXES = {"1": Sex.MALE, "2": Sex.FEMALE}
_DASHES = str.maketrans("‐‑‒–—−", "------")


class BhytQr(Struct, frozen=True):
    """What the QR says. ``insurance_number`` is the card's code: 15 characters on old cards, 10 digits on new ones.

    ``facility`` is that of first registration, ``01-001``. A date is None, a text empty, where the card leaves it out.
    ``extra`` are the fields after the day of issue, raw: among them the reference number at the insurance, the date of
    five years' continuous cover, and a check value whose algorithm is not published and which nobody verifies here.
    """

    insurance_number: str
    full_name: str
    birth: CardDate
    sex: Sex
    address: str
    facility: str
    valid_from: CardDate | None
    valid_to: CardDate | None
    issued: CardDate | None
    extra: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"BhytQr({10 + len(self.extra)} fields)"


def is_bhyt(fields: Sequence[str]) -> bool:
    """Whether these are the fields of a BHYT card, whole or not."""
    if len(fields) < _LEAST_FIELDS or fields[-1] != END:
        return len(fields) > 1 and _CODE.fullmatch(fields[0]) is not None
    return True


def parse_bhyt_qr(fields: Sequence[str]) -> BhytQr:
    """The card, from the fields of its line; text is in NFC.

    ``code|name|birth|1 or 2|address|facility|from|to|issued|…|$``: name and address as hex of their UTF-8, birth as
    dd/MM/yyyy, MM/yyyy or yyyy, the other dates dd/MM/yyyy, ``-`` where something is left out. Raises QrError(DAMAGED)
    on anything else. Source: public code and samples, as gathered in the project's facts; no official specification
    is published.
    """
    if not _LEAST_FIELDS <= len(fields) <= _MOST_FIELDS or fields[-1] != END or not _CODE.fullmatch(fields[0]):
        raise QrError(QrFault.DAMAGED)
    if fields[3] not in _SEXES:
        raise QrError(QrFault.DAMAGED)
    return BhytQr(
        insurance_number=fields[0],
        full_name=name_of(_hex_text(fields[1])),
        birth=_birth(fields[2]),
        sex=_SEXES[fields[3]],
        address=text_of(_hex_text(fields[4]), MAX_ADDRESS),
        facility=_facility(fields[5]),
        valid_from=_date(fields[6]),
        valid_to=_date(fields[7]),
        issued=_date(fields[8]),
        extra=tuple(text_of(field, MAX_OTHER) for field in fields[9:-1]),
    )


def _is_left_out(field: str) -> bool:
    return field.translate(_DASHES) in ("", "-")


def _hex_text(field: str) -> str:
    if _is_left_out(field):
        return ""
    if not _HEX.fullmatch(field):
        raise QrError(QrFault.DAMAGED)
    try:
        text = bytes.fromhex(field).decode()
    except UnicodeDecodeError:
        raise QrError(QrFault.DAMAGED) from None  # its text would show what was read
    return unicodedata.normalize("NFC", text).strip(" \0")


def _facility(field: str) -> str:
    """The province's and the facility's code with one hyphen between them, however the card spaces them."""
    if _is_left_out(field):
        return ""
    return "".join(text_of(field, MAX_OTHER).translate(_DASHES).split())


def _birth(field: str) -> CardDate:
    if not _DATE.fullmatch(field):
        raise QrError(QrFault.DAMAGED)
    return date_of(field.replace("/", ""))


def _date(field: str) -> CardDate | None:
    if _is_left_out(field):
        return None
    if not _DATE.fullmatch(field):
        raise QrError(QrFault.DAMAGED)
    return full_date_of(field.replace("/", ""))
