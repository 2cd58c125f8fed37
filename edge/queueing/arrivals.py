"""How many people with priority are still to come: they overtake those without, so they lengthen their wait.

Counted by the half hour of the UTC day, which is the same local half hour wherever no clock is changed.
"""

from itertools import accumulate
from typing import NamedTuple

from immutables import Map

from edge.contracts.experience import Arrivals
from edge.queueing.calendar import Spans
from edge.queueing.spans import worked_ms

HALF_HOUR_MS = 1_800_000
A_DAY = 48
DAY_MS = A_DAY * HALF_HOUR_MS
REMEMBERED_DAYS = 20
SURE = 10.0  # people: so many must have come today before today says more than the days before
LEAST_MS = HALF_HOUR_MS
NOBODY = (0,) * A_DAY

Counts = Map[str, tuple[int, ...]]  # service id → people with priority today, by half hour


class Usual(NamedTuple):
    """What former days taught: people in each half hour, and in all of them up to its beginning."""

    days: int
    people: tuple[float, ...]
    before: tuple[float, ...]

    def until(self, at_ms: int) -> float:
        """People from the beginning of 1970 until this moment, if every day had been a usual one."""
        days, rest_ms = divmod(at_ms, DAY_MS)
        half_hour, part_ms = divmod(rest_ms, HALF_HOUR_MS)
        here = self.people[half_hour] * part_ms / HALF_HOUR_MS
        return days * self.before[A_DAY] + self.before[half_hour] + here


Usuals = Map[str, Usual]


def usual(days: int, people: tuple[float, ...]) -> Usual:
    """What so many days taught."""
    return Usual(days, people, tuple(accumulate(people, initial=0.0)))


def counted(counts: Counts, service_id: str, at_ms: int) -> Counts:
    """The counts after one more arrival."""
    there = counts.get(service_id, NOBODY)
    half_hour = at_ms % DAY_MS // HALF_HOUR_MS
    return counts.set(service_id, (*there[:half_hour], there[half_hour] + 1, *there[half_hour + 1 :]))


class Newcomers:
    """Those who will arrive with priority for a service from ``now_ms`` on; ``opened_ms`` is when the day began.

    As many as usual, more or fewer as today has been so far; before any day has taught what is usual, at today's pace
    while numbers are given (``windows``).
    """

    def __init__(
        self, today: tuple[int, ...], before: Usual | None, windows: Spans, opened_ms: int, now_ms: int
    ) -> None:
        self._before, self._windows, self._now_ms = before, windows, now_ms
        seen = sum(today)
        if before is None:
            begins_ms = max(opened_ms, windows[0][0]) if windows else now_ms
            self._pace = seen / max(LEAST_MS, worked_ms(windows, begins_ms, now_ms))
        else:
            self._base = before.until(now_ms)
            self._pace = (seen + SURE) / (self._base - before.until(opened_ms) + SURE)

    def until(self, at_ms: int) -> float:
        """How many there will have been by this moment."""
        if at_ms <= self._now_ms:
            return 0.0
        if self._before is None:
            return self._pace * worked_ms(self._windows, self._now_ms, at_ms)
        return self._pace * (self._before.until(at_ms) - self._base)


def handed_on(counts: Counts, usuals: Usuals) -> tuple[Arrivals, ...]:
    """What the next day takes over; a day on which nobody with priority came for a service teaches nothing of it."""
    carried = []
    for service in sorted({*counts, *usuals}):
        today, before = counts.get(service), usuals.get(service)
        if today is None:
            days, people = (before.days, before.people) if before else (0, ())
        elif before is None:
            days, people = 1, tuple(float(count) for count in today)
        else:
            days = min(before.days + 1, REMEMBERED_DAYS)
            people = tuple(old + (new - old) / days for old, new in zip(before.people, today, strict=True))
        carried.append(Arrivals(service, days, tuple(round(10 * number) for number in people)))
    return tuple(carried)


def taken_up(arrivals: tuple[Arrivals, ...]) -> Usuals:
    """What a day begins with."""
    return Map({a.service: usual(a.days, tuple(t / 10 for t in a.tenths)) for a in arrivals if len(a.tenths) == A_DAY})
