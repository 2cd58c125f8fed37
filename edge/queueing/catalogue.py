"""What a catalogue must keep to before the hub adopts it."""

import re
from zoneinfo import ZoneInfo

from edge.contracts.catalogue import MAX_COUNTERS, MAX_SERVICES, Catalogue

_ID = re.compile(r"[a-z0-9-]{1,40}")
_PREFIX = re.compile(r"[A-Z]{1,2}")
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


class CatalogueError(Exception):
    """The catalogue contradicts itself; the text says where and what is expected."""


def check(catalogue: Catalogue) -> None:
    """Raise CatalogueError where the catalogue cannot be worked by."""
    _distinct("group", [group.id for group in catalogue.groups])
    _distinct("service", [service.id for service in catalogue.services])
    _distinct("counter", [counter.id for counter in catalogue.counters])
    _distinct("prefix of a service", [service.prefix for service in catalogue.services])
    _distinct("number of a counter", [str(counter.number) for counter in catalogue.counters])
    if not 1 <= len(catalogue.services) <= MAX_SERVICES:
        raise CatalogueError(f"1 to {MAX_SERVICES} services are expected, there are {len(catalogue.services)}")
    if not 1 <= len(catalogue.counters) <= MAX_COUNTERS:
        raise CatalogueError(f"1 to {MAX_COUNTERS} counters are expected, there are {len(catalogue.counters)}")
    groups = {group.id for group in catalogue.groups}
    for service in catalogue.services:
        where = f"service {service.id!r}"
        _fits(_ID, service.id, f"{where}: the id", "small letters, digits and hyphens")
        _fits(_PREFIX, service.prefix, f"{where}: the prefix", "one or two capital letters")
        _fits(_COLOUR, service.colour, f"{where}: the colour", "a form such as #0b6e6e")
        if service.group not in groups:
            raise CatalogueError(f"{where}: there is no group {service.group!r}")
        if not catalogue.counters_for(service.id):
            raise CatalogueError(f"{where}: no counter serves it")
    services = {service.id for service in catalogue.services}
    for counter in catalogue.counters:
        where = f"counter {counter.id!r}"
        _fits(_ID, counter.id, f"{where}: the id", "small letters, digits and hyphens")
        unknown = set(counter.services) - services
        if unknown:
            raise CatalogueError(f"{where}: there is no service {sorted(unknown)[0]!r}")
    for period in catalogue.hours:
        for time in (period.opens, period.closes):
            _fits(_TIME, time, "hours: a time", "a form such as 07:30")
        if not set(period.weekdays) <= set(range(7)):
            raise CatalogueError("hours: weekdays are 0 (Monday) to 6 (Sunday)")
    try:
        ZoneInfo(catalogue.facility.time_zone)
    except (KeyError, ValueError) as error:
        raise CatalogueError("facility.time_zone: a name such as Asia/Ho_Chi_Minh is expected") from error


def _distinct(what: str, values: list[str]) -> None:
    for value in values:
        if values.count(value) > 1:
            raise CatalogueError(f"{what} {value!r} stands twice")


def _fits(pattern: re.Pattern[str], value: str, what: str, expected: str) -> None:
    if not pattern.fullmatch(value):
        raise CatalogueError(f"{what} is {value!r}; {expected} are expected")
