"""Figures as people read them: numbers, shares, waits and ages, in the language of the page."""

import time
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Flask, g
from msgspec import Struct

from cloud.indicators import Unit
from cloud.rollups import EDGES_MIN
from edge.daemon.i18n import local_time, translations

TIME_ZONE = "Asia/Ho_Chi_Minh"  # Viet Nam has one
FIRST_HOUR, LAST_HOUR = 7, 16
CHART_WIDTH, CHART_HEIGHT = 520, 190
BAR_TOP, BAR_FLOOR = 24, 160
ROOM_FOR_A_NUMBER = 36
_VIETNAMESE = str.maketrans(",.", ".,")


class Bar(Struct, frozen=True):
    """One hour of the chart, in the units of its viewBox."""

    hour: int
    n: int
    x: float
    width: float
    y: float
    height: float
    shows_n: bool
    shows_hour: bool

    @property
    def middle(self) -> float:
        """Where its labels stand."""
        return self.x + self.width / 2


def register(app: Flask) -> None:
    """Make the figures available to the templates."""
    app.jinja_env.filters.update(
        number=number,
        share=share,
        wait=wait,
        age=age,
        clock=clock,
        value=value,
        change=change,
        decimal=decimal,
        brief=brief,
        aim=aim,
    )


def number(n: int) -> str:
    """A whole number with its thousands apart."""
    written = f"{n:,}"
    return written.replace(",", ".") if g.language == "vi" else written


def share(part: int, whole: int) -> str:
    """A share in percent with one decimal; a dash where there is nothing to share."""
    if not whole:
        return "–"
    written = f"{100 * part / whole:.1f} %"
    return written.replace(".", ",") if g.language == "vi" else written


def wait(minutes: float) -> str:
    """A wait in whole minutes; beyond the histogram's last edge nothing more is known."""
    if minutes < 1:
        return "< 1"
    if minutes >= EDGES_MIN[-1]:
        return f"{EDGES_MIN[-1]}+"
    return str(round(minutes))


def decimal(value: float, places: int = 1) -> str:
    """A number with its decimals; a comma before them in Vietnamese."""
    written = f"{value:,.{places}f}"
    return written.translate(_VIETNAMESE) if g.language == "vi" else written


def value(value: float | None, unit: Unit) -> str:
    """The value of an indicator in its unit; a dash where there is none."""
    if value is None:
        return "–"
    match unit:
        case Unit.COUNT:
            return number(int(value))
        case Unit.SHARE:
            return f"{decimal(100 * value)} %"
        case Unit.MINUTES:
            return translations(g.language, "cloud").gettext("{n} phút").format(n=wait(value))
        case Unit.SCORE:
            return f"{decimal(value)} / 5"


def brief(value_: float | None, unit: Unit) -> str:
    """The same in a narrow column, whose head says the unit."""
    if value_ is None:
        return "–"
    match unit:
        case Unit.MINUTES:
            return wait(value_)
        case Unit.SCORE:
            return decimal(value_)
        case _:
            return value(value_, unit)


def plain(number_: float) -> str:
    """A number below a thousand with the decimals that it has, at most two."""
    written = decimal(number_, 2)
    return written.rstrip("0").rstrip(",.")


def aim(target: float, unit: Unit) -> str:
    """A target, without decimals that nobody set."""
    match unit:
        case Unit.SHARE:
            return f"{plain(100 * target)} %"
        case Unit.MINUTES:
            return translations(g.language, "cloud").gettext("{n} phút").format(n=plain(target))
        case Unit.SCORE:
            return f"{plain(target)} / 5"
        case Unit.COUNT:
            return value(target, unit)


def change(change: float | None, unit: Unit) -> str:
    """By how much an indicator changed, with its sign; empty where there is nothing to compare."""
    if change is None:
        return ""
    text = translations(g.language, "cloud")
    sign = "+" if change > 0 else "−" if change < 0 else "±"
    match unit:
        case Unit.COUNT:
            return f"{sign}{decimal(abs(100 * change))} %"
        case Unit.SHARE:
            return text.gettext("{n} điểm %").format(n=f"{sign}{decimal(abs(100 * change))}")
        case Unit.MINUTES:
            return text.gettext("{n} phút").format(n=f"{sign}{decimal(abs(change))}")
        case Unit.SCORE:
            return f"{sign}{decimal(abs(change), 2)}"


def clock(at_ms: int) -> str:
    """The time of day; with the date where it is not today."""
    moment = local_time(at_ms, TIME_ZONE)
    today = datetime.now(ZoneInfo(TIME_ZONE)).date()
    return f"{moment:%H:%M}" if moment.date() == today else f"{moment:%H:%M %d/%m}"


def age(at_ms: int) -> str:
    """How long ago that was, in words."""
    text = translations(g.language, "cloud")
    seconds = max(0, int(time.time() - at_ms / 1000))
    if seconds < 10:
        return text.gettext("vừa xong")
    if seconds < 60:
        return text.gettext("{n} giây trước").format(n=seconds // 10 * 10)
    if seconds < 3600:
        return text.gettext("{n} phút trước").format(n=seconds // 60)
    return text.gettext("lúc {time}").format(time=clock(at_ms))


def hour_bars(by_hour: tuple[int, ...]) -> tuple[Bar, ...]:
    """The bars of a chart ``CHART_WIDTH`` × ``CHART_HEIGHT``: working hours always, others where they have tickets."""
    busy = [hour for hour, n in enumerate(by_hour) if n]
    first, last = min([FIRST_HOUR, *busy]), max([LAST_HOUR, *busy])
    most = max([*by_hour, 1])
    step = CHART_WIDTH / (last - first + 1)
    room = step >= ROOM_FOR_A_NUMBER
    bars = []
    for hour in range(first, last + 1):
        x, height = (hour - first + 0.1) * step, (BAR_FLOOR - BAR_TOP) * by_hour[hour] / most
        shows_n = room or by_hour[hour] == most
        shows_hour = room or hour % 3 == 0
        bars.append(Bar(hour, by_hour[hour], x, 0.8 * step, BAR_FLOOR - height, height, shows_n, shows_hour))
    return tuple(bars)
