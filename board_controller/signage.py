"""What the hall's displays show and what is spoken: a projection of the hub's snapshot. Pure."""

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from edge.contracts.catalogue import Counter, Facility, OpeningPeriod
from edge.contracts.counter import CLOSED, CounterState, Pause
from edge.contracts.events import ActionUndone, Entry, RoomChanged, TicketCalled, TicketRecalled
from edge.contracts.hall import Medium, Screen
from edge.contracts.outlook import CounterOutlook, Hours, Outlook, Window
from edge.contracts.snapshot import Snapshot
from edge.contracts.ticket import State, Ticket
from edge.contracts.tv import Stage as Stage

NEW_MS = 10_000  # a call blinks (B6)
NOW_MS = 60_000  # a call is "being called now"
MOVE_MS = 60_000  # a change of room is told
CATCH_UP_MS = 2_000  # what comes this soon after the link is back may have happened while it was away


class CounterSign(Struct, frozen=True):
    """One counter: ``number`` is painted on the wall, ``label`` the ticket that is there now (empty: nobody).

    ``state`` and ``pause`` say whether it takes people (T2, T9), since ``since_ms`` on the hub's clock.
    ``next_label`` is the ticket that it will call next, ``waiting`` how many wait; ``wait`` when somebody who takes a
    number now would be called, where the counter serves one service and the hub can say. ``zone`` is the counter's;
    ``colour`` that of the service whose ticket is there, of its first one otherwise.
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
    state: CounterState = CounterState.CLOSED
    pause: Pause = Pause.NONE
    since_ms: int = 0
    wait: Window | None = None
    zone: str = ""
    colour: str = ""


class CallSign(Struct, frozen=True):
    """One of the last calls; ``at_ms`` is on the hub's clock, ``zone`` that of its counter."""

    label: str
    number: int
    room: str
    at_ms: int
    stage: Stage = Stage.NONE
    zone: str = ""


class ServiceSign(Struct, frozen=True):
    """One service that people can wait for now, and when somebody who takes a number now would be called.

    ``zones`` are those of the counters that serve it.
    """

    name: str
    wait: Window
    zones: frozenset[str] = frozenset()


class Banner(Struct, frozen=True):
    """What was announced and stands on the TVs of these zones (none: all); a language without a text is left out."""

    text_vi: str
    text_en: str = ""
    zones: tuple[str, ...] = ()
    urgent: bool = False

    def __repr__(self) -> str:
        return f"Banner(urgent={self.urgent!r}, …)"


class Move(Struct, frozen=True):
    """A waiting ticket that another counter will call; ``number`` 0: whichever of its service is free first."""

    ticket: str
    label: str
    number: int = 0
    room: str = ""


class Signage(Struct, frozen=True):
    """Everything that the displays of the hall show; ``calls`` newest first, ``moves`` of the last minute eldest first.

    ``weekly`` are the catalogue's hours, ``hours`` today's by the hub (None: it has not said), ``expected_at_ms`` the
    moment for which it gave the waiting times. ``lost_since_ms`` is when the link to the hub was lost, on this
    machine's clock; 0 while it stands. ``screens`` and ``media`` are the catalogue's, ``notices`` what stands on the
    TVs now, the first before the others.
    """

    facility: Facility
    weekly: tuple[OpeningPeriod, ...] = ()
    hours: Hours | None = None
    counters: tuple[CounterSign, ...] = ()
    services: tuple[ServiceSign, ...] = ()
    calls: tuple[CallSign, ...] = ()
    moves: tuple[Move, ...] = ()
    expected_at_ms: int = 0
    lost_since_ms: int = 0
    screens: tuple[Screen, ...] = ()
    media: tuple[Medium, ...] = ()
    notices: tuple[Banner, ...] = ()

    def counter(self, counter_id: str) -> CounterSign:
        """The sign of this counter. Raises KeyError where the catalogue has no such counter."""
        for counter in self.counters:
            if counter.id == counter_id:
                return counter
        raise KeyError(counter_id)


class Announcement(Struct, frozen=True):
    """What is to be spoken: this ticket to this counter, which stands in this zone (empty: heard everywhere)."""

    ticket: str
    label: str
    number: int
    room: str
    service: str
    zone: str = ""


class Notice(Struct, frozen=True):
    """What is to be spoken in these zones (none: all); a language without a text is left out.

    ``sound`` is the id of a medium that is played instead of the texts. ``on_screen``: it stands on the TVs for a
    minute, too. ``urgent``: before everything else. Its words stay out of the log: somebody may have typed a name.
    """

    text_vi: str
    text_en: str = ""
    zones: tuple[str, ...] = ()
    sound: str = ""
    on_screen: bool = True
    urgent: bool = False

    def __repr__(self) -> str:
        return f"Notice(zones={self.zones!r}, sound={self.sound!r}, urgent={self.urgent!r}, …)"


class Withdrawn(Struct, frozen=True):
    """The calls of these tickets were a mis-click: where they have not been spoken yet, they are not."""

    tickets: tuple[str, ...]


Utterance = Announcement | Move | Notice

NOTHING = Signage(facility=Facility(name="", name_en=""))  # before the hub was first heard


def project(
    snapshot: Snapshot,
    called_ms: Mapping[str, int],
    now_ms: int,
    lost_since_ms: int = 0,
    *,
    moved_ms: Mapping[str, int] | None = None,
    outlook: Outlook | None = None,
    notices: Sequence[Banner] = (),
) -> Signage:
    """What is shown now.

    ``called_ms`` is ticket id → when its last call happened, ``moved_ms`` when its room changed, on the clock of
    ``now_ms`` (any clock that does not jump); a ticket that is in neither was called or moved before this machine
    watched. Without an ``outlook`` the next ticket is the one that has waited longest, and nobody knows how long it
    takes; a lost hub's waiting times hold no more, its hours do.
    """
    catalogue = snapshot.catalogue
    expected = outlook.services if outlook and not lost_since_ms else {}
    ordered = outlook.counters if outlook else {}
    counters = []
    for counter in catalogue.counters:
        sign = _counter_sign(snapshot, counter, ordered.get(counter.id))
        stage = _stage(called_ms.get(snapshot.at_counter.get(counter.id, "")), now_ms) if sign.label else Stage.NONE
        only = expected.get(counter.services[0]) if len(counter.services) == 1 else None
        counters.append(replace(sign, stage=stage, wait=only.wait if only else None))
    places = {counter.id: counter for counter in catalogue.counters}
    calls = []
    for call in snapshot.calls:
        if call.counter in places:  # a new catalogue may have done away with it
            here = snapshot.at_counter.get(call.counter) == call.ticket
            stage = _stage(called_ms.get(call.ticket), now_ms) if here else Stage.NONE
            place = places[call.counter]
            calls.append(CallSign(call.label, place.number, place.room, call.at_ms, stage, place.zone))
    services = []
    for service in catalogue.services:
        outlook_of = expected.get(service.id)
        # where nobody serves and nobody waits, the hub can only say what it would be if somebody came
        if outlook_of and outlook_of.wait and (outlook_of.counters_open or outlook_of.waiting):
            zones = frozenset(counter.zone for counter in catalogue.counters_for(service.id))
            services.append(ServiceSign(service.name, outlook_of.wait, zones))
    moves = []
    for ticket_id, at_ms in (moved_ms or {}).items():
        ticket = snapshot.tickets.get(ticket_id)
        if ticket is not None and ticket.state is State.WAITING and now_ms < at_ms + MOVE_MS:
            moves.append(_move(snapshot, ticket.id, ticket.label, ticket.room))
    return Signage(
        facility=catalogue.facility,
        weekly=catalogue.hours,
        hours=outlook.hours if outlook else None,
        counters=tuple(counters),
        services=tuple(services),
        calls=tuple(calls),
        moves=tuple(moves),
        expected_at_ms=outlook.at_ms if outlook else 0,
        lost_since_ms=lost_since_ms,
        screens=catalogue.screens,
        media=catalogue.media,
        notices=tuple(notices),
    )


def _counter_sign(snapshot: Snapshot, counter: Counter, outlook: CounterOutlook | None) -> CounterSign:
    at_ms = {call.ticket: call.at_ms for call in reversed(snapshot.calls)}
    ticket_id = snapshot.at_counter.get(counter.id, "")
    ticket = snapshot.tickets.get(ticket_id)
    standing = snapshot.standings.get(counter.id, CLOSED)
    waiting = _waiting_for(snapshot, counter)
    served = ticket.service if ticket and ticket.service in counter.services else next(iter(counter.services), "")
    return CounterSign(
        id=counter.id,
        number=counter.number,
        room=counter.room,
        services=tuple(snapshot.catalogue.service(service).name for service in counter.services),
        label=ticket.label if ticket else "",
        called_at_ms=at_ms.get(ticket_id, ticket.called_at_ms) if ticket else 0,
        next_label=_next_label(waiting, outlook),
        waiting=len(waiting),
        state=standing.state,
        pause=standing.pause,
        since_ms=standing.since_ms,
        zone=counter.zone,
        colour=snapshot.catalogue.service(served).colour if served else "",
    )


def _waiting_for(snapshot: Snapshot, counter: Counter) -> list[Ticket]:
    """Who may be called at the counter, in the order of their arrival."""
    lines = [snapshot.waiting.get(service, ()) for service in counter.services]
    waiting = [snapshot.tickets[ticket] for line in lines for ticket in line]
    here = [ticket for ticket in waiting if ticket.room in ("", counter.id)]
    return sorted(here, key=lambda ticket: (ticket.arrived_ms, ticket.number, ticket.id))


def _next_label(waiting: list[Ticket], outlook: CounterOutlook | None) -> str:
    """The first of the hub's order who waits still: it comes up to a second after a call."""
    labels = [ticket.label for ticket in waiting]
    ordered = [label for label in outlook.next if label in labels] if outlook else []
    return next(iter(ordered or labels), "")


def _move(snapshot: Snapshot, ticket: str, label: str, room: str) -> Move:
    for counter in snapshot.catalogue.counters:
        if counter.id == room:
            return Move(ticket, label, counter.number, counter.room)
    return Move(ticket, label)


def _stage(called_ms: int | None, now_ms: int) -> Stage:
    if called_ms is None or now_ms >= called_ms + NOW_MS:
        return Stage.NONE
    return Stage.NEW if now_ms < called_ms + NEW_MS else Stage.NOW


def announcement(entry: Entry, snapshot: Snapshot) -> Announcement | Move | Withdrawn | None:
    """What is to be spoken after this entry, or nothing; ``snapshot`` already contains the entry."""
    match entry.event:
        case TicketCalled() | TicketRecalled() as call:
            places = {counter.id: counter for counter in snapshot.catalogue.counters}
            if call.counter not in places:
                return None
            place = places[call.counter]
            names = {service.id: service.name for service in snapshot.catalogue.services}
            service = names.get(call.service, "")
            return Announcement(call.ticket, call.label, place.number, place.room, service, place.zone)
        case RoomChanged() as change:
            return _move(snapshot, change.ticket, change.label, change.room)
        case ActionUndone() as undone:
            return Withdrawn(tuple(ticket.id for ticket in undone.tickets if ticket.state is not State.CALLED))
        case _:
            return None


class Watch:
    """When each recent call and change of room happened, on this machine's own steady clock, whatever the hub's says.

    An entry that comes over a standing link has just happened. One that comes within ``CATCH_UP_MS`` after the link
    is back may be as old as the cut: its age follows from the last entry that came live.
    """

    def __init__(self) -> None:
        self.called_ms: dict[str, int] = {}
        self.moved_ms: dict[str, int] = {}
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
        self.moved_ms = {ticket: at_ms for ticket, at_ms in self.moved_ms.items() if now_ms < at_ms + MOVE_MS}
        match entry.event:
            case TicketCalled() | TicketRecalled() as call:
                self.called_ms[call.ticket] = now_ms - age_ms
                self.moved_ms.pop(call.ticket, None)
            case RoomChanged() as change:
                self.moved_ms.pop(change.ticket, None)  # told anew, so last
                self.moved_ms[change.ticket] = now_ms - age_ms
        return age_ms

    def next_change_ms(self, now_ms: int) -> int | None:
        """When a call stops blinking or being shown as current, or a change of room being told, if any does."""
        ends = [at_ms + span for at_ms in self.called_ms.values() for span in (NEW_MS, NOW_MS)]
        ends += [at_ms + MOVE_MS for at_ms in self.moved_ms.values()]
        return min((end for end in ends if end > now_ms), default=None)
