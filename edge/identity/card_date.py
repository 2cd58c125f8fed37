"""Dates as documents state them: the old often have only their year of birth on the card."""

import re
from calendar import monthrange
from datetime import date

from msgspec import Struct


class CardDateError(Exception):
    """This is no date that a card can state. The text never holds what was read."""


class CardDate(Struct, frozen=True):
    """A date as the card states it: ``day``, or ``month`` and ``day``, are 0 where the card leaves them out."""

    year: int
    month: int = 0
    day: int = 0

    @property
    def earliest(self) -> str:
        """The first date that it can mean, ``YYYY-MM-DD``.

        >>> CardDate(1951).earliest, CardDate(1952, 2).earliest
        ('1951-01-01', '1952-02-01')
        """
        return f"{self.year:04d}-{self.month or 1:02d}-{self.day or 1:02d}"

    @property
    def latest(self) -> str:
        """The last date that it can mean, ``YYYY-MM-DD``: nobody is made older than the card says.

        >>> CardDate(1951).latest, CardDate(1952, 2).latest, CardDate(1952, 2, 3).latest
        ('1951-12-31', '1952-02-29', '1952-02-03')
        """
        month = self.month or 12
        return f"{self.year:04d}-{month:02d}-{self.day or monthrange(self.year, month)[1]:02d}"

    def may_be(self, other: "CardDate") -> bool:
        """Whether both can mean the same day: what one of them leaves out is no contradiction.

        >>> CardDate(1951).may_be(CardDate(1951, 2, 3)), CardDate(1951, 3).may_be(CardDate(1951, 2, 3))
        (True, False)
        """
        return self.earliest <= other.latest and other.earliest <= self.latest

    def __repr__(self) -> str:
        return "CardDate(…)"


def read_card_date(text: str) -> CardDate:
    """A date of ``ddMMyyyy``, ``MMyyyy`` or ``yyyy``; ``00`` stands for a day or month that is not known.

    Raises CardDateError on anything else, and on a day that no calendar has.
    """
    if re.fullmatch(r"(?:[0-9]{2}){2,4}", text) is None:
        raise CardDateError("expected ddMMyyyy, MMyyyy or yyyy")
    year, month, day = int(text[-4:]), int(text[-6:-4] or 0), int(text[-8:-6] or 0)
    if not 1850 <= year <= 2150 or month > 12 or (day and not month):
        raise CardDateError("no such year or month")
    try:
        date(year, month or 1, day or 1)
    except ValueError:
        raise CardDateError("no such day") from None
    return CardDate(year=year, month=month, day=day)
