"""The facility, its services and its counters, as hub, kiosk, boards and cloud know them."""

from msgspec import Struct

MAX_SERVICES = 40  # K2: "tối đa lên tới 40 dịch vụ"
MAX_COUNTERS = 32  # T3: 4 columns by 8 rows


class Facility(Struct, frozen=True, forbid_unknown_fields=True):
    """The facility's names as they stand on every page and ticket (K5, B4, T11)."""

    name: str
    name_en: str
    department: str = ""
    ward: str = ""
    district: str = ""
    province: str = ""
    time_zone: str = "Asia/Ho_Chi_Minh"


class OpeningPeriod(Struct, frozen=True, forbid_unknown_fields=True):
    """One stretch of a working day, for display: local times as ``HH:MM``; weekdays 0 (Monday) to 6."""

    weekdays: tuple[int, ...]
    opens: str
    closes: str


class ServiceGroup(Struct, frozen=True, forbid_unknown_fields=True):
    """A module ("phân hệ") of the kiosk page (K3)."""

    id: str
    name: str
    name_en: str


class Service(Struct, frozen=True, forbid_unknown_fields=True):
    """What a patient takes a number for. ``prefix`` starts its numbers: prefix A gives A001."""

    id: str
    group: str
    prefix: str
    name: str
    name_en: str
    colour: str


class Counter(Struct, frozen=True, forbid_unknown_fields=True):
    """A place that serves patients; ``number`` is what is painted on the wall above it."""

    id: str
    number: int
    room: str
    services: tuple[str, ...]


class Catalogue(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that the hub serves from, in the order in which it is shown."""

    facility: Facility
    hours: tuple[OpeningPeriod, ...]
    groups: tuple[ServiceGroup, ...]
    services: tuple[Service, ...]
    counters: tuple[Counter, ...]

    def service(self, service_id: str) -> Service:
        """The service with this id. Raises KeyError where there is none."""
        for service in self.services:
            if service.id == service_id:
                return service
        raise KeyError(service_id)

    def counter(self, counter_id: str) -> Counter:
        """The counter with this id. Raises KeyError where there is none."""
        for counter in self.counters:
            if counter.id == counter_id:
                return counter
        raise KeyError(counter_id)

    def counters_for(self, service_id: str) -> tuple[Counter, ...]:
        """The counters that serve this service, in the catalogue's order."""
        return tuple(counter for counter in self.counters if service_id in counter.services)
