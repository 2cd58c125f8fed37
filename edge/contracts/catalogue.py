"""The facility, its services and its counters, as hub, kiosk, boards and cloud know them."""

from enum import Enum
from typing import Literal

from msgspec import Struct

from edge.contracts.hall import Medium, Phrase, Recording, Screen, TimedAnnouncement, Voice
from edge.contracts.kiosk import Kiosk
from edge.contracts.payment import Payment
from edge.contracts.slip import SlipTemplate

MAX_SERVICES = 40  # K2: "tối đa lên tới 40 dịch vụ"
MAX_COUNTERS = 32  # T3: 4 columns by 8 rows
LAST_NUMBER = 9999


class Facility(Struct, frozen=True, forbid_unknown_fields=True):
    """The facility's names as they stand on every page and ticket (K5, B4, T11).

    ``logo`` names a picture of the catalogue's media that stands with them, none: the product's own.
    """

    name: str
    name_en: str
    department: str = ""
    ward: str = ""
    district: str = ""
    province: str = ""
    time_zone: str = "Asia/Ho_Chi_Minh"
    logo: str = ""


class OpeningPeriod(Struct, frozen=True, forbid_unknown_fields=True):
    """One stretch of a working day: local times as ``HH:MM`` (``24:00`` ends a day); weekdays 0 (Monday) to 6.

    Lunch is the gap between two periods.
    """

    weekdays: tuple[int, ...]
    opens: str
    closes: str


class SpecialDay(Struct, frozen=True, forbid_unknown_fields=True):
    """A date (``YYYY-MM-DD``) with hours of its own: ``periods`` are (opens, closes); none means closed all day."""

    date: str
    name: str
    name_en: str
    periods: tuple[tuple[str, str], ...] = ()


class ServiceGroup(Struct, frozen=True, forbid_unknown_fields=True):
    """A module ("phân hệ") of the kiosk page (K3)."""

    id: str
    name: str
    name_en: str


class Service(Struct, frozen=True, forbid_unknown_fields=True):
    """What a patient takes a number for. ``prefix`` starts its numbers: prefix A gives A001.

    ``code`` is the short name on the tile, the prefix where it is empty; ``icon`` names a picture of the brand;
    ``first_number`` to ``last_number`` is the range of a day. ``hours`` empty means the facility's own;
    ``last_ticket_min`` is how many minutes before the last closing of the day the last number is given.
    ``planned_min`` is how long one person takes until the site has measured it. ``assigns_room``: the room is chosen
    when the number is given and printed on the ticket (K11). ``route`` names the services that follow, in order.
    A service that is not ``active`` gives no numbers; those who wait for it are still served. ``fees``: its counters
    take fees (D7).
    """

    id: str
    group: str
    prefix: str
    name: str
    name_en: str
    colour: str
    code: str = ""
    icon: str = ""
    size: Literal["normal", "wide", "large"] = "normal"
    first_number: int = 1
    last_number: int = LAST_NUMBER
    hours: tuple[OpeningPeriod, ...] = ()
    last_ticket_min: int = 0
    planned_min: int = 5
    assigns_room: bool = False
    route: tuple[str, ...] = ()
    active: bool = True
    fees: bool = False


class Counter(Struct, frozen=True, forbid_unknown_fields=True):
    """A place that serves patients; ``number`` is what is painted on the wall above it, ``zone`` the part of the
    house whose screens and loudspeakers tell of it (T5)."""

    id: str
    number: int
    room: str
    services: tuple[str, ...]
    zone: str = ""


class Discipline(Enum):
    """Who is next among those who are no emergency."""

    AGEING = "ageing"
    RATIO = "ratio"
    STRICT = "strict"
    FIRST_COME = "first-come"


class Policy(Struct, frozen=True, forbid_unknown_fields=True):
    """The rules that a facility may choose.

    Ageing: one minute of a person with legal priority counts as ``priority_weight`` minutes. Ratio:
    ``ratio_priority`` with priority, then ``ratio_normal`` without. ``starvation_min``: whoever waits longer raises an
    alarm. ``no_show_grace_min``: so long may somebody who missed the call come back to their place.
    ``transfer_keeps_place``: a transfer to another service keeps the place that the first arrival gave.
    ``early_min``: numbers are given this long before each opening.
    """

    discipline: Discipline = Discipline.AGEING
    priority_weight: float = 4.0
    ratio_priority: int = 2
    ratio_normal: int = 1
    starvation_min: int = 120
    no_show_grace_min: int = 30
    transfer_keeps_place: bool = True
    early_min: int = 60


class Catalogue(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that the hub serves from, in the order in which it is shown.

    ``hours`` empty means always open. ``public_holidays``: closed on Vietnam's public holidays, where no special day
    says otherwise. ``screens`` to ``announcements`` are what the hall shows and says (``edge.contracts.hall``); without
    any there is one screen "1" and one voice, by their defaults. ``payment`` is the account that fees are paid into; it
    stays in the building. ``version`` counts the editions from 1; 0 is the file that a new site begins with.
    """

    facility: Facility
    hours: tuple[OpeningPeriod, ...]
    groups: tuple[ServiceGroup, ...]
    services: tuple[Service, ...]
    counters: tuple[Counter, ...]
    special_days: tuple[SpecialDay, ...] = ()
    public_holidays: bool = True
    policy: Policy = Policy()
    screens: tuple[Screen, ...] = ()
    media: tuple[Medium, ...] = ()
    voices: tuple[Voice, ...] = ()
    phrases: tuple[Phrase, ...] = ()
    recordings: tuple[Recording, ...] = ()
    announcements: tuple[TimedAnnouncement, ...] = ()
    kiosk: Kiosk = Kiosk()
    slip: SlipTemplate = SlipTemplate()
    payment: Payment = Payment()
    version: int = 0

    @property
    def logo(self) -> Medium | None:
        """The picture that stands with the facility's name; None: the product's own."""
        return next((medium for medium in self.media if medium.id == self.facility.logo), None)

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
