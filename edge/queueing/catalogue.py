"""What a catalogue must keep to before the hub adopts it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from enum import Enum
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from edge.contracts.catalogue import (
    LAST_NUMBER,
    MAX_COUNTERS,
    MAX_SERVICES,
    Catalogue,
    Counter,
    OpeningPeriod,
    Policy,
    Service,
    SpecialDay,
)
from edge.contracts.tiles import ICONS

MAX_GROUPS = 40
MAX_PERIODS = 28
MAX_SPECIAL_DAYS = 400
MAX_STEPS = 8
MAX_TEXT = 80
MAX_COUNTER_NUMBER = 999
MAX_LAST_TICKET_MIN = 720
MAX_PLANNED_MIN = 240

_ID = re.compile(r"[a-z0-9-]{1,40}")
_PREFIX = re.compile(r"[A-Z]{1,2}")
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_CLOSING = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00")
_DATE = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}")

_POLICY_BOUNDS = {
    "priority_weight": (1, 20),
    "ratio_priority": (1, 9),
    "ratio_normal": (1, 9),
    "starvation_min": (10, 600),
    "no_show_grace_min": (0, 240),
    "early_min": (0, 720),
}


class Fault(Enum):
    """What is wrong; the value is the English sentence with places for ``CatalogueError.values``.

    The Vietnamese ones stand in ``edge.queueing.catalogue_words``.
    """

    COUNT = "{least} to {most} are expected, there are {there}"
    TWICE = "{value!r} stands twice"
    ID = "it is {value!r}; 1 to 40 small letters, digits and hyphens are expected"
    TEXT = "it has {there} letters; {least} to {most} that can be printed are expected"
    PREFIX = "it is {value!r}; one or two capital letters are expected"
    COLOUR = "it is {value!r}; a form such as #0b6e6e is expected"
    ICON = "it is {value!r}; the name of a picture of the brand is expected"
    RANGE = "it is {value}; {least} to {most} is expected"
    NUMBERS = "the first is {first} and the last {last}; 1 ≤ first ≤ last ≤ {most} is expected"
    TIME = "a time is {value!r}; a form such as 07:30 is expected"
    WEEKDAYS = "weekdays are 0 (Monday) to 6 (Sunday), each once and at least one"
    ORDER = "{opens}–{closes} closes before it opens; hours that pass midnight are two periods"
    OVERLAP = "{first} and {second} overlap"
    DATE = "it is {value!r}; a date that exists, such as 2027-02-06, is expected"
    GROUP = "there is no group {value!r}"
    SERVICE = "there is no service {value!r}"
    INACTIVE = "service {value!r} gives no numbers at present"
    REPEATED = "service {value!r} follows itself"
    UNSERVED = "no counter serves it"
    TIME_ZONE = "it is {value!r}; a name such as Asia/Ho_Chi_Minh is expected"


class Place(NamedTuple):
    """Where in a catalogue: the kind of thing as the catalogue's key has it, its id or date, and the field of it."""

    kind: str
    id: str
    field: str

    def __str__(self) -> str:
        thing = f"{self.kind} {self.id!r}" if self.id else self.kind
        return f"{thing}: {self.field}" if self.field else thing


class CatalogueError(Exception):
    """The catalogue contradicts itself; the text says where and what is expected."""

    def __init__(self, place: Place, fault: Fault, **values: str | float) -> None:
        super().__init__(f"{place}: {fault.value.format(**values)}")
        self.place = place
        self.fault = fault
        self.values = values


def check(catalogue: Catalogue) -> None:
    """Raise CatalogueError where the catalogue cannot be worked by."""
    for error in faults(catalogue):
        raise error


def faults(catalogue: Catalogue) -> Iterator[CatalogueError]:
    """Everything for which the catalogue cannot be worked by, in the order of its parts; nothing where it is sound."""
    yield from _facility(catalogue)
    yield from _hours("hours", "", "", catalogue.hours)
    yield from _special_days(catalogue.special_days)
    yield from _policy(catalogue.policy)
    yield from _count("groups", len(catalogue.groups), MAX_GROUPS)
    yield from _count("services", len(catalogue.services), MAX_SERVICES)
    yield from _count("counters", len(catalogue.counters), MAX_COUNTERS)
    yield from _distinct("groups", "id", [group.id for group in catalogue.groups])
    yield from _distinct("services", "id", [service.id for service in catalogue.services])
    yield from _distinct("services", "prefix", [service.prefix for service in catalogue.services])
    yield from _distinct("counters", "id", [counter.id for counter in catalogue.counters])
    yield from _distinct("counters", "number", [str(counter.number) for counter in catalogue.counters])
    for group in catalogue.groups:
        yield from _fits(_ID, group.id, Place("group", group.id, "id"), Fault.ID)
        yield from _texts("group", group.id, name=group.name, name_en=group.name_en)
    for service in catalogue.services:
        yield from _service(catalogue, service)
    for counter in catalogue.counters:
        yield from _counter(catalogue, counter)


def _facility(catalogue: Catalogue) -> Iterator[CatalogueError]:
    facility = catalogue.facility
    yield from _texts("facility", "", name=facility.name, name_en=facility.name_en)
    for field in ("department", "ward", "district", "province"):
        yield from _text(Place("facility", "", field), getattr(facility, field), least=0)
    try:
        ZoneInfo(facility.time_zone)
    except (KeyError, ValueError, OSError):  # OSError: the name of a folder of the time zone files
        yield CatalogueError(Place("facility", "", "time_zone"), Fault.TIME_ZONE, value=facility.time_zone)


def _special_days(days: Sequence[SpecialDay]) -> Iterator[CatalogueError]:
    yield from _count("special_days", len(days), MAX_SPECIAL_DAYS, least=0)
    yield from _distinct("special_days", "date", [day.date for day in days])
    for day in days:
        if not _exists(day.date):
            yield CatalogueError(Place("special_day", day.date, "date"), Fault.DATE, value=day.date)
        yield from _texts("special_day", day.date, name=day.name, name_en=day.name_en)
        place = Place("special_day", day.date, "periods")
        yield from _bounded(place, len(day.periods), MAX_PERIODS)
        wrong = [error for opens, closes in day.periods for error in _span(place, opens, closes)]
        yield from wrong or _overlaps(place, day.periods)


def _policy(policy: Policy) -> Iterator[CatalogueError]:
    for field, (least, most) in _POLICY_BOUNDS.items():
        yield from _within(Place("policy", "", field), getattr(policy, field), least, most)


def _service(catalogue: Catalogue, service: Service) -> Iterator[CatalogueError]:
    def at(field: str) -> Place:
        return Place("service", service.id, field)

    yield from _fits(_ID, service.id, at("id"), Fault.ID)
    yield from _texts("service", service.id, name=service.name, name_en=service.name_en)
    yield from _fits(_PREFIX, service.prefix, at("prefix"), Fault.PREFIX)
    yield from _fits(_COLOUR, service.colour, at("colour"), Fault.COLOUR)
    if service.icon and service.icon not in ICONS:
        yield CatalogueError(at("icon"), Fault.ICON, value=service.icon)
    yield from _text(at("code"), service.code, least=0, most=6)
    if service.group not in {group.id for group in catalogue.groups}:
        yield CatalogueError(at("group"), Fault.GROUP, value=service.group)
    if not 1 <= service.first_number <= service.last_number <= LAST_NUMBER:
        yield CatalogueError(
            at("first_number"), Fault.NUMBERS, first=service.first_number, last=service.last_number, most=LAST_NUMBER
        )
    yield from _within(at("last_ticket_min"), service.last_ticket_min, 0, MAX_LAST_TICKET_MIN)
    yield from _within(at("planned_min"), service.planned_min, 1, MAX_PLANNED_MIN)
    yield from _hours("service", service.id, "hours", service.hours)
    if service.active and not catalogue.counters_for(service.id):
        yield CatalogueError(at("counters"), Fault.UNSERVED)
    yield from _route(catalogue, service)


def _route(catalogue: Catalogue, service: Service) -> Iterator[CatalogueError]:
    place = Place("service", service.id, "route")
    yield from _bounded(place, len(service.route), MAX_STEPS)
    active = {other.id: other.active for other in catalogue.services}
    for before, step in zip((service.id, *service.route), service.route, strict=False):
        if step not in active:
            yield CatalogueError(place, Fault.SERVICE, value=step)
        elif not active[step]:
            yield CatalogueError(place, Fault.INACTIVE, value=step)
        if step == before:
            yield CatalogueError(place, Fault.REPEATED, value=step)


def _counter(catalogue: Catalogue, counter: Counter) -> Iterator[CatalogueError]:
    def at(field: str) -> Place:
        return Place("counter", counter.id, field)

    yield from _fits(_ID, counter.id, at("id"), Fault.ID)
    yield from _within(at("number"), counter.number, 1, MAX_COUNTER_NUMBER)
    yield from _text(at("room"), counter.room, least=0)
    yield from _text(at("zone"), counter.zone, least=0)
    known = {service.id for service in catalogue.services}
    for service in sorted(set(counter.services) - known):
        yield CatalogueError(at("services"), Fault.SERVICE, value=service)
    yield from _repeated(at("services"), counter.services)


def _hours(kind: str, thing: str, field: str, periods: Sequence[OpeningPeriod]) -> Iterator[CatalogueError]:
    place = Place(kind, thing, field)
    yield from _bounded(place, len(periods), MAX_PERIODS)
    sound = []
    for period in periods:
        days = period.weekdays
        if not days or not set(days) <= set(range(7)) or len(set(days)) < len(days):
            yield CatalogueError(place, Fault.WEEKDAYS)
        wrong = list(_span(place, period.opens, period.closes))
        yield from wrong
        if not wrong:
            sound.append(period)
    for weekday in range(7):
        overlaps = list(_overlaps(place, [(p.opens, p.closes) for p in sound if weekday in p.weekdays]))
        if overlaps:
            yield from overlaps
            return  # the same periods stand on other weekdays too


def _span(place: Place, opens: str, closes: str) -> Iterator[CatalogueError]:
    """The faults of one stretch of a day; times of one form compare as text."""
    wrong = [time for time, form in ((opens, _TIME), (closes, _CLOSING)) if not form.fullmatch(time)]
    for time in wrong:
        yield CatalogueError(place, Fault.TIME, value=time)
    if not wrong and opens >= closes:
        yield CatalogueError(place, Fault.ORDER, opens=opens, closes=closes)


def _overlaps(place: Place, spans: Sequence[tuple[str, str]]) -> Iterator[CatalogueError]:
    for first, second in pairwise(sorted(spans)):
        if second[0] < first[1]:
            yield CatalogueError(place, Fault.OVERLAP, first="–".join(first), second="–".join(second))


def _exists(day: str) -> bool:
    if not _DATE.fullmatch(day):
        return False
    try:
        date.fromisoformat(day)
    except ValueError:
        return False
    return True


def _texts(kind: str, thing: str, **texts: str) -> Iterator[CatalogueError]:
    for field, text in texts.items():
        yield from _text(Place(kind, thing, field), text, least=1)


def _text(place: Place, text: str, *, least: int, most: int = MAX_TEXT) -> Iterator[CatalogueError]:
    if not least <= len(text.strip()) <= len(text) <= most or not text.isprintable():
        yield CatalogueError(place, Fault.TEXT, there=len(text), least=least, most=most)


def _fits(pattern: re.Pattern[str], value: str, place: Place, fault: Fault) -> Iterator[CatalogueError]:
    if not pattern.fullmatch(value):
        yield CatalogueError(place, fault, value=value)


def _within(place: Place, value: float, least: int, most: int) -> Iterator[CatalogueError]:
    if not least <= value <= most:  # and so no NaN either
        yield CatalogueError(place, Fault.RANGE, value=value, least=least, most=most)


def _count(kind: str, there: int, most: int, *, least: int = 1) -> Iterator[CatalogueError]:
    yield from _bounded(Place(kind, "", ""), there, most, least=least)


def _bounded(place: Place, there: int, most: int, *, least: int = 0) -> Iterator[CatalogueError]:
    if not least <= there <= most:
        yield CatalogueError(place, Fault.COUNT, least=least, most=most, there=there)


def _distinct(kind: str, field: str, values: Sequence[str]) -> Iterator[CatalogueError]:
    yield from _repeated(Place(kind, "", field), values)


def _repeated(place: Place, values: Iterable[str]) -> Iterator[CatalogueError]:
    seen: set[str] = set()
    told: set[str] = set()
    for value in values:
        if value in seen and value not in told:
            told.add(value)
            yield CatalogueError(place, Fault.TWICE, value=value)
        seen.add(value)
