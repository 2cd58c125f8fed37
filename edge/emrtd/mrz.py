"""The machine readable zone of identity cards (TD1, three lines of 30) and passports (TD3, two of 44)."""

import re
from collections.abc import Callable
from datetime import date
from typing import TypeAlias

from msgspec import Struct

from edge.contracts.reading import ReadingFault
from edge.emrtd.errors import CardError

_LETTERS = re.compile(r"[0-9A-Z<]*")
_DATE = re.compile(r"(?:[0-9]{6}|[0-9]{4}<<|[0-9]{2}<{4}|<{6})")
_LINE_ENDS = str.maketrans("", "", "\r\n")

BirthDate: TypeAlias = tuple[int, int, int]


class MrzError(CardError):
    """The text is no MRZ, or one of its check digits is wrong; ``where`` names the field, never what it holds."""

    def __init__(self, where: str) -> None:
        super().__init__(ReadingFault.MALFORMED, f"MRZ: {where}")


class Mrz(Struct, frozen=True):
    """What an MRZ says.

    ``birth`` and ``expiry`` are YYMMDD as printed, ``<`` where a part is not known. ``sex`` is ``M``, ``F``, or ``<``
    where it is not said. ``optional`` is the optional data without fillers at its end: on TD1 that of the first line,
    on TD3 the personal number; ``optional_2`` is that of the second line of TD1. Names are transliterated, with spaces;
    ``secondary`` is empty where the holder has one name only.
    """

    document_code: str
    issuer: str
    document_number: str
    primary: str
    secondary: str
    nationality: str
    birth: str
    sex: str
    expiry: str
    optional: str
    optional_2: str = ""

    @property
    def id_number(self) -> str:
        """The twelve digits of a CCCD's holder; empty on any other document.

        On a CCCD they are the optional data, and the document number is their last nine. Source: cards as gathered in
        the project's facts; no specification is published.
        """
        digits = self.optional[:12]
        if self.issuer != "VNM" or re.fullmatch(r"[0-9]{12}", digits) is None:
            return ""
        return digits if digits.endswith(self.document_number) and len(self.document_number) == 9 else ""

    def born(self, today: date) -> BirthDate:
        """Year, month and day of birth, 0 for what the MRZ leaves open.

        Of the two centuries it is the one that makes the holder younger, but not yet to be born: someone of a hundred
        or more comes out a hundred years too young (a CCCD's ID number knows better).
        """
        year, month, day = (int(self.birth[at : at + 2].replace("<", "0")) for at in (0, 2, 4))
        if self.birth.startswith("<"):
            return 0, 0, 0
        this_century = (today.year // 100 * 100 + year, month, day)
        return (
            this_century
            if this_century <= (today.year, today.month, today.day)
            else (this_century[0] - 100, month, day)
        )

    def __repr__(self) -> str:
        return f"Mrz({self.document_code}, {self.issuer})"


def check_digit(field: str) -> str:
    """Check digit of one MRZ field, as the character printed on the document.

    Weights 7, 3, 1 repeat from the left; the filler '<' counts as 0.
    Raises MrzError on a character outside 0-9, A-Z and '<'.
    Source: ICAO Doc 9303-3, 4.9.

    >>> check_digit("L898902C<"), check_digit("690806")
    ('3', '1')
    """
    if _LETTERS.fullmatch(field) is None:
        raise MrzError("a character that no MRZ has")
    values = (0 if letter == "<" else int(letter, 36) for letter in field)
    return str(sum(value * (7, 3, 1)[at % 3] for at, value in enumerate(values)) % 10)


def parse_mrz(text: str) -> Mrz:
    """The fields of a TD1 or TD3 MRZ, with or without line ends between its lines; each check digit is verified.

    Raises MrzError on another length, a character that no MRZ has, a wrong check digit or an impossible date.
    Source: ICAO Doc 9303-3, 4; 9303-4, 4.2 (TD3); 9303-5, 4.2 (TD1).
    """
    if len(text) > 100:
        raise MrzError("too long")
    text = text.translate(_LINE_ENDS)
    if _LETTERS.fullmatch(text) is None:
        raise MrzError("a character that no MRZ has")
    layouts: dict[int, Callable[[str], Mrz]] = {90: _td1, 88: _td3}
    if len(text) not in layouts:
        raise MrzError(f"{len(text)} characters")
    return layouts[len(text)](text)


def _td1(text: str) -> Mrz:
    first, second, third = text[:30], text[30:60], text[60:]
    number, optional = _number(first[5:14], first[14], first[15:])
    _verify(first[5:] + second[:7] + second[8:15] + second[18:29], second[29], "composite check digit")
    primary, secondary = _names(third)
    return Mrz(
        document_code=first[:2].rstrip("<"),
        issuer=first[2:5].rstrip("<"),
        document_number=number,
        primary=primary,
        secondary=secondary,
        nationality=second[15:18].rstrip("<"),
        birth=_date(second[:6], second[6], "date of birth"),
        sex=_sex(second[7]),
        expiry=_date(second[8:14], second[14], "date of expiry"),
        optional=optional,
        optional_2=second[18:29].rstrip("<"),
    )


def _td3(text: str) -> Mrz:
    first, second = text[:44], text[44:]
    _verify(second[:9], second[9], "check digit of the document number")
    # Where there is no personal number its check digit may be a filler.
    if not (second[42] == "<" and not second[28:42].strip("<")):
        _verify(second[28:42], second[42], "check digit of the personal number")
    _verify(second[:10] + second[13:20] + second[21:43], second[43], "composite check digit")
    primary, secondary = _names(first[5:])
    return Mrz(
        document_code=first[:2].rstrip("<"),
        issuer=first[2:5].rstrip("<"),
        document_number=_filled(second[:9].rstrip("<"), "document number"),
        primary=primary,
        secondary=secondary,
        nationality=second[10:13].rstrip("<"),
        birth=_date(second[13:19], second[19], "date of birth"),
        sex=_sex(second[20]),
        expiry=_date(second[21:27], second[27], "date of expiry"),
        optional=second[28:42].rstrip("<"),
    )


def _number(field: str, check: str, optional: str) -> tuple[str, str]:
    """Document number and optional data of TD1: a number of more than nine characters goes on in the optional data."""
    if check != "<":
        _verify(field, check, "check digit of the document number")
        return _filled(field.rstrip("<"), "document number"), optional.rstrip("<")
    rest, _, optional = optional.partition("<")
    if len(rest) < 2:
        raise MrzError("a document number that goes on nowhere")
    _verify(field + rest[:-1], rest[-1], "check digit of the document number")
    return field + rest[:-1], optional.strip("<")


def _verify(field: str, check: str, name: str) -> None:
    if check != check_digit(field):
        raise MrzError(name)


def _filled(field: str, name: str) -> str:
    if not field:
        raise MrzError(f"no {name}")
    return field


def _date(field: str, check: str, name: str) -> str:
    _verify(field, check, f"check digit of the {name}")
    if _DATE.fullmatch(field) is None:
        raise MrzError(name)
    year, month, day = (int(field[at : at + 2].replace("<", "0")) for at in (0, 2, 4))
    try:
        # Leap years are the same in every century but for 00, and 2000 was one; some write 00 for what is not known.
        date(2000 + year, month or 1, day or 1)
    except ValueError as error:
        raise MrzError(name) from error
    return field


def _sex(letter: str) -> str:
    if letter not in "MFX<":
        raise MrzError("sex")
    return "<" if letter == "X" else letter


def _names(field: str) -> tuple[str, str]:
    primary, _, secondary = field.rstrip("<").partition("<<")
    return _filled(" ".join(primary.replace("<", " ").split()), "name"), " ".join(secondary.replace("<", " ").split())
