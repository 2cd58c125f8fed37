"""What the hall's displays show and what is spoken: a projection of the hub's snapshot. Pure."""

from collections.abc import Mapping
from enum import Enum

from msgspec import Struct

from edge.contracts.catalogue import Facility, OpeningPeriod
from edge.contracts.events import Entry, TicketCalled, TicketRecalled
from edge.contracts.snapshot import Snapshot

NEW_MS = 10_000  # a call blinks (B6)
NOW_MS = 60_000  # a call is "being called now"
CATCH_UP_MS = 2_000  # what comes this soon after the link is back may have happened while it was away


class Stage(Enum):
    """How fresh the call at a counter is."""

    NONE = ""
    NEW = "new"
    NOW = "now"


class CounterSign(Struct, frozen=True):
    """One counter: ``number`` is painted on the wall, ``label`` the ticket that is there now (empty: nobody).

    ``next_label`` is the ticket that has waited longest for it, ``waiting`` how many wait.
    """

    id: str
    number: int
    room: str
    services: tuple[str, ...]
    label: str = ""
    called_at_ms: int = 0
    stage: Stage = Stage.NONE
    next_label: str = ""
    waiting: int = 0


class CallSign(Struct, frozen=True):
    """One of the last calls; ``at_ms`` is on the hub's clock."""

    label: str
    number: int
    room: str
    at_ms: int
    stage: Stage = Stage.NONE


class Signage(Struct, frozen=True):
    """Everything that the displays of the hall show; ``calls`` newest first.

    ``lost_since_ms`` is when the link to the hub was lost, on this machine's clock; 0 while it stands.
    """

    facility: Facility
    hours: tuple[OpeningPeriod, ...] = ()
    counters: tuple[CounterSign, ...] = ()
    calls: tuple[CallSign, ...] = ()
    lost_since_ms: int = 0

    def counter(self, counter_id: str) -> CounterSign:
        """The sign of this counter. Raises KeyError where the catalogue has no such counter."""
        for counter in self.counters:
            if counter.id == counter_id:
                return counter
        raise KeyError(counter_id)


class Announcement(Struct, frozen=True):
    """What is to be spoken: this ticket to this counter."""

    ticket: str
    label: str
    number: int
    room: str
    service: str


NOTHING = Signage(facility=Facility(name="", name_en=""))  # before the hub was first heard


def project(snapshot: Snapshot, called_ms: Mapping[str, int], now_ms: int, lost_since_ms: int = 0) -> Signage:
    """What is shown now.

    ``called_ms`` is ticket id → when its last call happened, on the clock of ``now_ms`` (any clock that does not
    jump); a ticket that is not in it was called before this machine watched.
    """
    at_ms = {call.ticket: call.at_ms for call in reversed(snapshot.calls)}
    catalogue = snapshot.catalogue
    counters = []
    for counter in catalogue.counters:
        waiting = snapshot.waiting_at(counter.id)
        ticket_id = snapshot.at_counter.get(counter.id, "")
        ticket = snapshot.tickets.get(ticket_id)
        counters.append(
            CounterSign(
                id=counter.id,
                number=counter.number,
                room=counter.room,
                services=tuple(catalogue.service(service).name for service in counter.services),
                label=ticket.label if ticket else "",
                called_at_ms=at_ms.get(ticket_id, ticket.called_at_ms) if ticket else 0,
                stage=_stage(called_ms.get(ticket_id), now_ms) if ticket else Stage.NONE,
                next_label=waiting[0].label if waiting else "",
                waiting=len(waiting),
            )
        )
    places = {counter.id: counter for counter in catalogue.counters}
    calls = []
    for call in snapshot.calls:
        if call.counter in places:  # a new catalogue may have done away with it
            here = snapshot.at_counter.get(call.counter) == call.ticket
            stage = _stage(called_ms.get(call.ticket), now_ms) if here else Stage.NONE
            place = places[call.counter]
            calls.append(CallSign(call.label, place.number, place.room, call.at_ms, stage))
    return Signage(catalogue.facility, catalogue.hours, tuple(counters), tuple(calls), lost_since_ms)


def _stage(called_ms: int | None, now_ms: int) -> Stage:
    if called_ms is None or now_ms >= called_ms + NOW_MS:
        return Stage.NONE
    return Stage.NEW if now_ms < called_ms + NEW_MS else Stage.NOW


def announcement(entry: Entry, snapshot: Snapshot) -> Announcement | None:
    """What is to be spoken after this entry, or nothing; ``snapshot`` already contains the entry."""
    match entry.event:
        case TicketCalled() | TicketRecalled() as call:
            places = {counter.id: counter for counter in snapshot.catalogue.counters}
            if call.counter not in places:
                return None
            place = places[call.counter]
            names = {service.id: service.name for service in snapshot.catalogue.services}
            return Announcement(call.ticket, call.label, place.number, place.room, names.get(call.service, ""))
        case _:
            return None


class Watch:
    """When each recent call happened, on this machine's own steady clock, whatever the hub's clock says.

    An entry that comes over a standing link has just happened. One that comes within ``CATCH_UP_MS`` after the link
    is back may be as old as the cut: its age follows from the last entry that came live.
    """

    def __init__(self) -> None:
        self.called_ms: dict[str, int] = {}
        self._linked_ms = 0
        self._hub_ahead_ms: int | None = None

    def linked(self, now_ms: int) -> None:
        """The link to the hub stands since now."""
        self._linked_ms = now_ms

    def heard(self, entry: Entry, now_ms: int) -> int:
        """Take note of an entry; its age in milliseconds."""
        if now_ms > self._linked_ms + CATCH_UP_MS:
            self._hub_ahead_ms = entry.at_ms - now_ms
        age_ms = 0
        if self._hub_ahead_ms is not None:
            age_ms = max(0, now_ms + self._hub_ahead_ms - entry.at_ms)
        self.called_ms = {ticket: at_ms for ticket, at_ms in self.called_ms.items() if now_ms < at_ms + NOW_MS}
        if isinstance(entry.event, TicketCalled | TicketRecalled):
            self.called_ms[entry.event.ticket] = now_ms - age_ms
        return age_ms

    def next_change_ms(self, now_ms: int) -> int | None:
        """When a call stops blinking or being shown as current, if any does."""
        ends = [at_ms + span for at_ms in self.called_ms.values() for span in (NEW_MS, NOW_MS)]
        return min((end for end in ends if end > now_ms), default=None)
