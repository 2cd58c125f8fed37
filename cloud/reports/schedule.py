"""When a report that somebody subscribed to is due, and how long one that did not get through waits. Pure."""

from collections.abc import Iterator
from datetime import date, timedelta
from enum import Enum

from cloud.periods import Kind, Period, of_kind

FIRST_DAY, LAST_DAY = 1, 28  # days that every month has
_MINUTE_MS = 60_000
RETRIES_MS = tuple(minutes * _MINUTE_MS for minutes in (1, 5, 15, 60, 240, 720, 1440, 1440))


class Cadence(Enum):
    """How often: the month before, every month; the quarter before, every quarter; or the first six and nine months and
    the year, once each is over."""

    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    PERIODIC = "periodic"


# What ended, by the month in which its report is due.
_ENDED = {
    Cadence.MONTHLY: dict.fromkeys(range(1, 13), Kind.MONTH),
    Cadence.QUARTERLY: dict.fromkeys((1, 4, 7, 10), Kind.QUARTER),
    Cadence.PERIODIC: {7: Kind.SIX_MONTHS, 10: Kind.NINE_MONTHS, 1: Kind.YEAR},
}


def due(cadence: Cadence, day: int, since: date, today: date) -> tuple[Period, ...]:
    """The periods whose reports fell due from ``since`` to ``today``, both included, in their order.

    A report is due on ``day`` of the month after its period. Raises ValueError where not every month has that day.

    >>> [str(period) for period in due(Cadence.MONTHLY, 5, date(2026, 11, 1), date(2027, 1, 5))]
    ['2026-10', '2026-11', '2026-12']
    >>> [str(period) for period in due(Cadence.PERIODIC, 5, date(2026, 7, 5), date(2027, 1, 5))]
    ['2026-6m', '2026-9m', '2026']
    >>> [str(period) for period in due(Cadence.QUARTERLY, 5, date(2026, 7, 6), date(2027, 1, 5))]
    ['2026-Q3', '2026-Q4']
    """
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"a day from {FIRST_DAY} to {LAST_DAY} is expected")
    found = []
    for falls_due in _days_of_months(day, since, today):
        ended = falls_due.replace(day=1) - timedelta(days=1)
        if falls_due.month in _ENDED[cadence]:
            found.append(of_kind(_ENDED[cadence][falls_due.month], ended))
    return tuple(found)


def _days_of_months(day: int, since: date, today: date) -> Iterator[date]:
    falls_due = since.replace(day=day)
    while falls_due <= today:
        if falls_due >= since:
            yield falls_due
        falls_due = (falls_due.replace(day=28) + timedelta(days=4)).replace(day=day)
