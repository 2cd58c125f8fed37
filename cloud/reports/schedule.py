"""When a report that somebody subscribed to is due, and when one that did not get through is tried again. Pure."""

from collections.abc import Iterator
from datetime import date, timedelta
from enum import Enum

from cloud.periods import Kind, Period, of_kind

FIRST_DAY, LAST_DAY = 1, 28  # days that every month has
_MINUTE_MS = 60_000
RETRIES_MS = tuple(minutes * _MINUTE_MS for minutes in (1, 5, 15, 60, 240, 720, 1440, 1440))


class Cadence(Enum):
    """How often: the month before, every month; or the first six and nine months and the year, once each is over."""

    MONTHLY = "monthly"
    PERIODIC = "periodic"


_ENDING_BEFORE = {7: Kind.SIX_MONTHS, 10: Kind.NINE_MONTHS, 1: Kind.YEAR}  # month in which it is due: what ended


def due(cadence: Cadence, day: int, since: date, today: date) -> tuple[Period, ...]:
    """The periods whose reports fell due from ``since`` to ``today``, both included, in their order.

    A report is due on ``day`` of the month after its period. Raises ValueError where not every month has that day.

    >>> [str(period) for period in due(Cadence.MONTHLY, 5, date(2026, 11, 1), date(2027, 1, 5))]
    ['2026-10', '2026-11', '2026-12']
    >>> [str(period) for period in due(Cadence.PERIODIC, 5, date(2026, 7, 5), date(2027, 1, 5))]
    ['2026-6m', '2026-9m', '2026']
    """
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"a day from {FIRST_DAY} to {LAST_DAY} is expected")
    found = []
    for falls_due in _days_of_months(day, since, today):
        ended = falls_due.replace(day=1) - timedelta(days=1)
        if cadence is Cadence.MONTHLY:
            found.append(of_kind(Kind.MONTH, ended))
        elif falls_due.month in _ENDING_BEFORE:
            found.append(of_kind(_ENDING_BEFORE[falls_due.month], ended))
    return tuple(found)


def retry_ms(tries: int) -> int | None:
    """How long to wait after so many tries, in milliseconds; None: give up.

    >>> retry_ms(1), retry_ms(9)
    (60000, None)
    """
    return RETRIES_MS[tries - 1] if tries <= len(RETRIES_MS) else None


def _days_of_months(day: int, since: date, today: date) -> Iterator[date]:
    falls_due = since.replace(day=day)
    while falls_due <= today:
        if falls_due >= since:
            yield falls_due
        falls_due = (falls_due.replace(day=28) + timedelta(days=4)).replace(day=day)
