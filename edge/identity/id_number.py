"""The 12-digit personal identification number."""

import re
from enum import Enum

from msgspec import Struct


class IdNumberError(Exception):
    """This is no 12-digit ID number. The text never holds what was read."""


class Sex(Enum):
    """Sex as the card and the number state it."""

    MALE = "male"
    FEMALE = "female"


class IdNumber(Struct, frozen=True):
    """What the digits say; ``place`` is the code of the province or country where the birth was registered."""

    place: str
    sex: Sex
    birth_year: int

    def __repr__(self) -> str:
        return "IdNumber(…)"


def read_id_number(digits: str) -> IdNumber:
    """Place, sex and birth year from the 12 digits: 3 of place, 1 of century and sex, 2 of year, 6 random.

    The fourth digit is even for men and odd for women: 0 and 1 for the 1900s, 2 and 3 for the 2000s, up to 8 and 9
    for the 2300s. There is no check digit, and an unknown place code is no error: provinces merge.
    Raises IdNumberError where it is not 12 ASCII digits. Source: public descriptions of the number; the law's own text
    was not at hand.

    >>> number = read_id_number("001099000017")
    >>> number.place, number.sex.value, number.birth_year
    ('001', 'male', 1999)
    """
    if re.fullmatch(r"[0-9]{12}", digits) is None:
        raise IdNumberError("expected 12 digits")
    century, sex = divmod(int(digits[3]), 2)
    return IdNumber(
        place=digits[:3],
        sex=Sex.FEMALE if sex else Sex.MALE,
        birth_year=1900 + 100 * century + int(digits[4:6]),
    )
