"""What is to be spoken by itself, and when: the catalogue's announcements (S6). Pure."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from board_controller.signage import Notice
from edge.contracts.hall import Occasion, TimedAnnouncement
from edge.contracts.outlook import Hours, Outlook

LATE_MS = 120_000  # a machine that slept, or a clock that was set forward: what is older than this is left out
MINUTE_MS = 60_000
REMEMBERED = 2_000  # of what was told: more than a day has, every five minutes, whatever the clock does


class Schedule(Struct, frozen=True):
    """The catalogue's announcements, and what has been told of them: (id, moment) each, in milliseconds since 1970 UTC,
    the latest at the end."""

    announcements: tuple[TimedAnnouncement, ...] = ()
    told: tuple[tuple[str, int], ...] = ()


def take(schedule: Schedule, outlook: Outlook, time_zone: str, now_ms: int) -> tuple[Schedule, tuple[Notice, ...]]:
    """The schedule after this moment, and what is due, eldest first; ``now_ms`` is the hub's time.

    - Nothing is due on a day without working hours, nor on one that the hub has said nothing about; on a working day
      every time counts, so that people who wait before the opening can be told something, too.
    - An occasion is the facility's: its first opening, its first closing with another opening after it, its last
      closing, and the last moment at which any service gives a number (one that always gives numbers aside).
    - What became due more than ``LATE_MS`` ago is left out. What was told is not told again, wherever the clock is set.
    """
    zone = ZoneInfo(time_zone)
    told = set(schedule.told)
    due = sorted(
        (at_ms, number)
        for number, said in enumerate(schedule.announcements)
        for at_ms in {*_moments(said, outlook, zone, now_ms)}
        if now_ms - LATE_MS < at_ms <= now_ms and (said.id, at_ms) not in told
    )
    found = [(schedule.announcements[number], at_ms) for at_ms, number in due]
    remembered = (*schedule.told, *((said.id, at_ms) for said, at_ms in found))[-REMEMBERED:]
    return replace(schedule, told=remembered), tuple(_notice(said) for said, _ in found)


def _notice(said: TimedAnnouncement) -> Notice:
    return Notice(said.text_vi, said.text_en, said.zones, said.sound, said.on_screen)


def _moments(said: TimedAnnouncement, outlook: Outlook, zone: ZoneInfo, now_ms: int) -> Iterator[int]:
    """Its moments of the last ``LATE_MS``, and perhaps others."""
    hours = outlook.hours
    if said.occasion is not Occasion.NONE:
        at_ms = _occasion_ms(said.occasion, outlook)
        if at_ms is not None and _local(at_ms, zone).weekday() in said.weekdays:
            yield at_ms - said.before_min * MINUTE_MS
        return
    minute_ms = now_ms - now_ms % MINUTE_MS
    for at_ms in range(minute_ms, now_ms - LATE_MS, -MINUTE_MS):
        local = _local(at_ms, zone)
        works = hours.always or local.date() in _working_days(hours, zone)
        if works and local.weekday() in said.weekdays and _is_time(said, local):
            yield at_ms


def _is_time(said: TimedAnnouncement, local: datetime) -> bool:
    """Whether this local minute is one of its times; an hour that the clocks repeat counts once."""
    time = f"{local:%H:%M}"
    if local.fold:
        return False
    if not said.every_min:
        return time in said.at
    since = _minute(said.since)
    return said.since <= time <= said.until and (_minute(time) - since) % said.every_min == 0


def _minute(time: str) -> int:
    hour, minute = time.split(":")
    return 60 * int(hour) + int(minute)


def _occasion_ms(occasion: Occasion, outlook: Outlook) -> int | None:
    """When it is today; None where it is not."""
    spans = outlook.hours.spans
    match occasion:
        case Occasion.OPENING:
            return spans[0][0] if spans else None
        case Occasion.LUNCH:
            return spans[0][1] if len(spans) > 1 else None
        case Occasion.CLOSING:
            return spans[-1][1] if spans else None
        case _:
            ends = [until for service in outlook.services.values() for _, until in service.tickets]
            return max(ends, default=None)


def _working_days(hours: Hours, zone: ZoneInfo) -> set[date]:
    """The local dates on which the facility is known to work."""
    return {_local(opens_ms, zone).date() for opens_ms, _ in hours.spans}


def _local(at_ms: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone)
