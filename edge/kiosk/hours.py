"""The opening hours as one line of text (K6)."""

from collections.abc import Callable, Sequence
from itertools import groupby

from edge.contracts.catalogue import OpeningPeriod

DAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ Nhật")


def hours_text(periods: Sequence[OpeningPeriod], translate: Callable[[str], str] = str) -> str:
    """Days with the same hours together, Monday first; empty where no hours are known.

    >>> week = (OpeningPeriod((0, 1, 2, 3, 4), "07:00", "11:30"), OpeningPeriod((0, 1, 2, 3, 4), "13:30", "17:00"))
    >>> hours_text(week)
    'Thứ Hai–Thứ Sáu 7:00–11:30, 13:30–17:00'
    >>> hours_text((*week, OpeningPeriod((5,), "07:00", "11:30")))
    'Thứ Hai–Thứ Sáu 7:00–11:30, 13:30–17:00 · Thứ Bảy 7:00–11:30'
    """
    by_day = []
    for day in range(7):
        spans = sorted((period.opens, period.closes) for period in periods if day in period.weekdays)
        by_day.append((day, ", ".join(f"{_short(opens)}–{_short(closes)}" for opens, closes in spans)))
    parts = []
    for times, run in groupby(by_day, key=lambda pair: pair[1]):
        days = [translate(DAYS[day]) for day, _ in run]
        if times:
            parts.append(f"{days[0]}–{days[-1]} {times}" if len(days) > 1 else f"{days[0]} {times}")
    return " · ".join(parts)


def _short(time: str) -> str:
    return time.removeprefix("0")
