"""The geometry of what the server draws: heat maps, trends and bars, as numbers for the templates. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from msgspec import Struct

from cloud.counts import Load
from cloud.periods import Period

FIRST_HOUR, LAST_HOUR = 7, 16
SHADES = 9  # of a heat map: classes h0 to h9 of cloud.css
TREND_WIDTH, TREND_HEIGHT = 720, 160
TREND_TOP, TREND_FLOOR = 12, 136


class Cell(Struct, frozen=True):
    """One hour of the week: the mean of its days, and how dark it is, 0 to SHADES."""

    hour: int
    mean: float
    shade: int


class Heat(Struct, frozen=True):
    """The heat map: for each weekday (0 is Monday) its hours."""

    hours: tuple[int, ...]
    rows: tuple[tuple[int, tuple[Cell, ...]], ...]


class Trend(Struct, frozen=True):
    """A line through ``values``; ``points`` as an SVG polyline has them, in the units of the viewBox."""

    names: tuple[str, ...]
    values: tuple[int, ...]
    points: str
    most: int


def heat(loads: Mapping[tuple[int, int], Load], elapsed: Period) -> Heat:
    """How many numbers are given in each hour of the week, in the mean of the days of ``elapsed``.

    Working hours and days are shown always, others where they have numbers.
    """
    busy = {slot for slot, load in loads.items() if load.issued}
    first = min([FIRST_HOUR, *(hour for _, hour in busy)])
    last = max([LAST_HOUR, *(hour for _, hour in busy)])
    weekdays = sorted({0, 1, 2, 3, 4, *(weekday for weekday, _ in busy)})
    of_weekday = [_times(weekday, elapsed) for weekday in range(7)]
    means = {slot: load.issued / max(1, of_weekday[slot[0]]) for slot, load in loads.items()}
    most = max([*means.values(), 1.0])
    hours = tuple(range(first, last + 1))
    return Heat(
        hours,
        tuple(
            (weekday, tuple(_cell(hour, means.get((weekday, hour), 0.0), most) for hour in hours))
            for weekday in weekdays
        ),
    )


def trend(loads: Mapping[str, Load], period: Period, *, by_month: bool) -> Trend:
    """The numbers given by day, or by month, with every day of the period on the line; none of them is left out."""
    names = _months(period) if by_month else _days(period)
    values = tuple(loads[name].issued if name in loads else 0 for name in names)
    most = max([*values, 1])
    step = TREND_WIDTH / max(1, len(values) - 1)
    height = TREND_FLOOR - TREND_TOP
    points = " ".join(f"{index * step:.1f},{TREND_FLOOR - height * n / most:.1f}" for index, n in enumerate(values))
    return Trend(names, values, points, most)


def spark(values: Sequence[float], width: int, height: int) -> str:
    """The points of a small line without axes."""
    most = max([*values, 1])
    step = width / max(1, len(values) - 1)
    return " ".join(f"{index * step:.1f},{height - height * n / most:.1f}" for index, n in enumerate(values))


def _cell(hour: int, mean: float, most: float) -> Cell:
    return Cell(hour, mean, min(SHADES, round(SHADES * mean / most)) if mean else 0)


def _times(weekday: int, period: Period) -> int:
    """How many of these weekdays the period has."""
    ahead = (weekday - period.first.weekday()) % 7
    return max(0, (period.days - ahead + 6) // 7)


def _days(period: Period) -> tuple[str, ...]:
    return tuple((period.first + timedelta(days=n)).isoformat() for n in range(period.days))


def _months(period: Period) -> tuple[str, ...]:
    months, day = [], period.first
    while day <= period.last:
        months.append(f"{day:%Y-%m}")
        day = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return tuple(months)
