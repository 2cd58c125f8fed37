"""DG13 of a CCCD: what its face says, in Vietnamese. The state publishes no description; cards were looked at."""

import re
from datetime import date

from msgspec import Struct

from edge.contracts.reading import ReadingFault
from edge.emrtd.errors import CardError
from edge.emrtd.lds import MAX_NAME, MAX_TEXT, File, read_text
from edge.emrtd.tlv import Tlv, read_all, read_only

_INTEGER, _OID, _SEQUENCE, _SET = 0x02, 0x06, 0x30, 0x31
_TEXTS = (0x0C, 0x13)  # UTF8String, PrintableString
_MAX_FIELDS = 64

_PARENTS, _SPOUSE, _OLD_ID, _LAST = 13, 14, 15, 16
_OLD_NUMBER = re.compile(r"[0-9]{9}|[0-9]{12}")
_DATE = re.compile(r"(?:(?:([0-9]{2})/)?([0-9]{2})/|(?:([0-9]{2})?([0-9]{2})))?([0-9]{4})")


class Dg13(Struct, frozen=True):
    """What a CCCD says of its holder; a field that the card leaves out is empty. Text is NFC.

    Dates are ``YYYY-MM-DD``, or ``YYYY-MM`` or ``YYYY`` where the card says no more; ``expires`` is empty too where the
    card never does. ``sex`` is as the card writes it, Nam or Nữ. ``unknown`` counts the fields that nobody could name.
    """

    id_number: str = ""
    full_name: str = ""
    birth: str = ""
    sex: str = ""
    nationality: str = ""
    ethnicity: str = ""
    religion: str = ""
    place_of_origin: str = ""
    residence: str = ""
    identifying_marks: str = ""
    issued: str = ""
    expires: str = ""
    father: str = ""
    mother: str = ""
    spouse: str = ""
    old_id: str = ""
    unknown: int = 0

    def __repr__(self) -> str:
        return f"Dg13(…, unknown={self.unknown})"


def parse_dg13(data: bytes) -> Dg13:
    """The fields of DG13: ``6D {SEQUENCE {INTEGER, OBJECT IDENTIFIER, SET OF SEQUENCE {INTEGER number, value}}}``.

    Told apart by number, in any order; a field without a value is an empty one. The old ID number is field 15, and on
    some cards 16, which on others holds something that nobody could name. Raises CardError (MALFORMED).
    Source: public readers of cards, as gathered in the project's facts; there is no specification.
    """
    fields = _fields(read_only(read_only(data, File.DG13.tag), _SEQUENCE))

    def text(number: int, longest: int = MAX_NAME) -> str:
        return _one(fields.get(number, ()), longest)

    father, mother, *_ = [*_names(fields.get(_PARENTS, ())), "", ""]
    spouse, *_ = [*_names(fields.get(_SPOUSE, ())), ""]
    old_id, last = text(_OLD_ID), text(_LAST)
    if not old_id and _OLD_NUMBER.fullmatch(last):
        old_id, last = last, ""
    return Dg13(
        id_number=text(1),
        full_name=text(2),
        birth=_date(text(3)),
        sex=text(4),
        nationality=text(5),
        ethnicity=text(6),
        religion=text(7),
        place_of_origin=text(8, MAX_TEXT),
        residence=text(9, MAX_TEXT),
        identifying_marks=text(10, MAX_TEXT),
        issued=_date(text(11)),
        expires=_expiry(text(12)),
        father=father,
        mother=mother,
        spouse=spouse,
        old_id=old_id,
        unknown=sum(1 for number in fields if not 1 <= number <= _LAST) + bool(last),
    )


def _fields(content: bytes) -> dict[int, tuple[Tlv, ...]]:
    """The values of each field by its number."""
    parts = read_all(content)
    if [part.tag for part in parts] != [_INTEGER, _OID, _SET]:
        raise CardError(ReadingFault.MALFORMED, "DG13: no version, name and fields")
    entries = read_all(parts[2].value)
    if len(entries) > _MAX_FIELDS:
        raise CardError(ReadingFault.MALFORMED, "DG13: too many fields")
    fields: dict[int, tuple[Tlv, ...]] = {}
    for entry in entries:
        parts = read_all(entry.value) if entry.tag == _SEQUENCE else ()
        if not parts or parts[0].tag != _INTEGER or not 1 <= len(parts[0].value) <= 2:
            raise CardError(ReadingFault.MALFORMED, "DG13: a field without a number")
        number = int.from_bytes(parts[0].value)
        if number in fields:
            raise CardError(ReadingFault.MALFORMED, "DG13: a field twice")
        fields[number] = parts[1:]
    return fields


def _one(values: tuple[Tlv, ...], longest: int) -> str:
    """The one text that a field holds."""
    if not values:
        return ""
    if len(values) != 1 or values[0].tag not in _TEXTS:
        raise CardError(ReadingFault.MALFORMED, "DG13: a field that is no text")
    return read_text(values[0].value, longest, "DG13")


def _names(values: tuple[Tlv, ...]) -> list[str]:
    """The names in a field, each a text or a SEQUENCE of one; they stand side by side or in a SEQUENCE of their own."""
    if len(values) == 1 and values[0].tag == _SEQUENCE:
        values = read_all(values[0].value)
    return [_one(read_all(value.value) if value.tag == _SEQUENCE else (value,), MAX_NAME) for value in values]


def _date(text: str) -> str:
    """``ddMMyyyy`` or ``dd/MM/yyyy``, or less, as ``YYYY-MM-DD`` or less; zeros stand for what is not known."""
    if not text:
        return ""
    written = _DATE.fullmatch(text)
    if written is None:
        raise CardError(ReadingFault.MALFORMED, "DG13: a date")
    day, month = (int(written[at] or written[at + 2] or 0) for at in (1, 2))
    year = int(written[5])
    try:
        date(year, month or 1, day or 1)
    except ValueError:
        raise CardError(ReadingFault.MALFORMED, "DG13: a date that is none") from None
    if not month:
        if day:
            raise CardError(ReadingFault.MALFORMED, "DG13: a day of no month")
        return f"{year:04d}"
    return f"{year:04d}-{month:02d}-{day:02d}" if day else f"{year:04d}-{month:02d}"


def _expiry(text: str) -> str:
    # "Không thời hạn" on the cards of the old.
    return _date(text) if any(letter.isdigit() for letter in text) else ""
