"""The spans of days that figures are asked for, as reports name them: pure.

A period is written in one word, which is also what a page's address says: ``2026-11-26`` (a day), ``2026-W48`` (an ISO
week), ``2026-11`` (a month), ``2026-Q3`` (a quarter), ``2026-6m`` and ``2026-9m`` (the first six and nine months of a
year, as the Department's letters count), ``2026`` (a year), ``2026-01-05..2026-03-17`` (days of one's own choosing).
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from enum import Enum

from msgspec import Struct

FIRST_YEAR, LAST_YEAR = 2000, 2099
MOST_DAYS = 1100  # three years

_DAY = timedelta(days=1)
_FORMS = re.compile(
    r"(?P<year>\d{4})(?:-(?P<months>[69])m|-Q(?P<quarter>[1-4])|-W(?P<week>\d\d)|-(?P<month>\d\d)(?:-(?P<day>\d\d))?)?",
    re.ASCII,
)


class Kind(Enum):
    """How a period is named; the order is that of the picker."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    SIX_MONTHS = "6m"
    NINE_MONTHS = "9m"
    YEAR = "year"
    OWN = "own"


class NoPeriod(ValueError):
    """This is not how a period is written, or it is longer than three years."""


class Period(Struct, frozen=True, order=True):
    """The days ``first`` to ``last``, both of them in it."""

    first: date
    last: date
    kind: Kind = Kind.OWN

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def months(self) -> tuple[str, ...]:
        """The whole months in it, as ``YYYY-MM``.

        >>> Period(date(2026, 1, 31), date(2026, 3, 31)).months
        ('2026-02', '2026-03')
        """
        return tuple(f"{first:%Y-%m}" for first, last in self._by_month() if first.day == 1 and _ends_month(last))

    @property
    def quarter(self) -> str:
        """The quarter that its first day lies in, as it is written in Viet Nam.

        >>> Period(date(2026, 7, 1), date(2026, 9, 30), Kind.QUARTER).quarter
        'III'
        """
        return ("I", "II", "III", "IV")[(self.first.month - 1) // 3]

    @property
    def odd_days(self) -> tuple[tuple[date, date], ...]:
        """The stretches at its ends that are no whole months."""
        return tuple((first, last) for first, last in self._by_month() if first.day != 1 or not _ends_month(last))

    @property
    def rest_of_month(self) -> tuple["Period", ...]:
        """The days before and after it in its month. Only of a period that lies in one month.

        >>> [str(rest) for rest in Period(date(2026, 2, 3), date(2026, 2, 28)).rest_of_month]
        ['2026-02-01..2026-02-02']
        """
        begin, end = self.first.replace(day=1), _month_after(self.first) - _DAY
        ends = (begin, self.first - _DAY), (self.last + _DAY, end)
        return tuple(Period(first, last) for first, last in ends if first <= last)

    def _by_month(self) -> Iterator[tuple[date, date]]:
        first = self.first
        while first <= self.last:
            following = _month_after(first)
            yield first, min(following - _DAY, self.last)
            first = following

    def elapsed(self, today: date) -> "Period":
        """The part of it that has begun: up to ``today``, and the whole of it where that is later.

        A period that lies ahead keeps its first day.
        """
        return Period(self.first, max(self.first, min(self.last, today)), self.kind)

    def before(self, today: date) -> "Period":
        """What it is compared with: the day, week or month before; the same months of the year before; as many days
        before. Of a period that still runs only as much as has elapsed is compared."""
        elapsed = self.elapsed(today)
        match self.kind:
            case Kind.QUARTER | Kind.SIX_MONTHS | Kind.NINE_MONTHS | Kind.YEAR:
                first, last = _year_before(self.first), _year_before(elapsed.last)
                if elapsed.last == self.last:
                    last = _year_before(self.last + _DAY) - _DAY
            case Kind.MONTH:
                first = (self.first - _DAY).replace(day=1)
                last = min(self.first - _DAY, first + (elapsed.last - elapsed.first))
                if elapsed.last == self.last:
                    last = self.first - _DAY
            case _:
                first = self.first - timedelta(days=self.days)
                last = first + (elapsed.last - elapsed.first)
        return Period(first, last, Kind.OWN if (first, last) != _span(self.kind, first) else self.kind)

    def shifted(self, by: int) -> "Period":
        """The next (1) or last (-1) one of its kind, whole."""
        match self.kind:
            case Kind.MONTH | Kind.QUARTER:
                first, last = _span(self.kind, self.first)
                first = last + _DAY if by > 0 else first - _DAY
            case Kind.SIX_MONTHS | Kind.NINE_MONTHS | Kind.YEAR:
                first = self.first.replace(year=self.first.year + by)
            case _:
                first = self.first + by * timedelta(days=self.days)
                return Period(first, first + (self.last - self.first), self.kind)
        return of_kind(self.kind, first)

    def __str__(self) -> str:
        match self.kind:
            case Kind.DAY:
                return self.first.isoformat()
            case Kind.WEEK:
                year, week, _ = self.first.isocalendar()
                return f"{year}-W{week:02d}"
            case Kind.MONTH:
                return f"{self.first:%Y-%m}"
            case Kind.QUARTER:
                return f"{self.first.year}-Q{(self.first.month + 2) // 3}"
            case Kind.SIX_MONTHS | Kind.NINE_MONTHS:
                return f"{self.first.year}-{self.kind.value}"
            case Kind.YEAR:
                return str(self.first.year)
            case Kind.OWN:
                return f"{self.first}..{self.last}"


def of_kind(kind: Kind, day: date) -> Period:
    """The period of this kind that ``day`` lies in; of the first six or nine months, those of its year.

    >>> str(of_kind(Kind.WEEK, date(2026, 11, 26))), str(of_kind(Kind.SIX_MONTHS, date(2026, 11, 26)))
    ('2026-W48', '2026-6m')
    """
    first, last = _span(kind, day)
    return Period(first, last, kind)


def parse(text: str) -> Period:
    """The period that is written so. Raises NoPeriod."""
    try:
        period = _own(text) if ".." in text else _named(text)
    except (ValueError, OverflowError):
        raise NoPeriod from None
    within = period.first.year >= FIRST_YEAR and period.last.year <= LAST_YEAR
    if not within or not 1 <= period.days <= MOST_DAYS:
        raise NoPeriod
    return period


def _own(text: str) -> Period:
    first, last = text.split("..")
    for part in (first, last):
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", part, re.ASCII):
            raise NoPeriod
    return Period(date.fromisoformat(first), date.fromisoformat(last))


def _named(text: str) -> Period:
    found = _FORMS.fullmatch(text)
    if not found:
        raise NoPeriod
    year = int(found["year"])
    if found["months"]:
        return of_kind(Kind(f"{found['months']}m"), date(year, 1, 1))
    if found["quarter"]:
        return of_kind(Kind.QUARTER, date(year, 3 * int(found["quarter"]), 1))
    if found["week"]:
        return of_kind(Kind.WEEK, date.fromisocalendar(year, int(found["week"]), 1))
    if found["day"]:
        return of_kind(Kind.DAY, date(year, int(found["month"]), int(found["day"])))
    if found["month"]:
        return of_kind(Kind.MONTH, date(year, int(found["month"]), 1))
    return of_kind(Kind.YEAR, date(year, 1, 1))


def _span(kind: Kind, day: date) -> tuple[date, date]:
    match kind:
        case Kind.WEEK:
            first = day - timedelta(days=day.weekday())
            return first, first + timedelta(days=6)
        case Kind.MONTH:
            return day.replace(day=1), _month_after(day) - _DAY
        case Kind.QUARTER:
            first = date(day.year, day.month - (day.month - 1) % 3, 1)
            return first, _month_after(first.replace(month=first.month + 2)) - _DAY
        case Kind.SIX_MONTHS:
            return date(day.year, 1, 1), date(day.year, 6, 30)
        case Kind.NINE_MONTHS:
            return date(day.year, 1, 1), date(day.year, 9, 30)
        case Kind.YEAR:
            return date(day.year, 1, 1), date(day.year, 12, 31)
        case _:
            return day, day


def _month_after(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def _ends_month(day: date) -> bool:
    return (day + _DAY).day == 1


def _year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # the 29th of February
        return day.replace(year=day.year - 1, day=28)
