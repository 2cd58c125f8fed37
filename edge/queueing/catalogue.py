"""What a catalogue must keep to before the hub adopts it."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
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
from edge.contracts.hall import MediumKind
from edge.contracts.tiles import ICONS
from edge.queueing.catalogue_faults import (
    ID,
    CatalogueError,
    Fault,
    Place,
    all_worded,
    bounded,
    count,
    distinct,
    fits,
    repeated,
    span,
    within,
    worded,
)
from edge.queueing.hall_checks import hall_faults
from edge.queueing.kiosk_checks import kiosk_faults
from edge.queueing.payment_checks import payment_faults
from edge.queueing.slip_checks import slip_faults

MAX_GROUPS = 40
MAX_PERIODS = 28
MAX_SPECIAL_DAYS = 400
MAX_STEPS = 8
MAX_COUNTER_NUMBER = 999
MAX_LAST_TICKET_MIN = 720
MAX_PLANNED_MIN = 240

_PREFIX = re.compile(r"[A-Z]{1,2}")
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_DATE = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}")

_POLICY_BOUNDS = {
    "priority_weight": (1, 20),
    "ratio_priority": (1, 9),
    "ratio_normal": (1, 9),
    "starvation_min": (10, 600),
    "no_show_grace_min": (0, 240),
    "early_min": (0, 720),
}


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
    yield from count("groups", len(catalogue.groups), MAX_GROUPS)
    yield from count("services", len(catalogue.services), MAX_SERVICES)
    yield from count("counters", len(catalogue.counters), MAX_COUNTERS)
    yield from distinct("groups", "id", [group.id for group in catalogue.groups])
    yield from distinct("services", "id", [service.id for service in catalogue.services])
    yield from distinct("services", "prefix", [service.prefix for service in catalogue.services])
    yield from distinct("counters", "id", [counter.id for counter in catalogue.counters])
    yield from distinct("counters", "number", [str(counter.number) for counter in catalogue.counters])
    for group in catalogue.groups:
        yield from fits(ID, group.id, Place("group", group.id, "id"), Fault.ID)
        yield from all_worded("group", group.id, name=group.name, name_en=group.name_en)
    for service in catalogue.services:
        yield from _service(catalogue, service)
    for counter in catalogue.counters:
        yield from _counter(catalogue, counter)
    yield from hall_faults(catalogue)
    yield from slip_faults(catalogue.slip)
    yield from kiosk_faults(catalogue.kiosk)
    yield from payment_faults(catalogue.payment)


def _facility(catalogue: Catalogue) -> Iterator[CatalogueError]:
    facility = catalogue.facility
    yield from all_worded("facility", "", name=facility.name, name_en=facility.name_en)
    for field in ("department", "ward", "district", "province"):
        yield from worded(Place("facility", "", field), getattr(facility, field), least=0)
    try:
        ZoneInfo(facility.time_zone)
    except (KeyError, ValueError, OSError):  # OSError: the name of a folder of the time zone files
        yield CatalogueError(Place("facility", "", "time_zone"), Fault.TIME_ZONE, value=facility.time_zone)
    pictures = {medium.id for medium in catalogue.media if medium.kind is MediumKind.PICTURE}
    if facility.logo and facility.logo not in pictures:
        yield CatalogueError(Place("facility", "", "logo"), Fault.PICTURE, value=facility.logo)


def _special_days(days: Sequence[SpecialDay]) -> Iterator[CatalogueError]:
    yield from count("special_days", len(days), MAX_SPECIAL_DAYS, least=0)
    yield from distinct("special_days", "date", [day.date for day in days])
    for day in days:
        if not _exists(day.date):
            yield CatalogueError(Place("special_day", day.date, "date"), Fault.DATE, value=day.date)
        yield from all_worded("special_day", day.date, name=day.name, name_en=day.name_en)
        place = Place("special_day", day.date, "periods")
        yield from bounded(place, len(day.periods), MAX_PERIODS)
        wrong = [error for opens, closes in day.periods for error in span(place, opens, closes)]
        yield from wrong or _overlaps(place, day.periods)


def _policy(policy: Policy) -> Iterator[CatalogueError]:
    for field, (least, most) in _POLICY_BOUNDS.items():
        yield from within(Place("policy", "", field), getattr(policy, field), least, most)


def _service(catalogue: Catalogue, service: Service) -> Iterator[CatalogueError]:
    def at(field: str) -> Place:
        return Place("service", service.id, field)

    yield from fits(ID, service.id, at("id"), Fault.ID)
    yield from all_worded("service", service.id, name=service.name, name_en=service.name_en)
    yield from fits(_PREFIX, service.prefix, at("prefix"), Fault.PREFIX)
    yield from fits(_COLOUR, service.colour, at("colour"), Fault.COLOUR)
    if service.icon and service.icon not in ICONS:
        yield CatalogueError(at("icon"), Fault.ICON, value=service.icon)
    yield from worded(at("code"), service.code, least=0, most=6)
    if service.group not in {group.id for group in catalogue.groups}:
        yield CatalogueError(at("group"), Fault.GROUP, value=service.group)
    if not 1 <= service.first_number <= service.last_number <= LAST_NUMBER:
        yield CatalogueError(
            at("first_number"), Fault.NUMBERS, first=service.first_number, last=service.last_number, most=LAST_NUMBER
        )
    yield from within(at("last_ticket_min"), service.last_ticket_min, 0, MAX_LAST_TICKET_MIN)
    yield from within(at("planned_min"), service.planned_min, 1, MAX_PLANNED_MIN)
    yield from _hours("service", service.id, "hours", service.hours)
    if service.active and not catalogue.counters_for(service.id):
        yield CatalogueError(at("counters"), Fault.UNSERVED)
    yield from _route(catalogue, service)


def _route(catalogue: Catalogue, service: Service) -> Iterator[CatalogueError]:
    place = Place("service", service.id, "route")
    yield from bounded(place, len(service.route), MAX_STEPS)
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

    yield from fits(ID, counter.id, at("id"), Fault.ID)
    yield from within(at("number"), counter.number, 1, MAX_COUNTER_NUMBER)
    yield from worded(at("room"), counter.room, least=0)
    yield from worded(at("zone"), counter.zone, least=0)
    known = {service.id for service in catalogue.services}
    for service in sorted(set(counter.services) - known):
        yield CatalogueError(at("services"), Fault.SERVICE, value=service)
    yield from repeated(at("services"), counter.services)


def _hours(kind: str, thing: str, field: str, periods: Sequence[OpeningPeriod]) -> Iterator[CatalogueError]:
    place = Place(kind, thing, field)
    yield from bounded(place, len(periods), MAX_PERIODS)
    sound = []
    for period in periods:
        days = period.weekdays
        if not days or not set(days) <= set(range(7)) or len(set(days)) < len(days):
            yield CatalogueError(place, Fault.WEEKDAYS)
        wrong = list(span(place, period.opens, period.closes))
        yield from wrong
        if not wrong:
            sound.append(period)
    for weekday in range(7):
        overlaps = list(_overlaps(place, [(p.opens, p.closes) for p in sound if weekday in p.weekdays]))
        if overlaps:
            yield from overlaps
            return  # the same periods stand on other weekdays too


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
