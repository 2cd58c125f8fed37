"""What is to be spoken by itself, and when: announcements at preset times (S6). Pure."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from board_controller.signage import Notice
from edge.contracts.outlook import Hours
from edge.daemon.config import Section

LATE_MS = 120_000  # a machine that slept, or a clock that was set forward: what is older than this is left out
MINUTE_MS = 60_000

Weekday = Annotated[int, Meta(ge=0, le=6)]
TimeOfDay = Annotated[str, Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Spoken = Annotated[str, Meta(max_length=200)]


class TimedAnnouncement(Section, frozen=True):
    """What is spoken by itself (S6): at each time ``at`` of the facility's day, or so long before its last closing.

    Weekdays are 0 (Monday) to 6. A language without a text is left out.
    """

    text_vi: Spoken = ""
    text_en: Spoken = ""
    at: tuple[TimeOfDay, ...] = ()
    weekdays: tuple[Weekday, ...] = (0, 1, 2, 3, 4, 5, 6)
    before_closing_min: Annotated[int, Meta(ge=0, le=240)] = 0


class Schedule(Struct, frozen=True):
    """The announcements of one board controller, and up to which moment they have been spoken (0: it just began)."""

    announcements: tuple[TimedAnnouncement, ...] = ()
    upto_ms: int = 0


def take(schedule: Schedule, hours: Hours, time_zone: str, now_ms: int) -> tuple[Schedule, tuple[Notice, ...]]:
    """The schedule after this moment, and what has become due since it was last asked, eldest first.

    - ``hours`` are the facility's working hours as the hub gave them; ``now_ms`` is the hub's time.
    - Nothing is due on a day without working hours, nor on one that the hub has said nothing about; on a working day
      every time counts, so that people who wait before the opening can be told something, too.
    - ``before_closing_min`` counts from the day's last closing, not from lunch; where it is always open there is none.
    - A clock that is set back by less than ``LATE_MS`` says nothing twice.
    """
    since_ms = schedule.upto_ms if now_ms > schedule.upto_ms - LATE_MS else now_ms
    after_ms = max(since_ms, now_ms - LATE_MS)
    due = sorted(
        (at_ms, number)
        for number, said in enumerate(schedule.announcements)
        for at_ms in _moments(said, hours, ZoneInfo(time_zone), now_ms)
        if after_ms < at_ms <= now_ms
    )
    notices = tuple(_notice(schedule.announcements[number]) for _, number in due)
    return Schedule(schedule.announcements, max(since_ms, now_ms)), notices


def _notice(said: TimedAnnouncement) -> Notice:
    return Notice(said.text_vi, said.text_en)


def _moments(said: TimedAnnouncement, hours: Hours, zone: ZoneInfo, now_ms: int) -> Iterator[int]:
    days = _working_days(hours, zone, now_ms)
    for at in said.at:
        hour, minute = (int(part) for part in at.split(":"))
        for day in days:
            if day.weekday() in said.weekdays:
                yield _ms(datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone))
    if said.before_closing_min and hours.spans:
        closes_ms = hours.spans[-1][1]
        if _local(hours.spans[-1][0], zone).weekday() in said.weekdays:
            yield closes_ms - said.before_closing_min * MINUTE_MS


def _working_days(hours: Hours, zone: ZoneInfo, now_ms: int) -> Sequence[date]:
    """The local dates that are now or were within ``LATE_MS``, of those on which the facility is known to work."""
    recent = {_local(at_ms, zone).date() for at_ms in (now_ms - LATE_MS, now_ms)}
    if hours.always:
        return sorted(recent)
    return sorted(recent & {_local(opens_ms, zone).date() for opens_ms, _ in hours.spans})


def _local(at_ms: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone)


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
