"""Which room a ticket waits for, where the facility prints it; and who moves when a room idles, pauses or closes."""

from collections.abc import Sequence

from edge.contracts.counter import CounterState
from edge.contracts.events import RoomChanged
from edge.contracts.ticket import Ticket
from edge.queueing.order import RANKS, Lane
from edge.queueing.queue import Queue

MINUTE_S = 60


def assigned(queue: Queue, service_id: str, without: str = "") -> str:
    """The counter with the shortest expected wait for this service; empty where whichever is free first will call.

    Open counters come first; before any has opened, those that are not paused. ``without`` is one that is leaving.
    """
    service = queue.plan.services[service_id]
    if not service.assigns_room:
        return ""
    desks = [desk.id for desk in queue.plan.desks[service_id] if desk.id != without]
    open_now = [desk for desk in desks if queue.standing(desk).state is CounterState.OPEN]
    closed = [desk for desk in desks if queue.standing(desk).state is CounterState.CLOSED]
    candidates = open_now or ([] if without else closed or desks)
    planned_s = service.planned_min * MINUTE_S
    return min(candidates, key=lambda desk: _expected_wait_s(queue, desk, service_id, planned_s), default="")


def _expected_wait_s(queue: Queue, counter_id: str, service_id: str, planned_s: float) -> float:
    mean_s = queue.tempos[service_id].mean_s(planned_s) if service_id in queue.tempos else planned_s
    if counter_id in queue.desk_tempos:
        mean_s = queue.desk_tempos[counter_id].mean_s(mean_s)
    ahead = len(bound_to(queue, counter_id)) + (counter_id in queue.at_counter)
    return ahead * mean_s


def bound_to(queue: Queue, counter_id: str) -> list[Ticket]:
    """Those who wait for this counter and no other, in the order of their arrival."""
    services = queue.plan.counters[counter_id].services
    lanes = [queue.lanes.get(Lane(service, counter_id, rank), ()) for service in services for rank in RANKS]
    return [queue.tickets[place.ticket] for place in sorted(place for lane in lanes for place in lane)]


def left_by(queue: Queue, counter_id: str, state: CounterState) -> tuple[RoomChanged, ...]:
    """Where those go who wait for a counter that pauses or closes.

    With somebody to take them over they go there, spread so that no room is swamped. Who came back from tests waits
    for the doctor through a pause; when the doctor closes for the day, they go to whoever serves.
    """
    moved: list[RoomChanged] = []
    load: dict[str, int] = {}
    for ticket in bound_to(queue, counter_id):
        if ticket.returning and state is not CounterState.CLOSED:
            continue
        room = _lightest(queue, ticket, counter_id, load)
        if not room and state is not CounterState.CLOSED:
            continue  # nobody else is open: they wait until this one goes on
        load[room] = load.get(room, 0) + 1
        moved.append(RoomChanged(ticket.id, ticket.label, ticket.service, room, counter_id))
    return tuple(moved)


def _lightest(queue: Queue, ticket: Ticket, without: str, load: dict[str, int]) -> str:
    desks = [
        desk.id
        for desk in queue.plan.desks[ticket.service]
        if desk.id != without and queue.standing(desk.id).state is CounterState.OPEN
    ]
    return min(desks, key=lambda desk: len(bound_to(queue, desk)) + load.get(desk, 0), default="")


def for_idle(queue: Queue, counter_id: str) -> tuple[RoomChanged, ...]:
    """Whom a counter with nobody left takes over: the first in the longest line before another room, if any.

    Who came back from tests stays with the doctor.
    """
    counter = queue.plan.counters[counter_id]
    lines: list[Sequence[Ticket]] = []
    for service in counter.services:
        for desk in queue.plan.desks[service]:
            if desk.id != counter_id:
                line = [t for t in bound_to(queue, desk.id) if t.service == service and not t.returning]
                lines.append(line)
    longest = max(lines, key=len, default=())
    if not longest:
        return ()
    first = longest[0]
    return (RoomChanged(first.id, first.label, first.service, counter_id, first.room),)


def unreachable(queue: Queue) -> tuple[RoomChanged, ...]:
    """Those who wait for a room that does not serve them any more, after a new catalogue: any room may call them."""
    moved = []
    for lane in queue.lanes:
        if lane.room and lane.room not in {desk.id for desk in queue.plan.desks.get(lane.service, ())}:
            moved += [queue.tickets[place.ticket] for place in queue.lanes[lane]]
    moved.sort(key=lambda ticket: (ticket.arrived_ms, ticket.number, ticket.id))
    return tuple(RoomChanged(t.id, t.label, t.service, "", t.room) for t in moved)
