"""What the hub expects: opening times, waiting times, who is next, and what staff should look at.

Made anew by the hub whenever something happens and at least every minute, and sent to kiosks and boards between the
journal's entries: it is no truth of its own, nobody stores it, and a client that lost its link goes on with the last.
"""

from collections.abc import Mapping
from enum import Enum

from msgspec import Struct


class Window(Struct, frozen=True):
    """A time that is expected to lie between two moments, milliseconds since 1970 UTC: "9:40–10:05"."""

    low_ms: int
    high_ms: int


class Hours(Struct, frozen=True):
    """Working hours as moments, so that a page tells by its clock whether they are over (K10, T13).

    ``spans`` are today's (opens, closes); ``next_opens_ms`` is the first opening after today's last closing, 0 where
    none is known; ``holiday`` and ``holiday_en`` name why today is closed. ``always`` where no hours are set.
    """

    spans: tuple[tuple[int, int], ...] = ()
    next_opens_ms: int = 0
    holiday: str = ""
    holiday_en: str = ""
    always: bool = False

    def open_at(self, at_ms: int) -> bool:
        """Whether this moment lies within the working hours."""
        return self.always or any(opens <= at_ms < closes for opens, closes in self.spans)

    def opens_after(self, at_ms: int) -> int:
        """The next opening after this moment, milliseconds since 1970 UTC; 0 where none is known."""
        return next((opens for opens, _ in self.spans if opens > at_ms), self.next_opens_ms)


class ServiceOutlook(Struct, frozen=True):
    """One service: how many wait, when somebody who takes a number now would be called, at how many counters.

    ``tickets`` are the (from, until) between which numbers are given today; ``wait`` is None where nobody can say.
    """

    waiting: int
    wait: Window | None
    counters_open: int
    tickets: tuple[tuple[int, int], ...] = ()
    always: bool = False

    def gives_numbers_at(self, at_ms: int) -> bool:
        """Whether a number for this service can be had at this moment."""
        return self.always or any(start <= at_ms < end for start, end in self.tickets)


class CounterOutlook(Struct, frozen=True):
    """One counter: the labels that it will call next, in their order (at most three), and how many wait for it."""

    next: tuple[str, ...]
    waiting: int


class AlarmKind(Enum):
    """What staff should look at."""

    STARVATION = "starvation"
    INVERSION = "inversion"
    ABSENT = "absent"
    CLOCK = "clock"
    CLAIM = "claim"


class Alarm(Struct, frozen=True):
    """One alarm: the ticket (its label), service or counter that it is about, and since which moment it has been so,
    milliseconds since 1970 UTC (0: not known)."""

    kind: AlarmKind
    label: str = ""
    service: str = ""
    counter: str = ""
    since_ms: int = 0


class Outlook(Struct, frozen=True):
    """The hub's expectations at one moment; services and counters by id. ``keep_faces_days``: how many nights a face
    that it is given now outlives its day, which a person is told before they agree. ``lookup_url`` + a ticket's id is
    where the cloud shows it to everybody with its paper, empty where it does not. ``kiosks_out`` are the kiosks that
    the Department took out of service."""

    at_ms: int
    hours: Hours
    services: Mapping[str, ServiceOutlook]
    counters: Mapping[str, CounterOutlook]
    alarms: tuple[Alarm, ...] = ()
    keep_faces_days: int = 0
    lookup_url: str = ""
    kiosks_out: tuple[str, ...] = ()
