"""Moments as people say them at the kiosk: when a number is expected to be called, and when it opens again."""

from collections.abc import Callable

from edge.contracts.outlook import Hours, ServiceOutlook, Window
from edge.daemon.i18n import local_time
from edge.kiosk.hours import DAYS
from edge.kiosk.words import N_

ROUND_MS = 300_000  # nobody can say it more closely than to five minutes
DAY_MS = 86_400_000
Translate = Callable[[str], str]


def window_text(window: Window, now_ms: int, time_zone: str) -> str:
    """The window rounded outwards to five minutes; one time where that leaves one. It never begins in the past.

    >>> nine = 1_795_399_200_000
    >>> window_text(Window(nine + 41 * 60_000, nine + 64 * 60_000), nine, "Asia/Ho_Chi_Minh")
    '9:40–10:05'
    >>> window_text(Window(nine + 61_000, nine + 180_000), nine + 60_000, "Asia/Ho_Chi_Minh")
    '9:05'
    """
    low = window.low_ms // ROUND_MS * ROUND_MS
    high = -(-window.high_ms // ROUND_MS) * ROUND_MS
    if low < now_ms:
        low = -(-max(now_ms, window.low_ms) // ROUND_MS) * ROUND_MS
    first, last = (clock_text(moment, time_zone) for moment in (low, max(low, high)))
    return first if first == last else f"{first}–{last}"


def clock_text(at_ms: int, time_zone: str) -> str:
    """The time of day.

    >>> clock_text(1_795_399_200_000, "Asia/Ho_Chi_Minh")
    '9:00'
    """
    at = local_time(at_ms, time_zone)
    return f"{at.hour}:{at:%M}"


def moment_text(at_ms: int, now_ms: int, time_zone: str, translate: Translate = str) -> str:
    """A moment to come: the time, and the day where it is not today's.

    >>> nine = 1_795_399_200_000
    >>> moment_text(nine, nine - 3_600_000, "Asia/Ho_Chi_Minh")
    '9:00'
    >>> moment_text(nine, nine - 86_400_000, "Asia/Ho_Chi_Minh")
    '9:00 Thứ Hai 23/11'
    """
    at, now = local_time(at_ms, time_zone), local_time(now_ms, time_zone)
    if at.date() == now.date():
        return clock_text(at_ms, time_zone)
    year = "" if at.year == now.year else f"/{at.year}"
    return f"{clock_text(at_ms, time_zone)} {translate(DAYS[at.weekday()])} {at.day}/{at.month}{year}"


def closed_words(hours: Hours, now_ms: int, time_zone: str, *, english: bool, translate: Translate) -> tuple[str, ...]:
    """The sentences of a kiosk out of hours: that it is, why where a holiday is, and when it opens."""
    words = [translate(N_("Ngoài giờ làm việc."))]
    holiday = hours.holiday_en if english else hours.holiday
    if holiday:
        words.append(translate(N_("Hôm nay nghỉ: %(holiday)s.")) % {"holiday": holiday})
    opens_ms = hours.opens_after(now_ms)
    if opens_ms > now_ms:
        when = moment_text(opens_ms, now_ms, time_zone, translate)
        words.append(translate(N_("Mở cửa lúc %(when)s.")) % {"when": when})
    return tuple(words)


def off_words(service: ServiceOutlook | None, now_ms: int, time_zone: str, translate: Translate) -> str:
    """Why a tile is off, in few words: numbers are given later today, or no more, or just not here now."""
    if service is None or service.gives_numbers_at(now_ms):
        return translate(N_("Tạm ngừng"))
    later = [start for start, _ in service.tickets if start > now_ms]
    if later:
        return translate(N_("Có số từ %(time)s")) % {"time": clock_text(min(later), time_zone)}
    return translate(N_("Hết giờ phát số") if service.tickets else N_("Hôm nay nghỉ"))
