"""The business day, the working hours, and whether the clock that tells them can be believed."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from edge.contracts.catalogue import Catalogue, OpeningPeriod, Service
from edge.contracts.outlook import Hours
from edge.queueing.public_holidays import public_holidays

# A Pi has no clock battery. Nothing of this product existed before, and nobody looks after a site for longer than this.
EARLIEST = datetime(2026, 11, 1, tzinfo=UTC)
LATEST = datetime(2046, 1, 1, tzinfo=UTC)
MOST_BACK = timedelta(hours=2)
MOST_FORWARD = timedelta(days=120)

# Hours are looked at this far ahead for the next opening: longer than Tết with its days in lieu.
LOOK_AHEAD_DAYS = 30
_KEPT_DAYS = 64
_MINUTES_A_DAY = 1440
_DAY = timedelta(days=1)

Span = tuple[int, int]
Spans = tuple[Span, ...]
ALWAYS: Spans = ((0, 4_000_000_000_000),)  # the moments of edge.contracts.commands


def business_day(at_ms: int, time_zone: str) -> str:
    """The site's own date at this moment, ``YYYY-MM-DD``; numbers restart with it.

    >>> business_day(1_795_388_400_000, "Asia/Ho_Chi_Minh"), business_day(1_795_388_400_000, "UTC")
    ('2026-11-23', '2026-11-22')
    """
    return datetime.fromtimestamp(at_ms / 1000, ZoneInfo(time_zone)).date().isoformat()


def clock_is_plausible(at_ms: int, last_ms: int) -> bool:
    """Whether a clock that reads ``at_ms`` can be believed after a journal that ends at ``last_ms`` (0: empty).

    A small step back is a clock being set: the journal's time then stands still until it is caught up. A large one
    either way is a clock that was never set, and a day opened by it could not be closed again.
    """
    if not EARLIEST.timestamp() * 1000 <= at_ms < LATEST.timestamp() * 1000:
        return False
    if not last_ms:
        return True
    step = timedelta(milliseconds=at_ms - last_ms)
    return -MOST_BACK <= step <= MOST_FORWARD


class _Opening(NamedTuple):
    """One local date of the facility or of a service: when it works, when it gives numbers, why it is closed."""

    spans: Spans
    tickets: Spans
    holiday: str = ""
    holiday_en: str = ""


class _Date(NamedTuple):
    """A local date and the moments between which it lies."""

    day: date
    begins_ms: int
    ends_ms: int


class Calendar:
    """The working hours of one catalogue as moments; what was worked out is kept by local date.

    - A service's own hours take the place of the facility's.
    - Hours that are empty are always; a service that works 0:00–24:00 on all seven days does so on holidays too.
    - On a public holiday everything else is closed. A special day comes before a public holiday and before the week:
      its periods are those of every service, cut to the service's own hours where it has such on that weekday.
    - Numbers are given from ``early_min`` before each opening, never before midnight, until the closing; on the last
      closing of the day until ``last_ticket_min`` before it. So a long lunch has a pause in giving numbers too.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._zone = ZoneInfo(catalogue.facility.time_zone)
        self._services = {service.id: service for service in catalogue.services}
        self._special = {day.date: day for day in catalogue.special_days}
        self._today = _Date(date.min, 0, 0)
        self._openings: dict[tuple[str, date], _Opening] = {}
        self._today_only: dict[str, Spans] = {}
        self._numbers_today: dict[str, Spans] = {}

    def hours(self, at_ms: int) -> Hours:
        """The facility's working hours on the local date of this moment, and its next opening after that date's."""
        today = self._date(at_ms)
        if self._always("", today.day):
            return Hours(always=True)
        opening = self._opening("", today.day)
        return Hours(
            spans=opening.spans,
            next_opens_ms=self._opens_after(today.day),
            holiday=opening.holiday,
            holiday_en=opening.holiday_en,
        )

    def spans_today(self, service_id: str, at_ms: int) -> Spans:
        """When the counters work for a service on the local date of this moment; ``ALWAYS`` where no hour limits it."""
        day = self._date(at_ms).day
        spans = self._today_only.get(service_id)
        if spans is None:
            spans = ALWAYS if self._always(service_id, day) else self._opening(service_id, day).spans
            self._today_only[service_id] = spans
        return spans

    def open_at(self, service_id: str, at_ms: int) -> bool:
        """Whether the counters work for a service at this moment."""
        return any(opens <= at_ms < closes for opens, closes in self.spans_today(service_id, at_ms))

    def ticket_windows(self, service_id: str, at_ms: int) -> Spans:
        """The (from, until) between which numbers are given for a service on the local date of this moment."""
        day = self._date(at_ms).day
        windows = self._numbers_today.get(service_id)
        if windows is None:
            always = self.always_gives_numbers(service_id, at_ms)
            windows = ALWAYS if always else self._opening(service_id, day).tickets
            self._numbers_today[service_id] = windows
        return windows

    def always_gives_numbers(self, service_id: str, at_ms: int) -> bool:
        """Whether no hour of this date limits the numbers of a service."""
        return self._services[service_id].active and self._always(service_id, self._date(at_ms).day)

    def gives_numbers_at(self, service_id: str, at_ms: int) -> bool:
        """Whether a number for a service can be had at this moment."""
        return any(begins <= at_ms < ends for begins, ends in self.ticket_windows(service_id, at_ms))

    def next_numbers_ms(self, service_id: str, at_ms: int) -> int:
        """When the next time of giving numbers for a service begins, milliseconds since 1970 UTC; 0 where none does
        within ``LOOK_AHEAD_DAYS``."""
        today = self._date(at_ms).day
        for ahead in range(LOOK_AHEAD_DAYS + 1):
            day = today + ahead * _DAY
            if self._services[service_id].active and self._always(service_id, day):
                begin = [self._moment(day, 0)]
            else:
                begin = [begins for begins, _ in self._opening(service_id, day).tickets]
            for begins in begin:
                if begins > at_ms:
                    return begins
        return 0

    def _date(self, at_ms: int) -> _Date:
        today = self._today
        if not today.begins_ms <= at_ms < today.ends_ms:
            day = datetime.fromtimestamp(at_ms / 1000, self._zone).date()
            today = self._today = _Date(day, self._moment(day, 0), self._moment(day, _MINUTES_A_DAY))
            self._today_only.clear()
            self._numbers_today.clear()
        return today

    def _always(self, service_id: str, day: date) -> bool:
        own = self._services[service_id].hours if service_id else ()
        if own:
            return _never_closes(own)
        if day.isoformat() in self._special:
            return False
        hours = self._catalogue.hours
        return not hours or _never_closes(hours)

    def _opens_after(self, day: date) -> int:
        """The facility's first opening after this date, 0 where none is known."""
        for ahead in range(1, LOOK_AHEAD_DAYS + 1):
            then = day + ahead * _DAY
            if self._always("", then):
                return self._moment(then, 0)
            if spans := self._opening("", then).spans:
                return spans[0][0]
        return 0

    def _opening(self, service_id: str, day: date) -> _Opening:
        """The hours of a service, of the facility where ``service_id`` is empty, on a date that has a closing."""
        key = (service_id, day)
        found = self._openings.get(key)
        if found is None:
            if len(self._openings) > _KEPT_DAYS * (1 + len(self._services)):
                self._openings.clear()
            found = self._openings[key] = self._worked_out(service_id, day)
        return found

    def _worked_out(self, service_id: str, day: date) -> _Opening:
        service = self._services[service_id] if service_id else None
        own = service.hours if service else ()
        week = own or self._catalogue.hours
        minutes = _on(week, day) if week else ((0, _MINUTES_A_DAY),)
        special = self._special.get(day.isoformat())
        names = ("", "")
        if special is not None:
            periods = tuple(sorted((_minute(opens), _minute(closes)) for opens, closes in special.periods))
            minutes = _shared(periods, minutes) if own and minutes else periods
            names = (special.name, special.name_en)
        elif week and self._catalogue.public_holidays and (holiday := public_holidays(day.year).get(day)):
            minutes, names = (), holiday
        spans = self._moments(day, minutes)
        return _Opening(spans, self._tickets(service, day, minutes), *(("", "") if spans else names))

    def _tickets(self, service: Service | None, day: date, minutes: Spans) -> Spans:
        if service is None or not service.active or not minutes:
            return ()
        early = self._catalogue.policy.early_min
        last = minutes[-1][1] - service.last_ticket_min
        return self._moments(day, tuple((max(0, opens - early), min(closes, last)) for opens, closes in minutes))

    def _moments(self, day: date, minutes: Spans) -> Spans:
        """Spans of local minutes as moments, in order, without overlap; a change of the clock can empty one."""
        spans: list[Span] = []
        for first, last in minutes:
            begins, ends = self._moment(day, first), self._moment(day, last)
            if spans and begins <= spans[-1][1]:
                begins, ends = spans[-1][0], max(spans.pop()[1], ends)
            if begins < ends:
                spans.append((begins, ends))
        return tuple(spans)

    def _moment(self, day: date, minute: int) -> int:
        midnight = datetime.combine(day + minute // _MINUTES_A_DAY * _DAY, time(), self._zone)
        local = midnight + timedelta(minutes=minute % _MINUTES_A_DAY)
        return int(local.timestamp()) * 1000


def _never_closes(week: Sequence[OpeningPeriod]) -> bool:
    return {
        day for period in week if (period.opens, period.closes) == ("00:00", "24:00") for day in period.weekdays
    } == set(range(7))


def _on(week: Sequence[OpeningPeriod], day: date) -> Spans:
    """The hours of a weekday in minutes after midnight, in order."""
    return tuple(
        sorted((_minute(period.opens), _minute(period.closes)) for period in week if day.weekday() in period.weekdays)
    )


def _shared(periods: Spans, others: Spans) -> Spans:
    both = ((max(a, c), min(b, d)) for a, b in periods for c, d in others)
    return tuple((begins, ends) for begins, ends in both if begins < ends)


def _minute(clock: str) -> int:
    hour, minute = clock.split(":")
    return 60 * int(hour) + int(minute)
