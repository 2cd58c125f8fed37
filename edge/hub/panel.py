"""What a counter's page and a patient's page show, made from the queue; pure."""

from collections.abc import Container, Iterable
from itertools import islice

from msgspec import Struct

from edge.contracts.catalogue import Counter, Discipline, Facility, Policy, Service
from edge.contracts.counter import Standing
from edge.contracts.face import ChipVerdict
from edge.contracts.payment import Payment
from edge.contracts.ticket import Paper, Priority, State, Ticket
from edge.queueing import rooms
from edge.queueing.order import LEGAL, RANKS, Lane, in_order, rank_of
from edge.queueing.queue import Queue
from edge.queueing.returning import MINUTE_MS, may_return
from edge.queueing.rules import UNDO_MS, Undoable

SHOWN_WAITING = 60
SHOWN_CALLS = 4


class Leg(Struct, frozen=True):
    """One desk of a ticket's way: the service, and the counter where it goes back to the same doctor."""

    service: Service
    back_to: Counter | None = None


class Current(Struct, frozen=True):
    """Whom a counter serves: how long they waited for it, and the way from here; ``first``: nothing came before.

    ``chip`` is how they compare with the portrait in their chip, ``portrait`` whether a picture of them can be seen.
    """

    ticket: Ticket
    service: Service
    waited_ms: int
    way: tuple[Leg, ...]
    first: bool
    chip: ChipVerdict | None = None
    portrait: bool = False


class WaitingLine(Struct, frozen=True):
    """Somebody who waits: each minute counts ``weight`` times; ``room`` is the only counter that may call them."""

    ticket: Ticket
    service: Service
    weight: float
    room: Counter | None


class Beside(Struct, frozen=True):
    """Somebody who was called and may come back: parked, or missed the call (until ``until_ms``; 0: all day)."""

    ticket: Ticket
    service: Service
    until_ms: int


class LastCall(Struct, frozen=True):
    """One line of the list of the last calls."""

    label: str
    counter_number: int
    at_ms: int


class LastAction(Struct, frozen=True):
    """What can still be taken back at this counter, until ``until_ms``, with ``Undo`` of ``command``; ``state`` is what
    became of the ticket, if it was no payment."""

    command: str
    label: str
    state: State
    at_ms: int
    until_ms: int
    is_payment: bool = False


class Opening(Struct, frozen=True):
    """Whether the facility works now; if not, when it opens (0: not known) and which holiday it is."""

    is_open: bool
    opens_ms: int = 0
    holiday: str = ""
    holiday_en: str = ""


class CounterPanel(Struct, frozen=True):
    """The changing part of a counter's page; ``taken_over_from`` names the room that the next person waits for, where
    nobody waits for this counter any more."""

    facility: Facility
    version: int
    policy: Policy
    payment: Payment
    counter: Counter
    services: tuple[Service, ...]
    standing: Standing
    opening: Opening
    current: Current | None
    next_label: str
    taken_over_from: Counter | None
    waiting: tuple[WaitingLine, ...]
    waiting_count: int
    beside: tuple[Beside, ...]
    last: LastAction | None
    calls: tuple[LastCall, ...]
    unprinted: tuple[str, ...]


def counter_panel(
    queue: Queue,
    counter_id: str,
    now_ms: int,
    undoable: Undoable | None = None,
    portraits: Container[str] = frozenset(),
) -> CounterPanel:
    """The panel of one counter; ``undoable`` is what it did last, ``portraits`` the tickets of whose holders there is a
    picture. Raises KeyError where there is no such counter."""
    catalogue, plan = queue.catalogue, queue.plan
    counter = plan.counters[counter_id]
    places = in_order(counter, queue.lanes, plan.policy, now_ms, queue.turns.get(counter_id, 0))
    waiting = [queue.tickets[place.ticket] for place in islice(places, SHOWN_WAITING)]
    idle = () if waiting else rooms.for_idle(queue, counter_id)
    numbers = {c.id: c.number for c in catalogue.counters}
    return CounterPanel(
        facility=catalogue.facility,
        version=catalogue.version,
        policy=plan.policy,
        payment=catalogue.payment,
        counter=counter,
        services=tuple(plan.services[service] for service in counter.services),
        standing=queue.standing(counter_id),
        opening=opening(queue, now_ms),
        current=_current(queue, counter_id, portraits),
        next_label=waiting[0].label if waiting else idle[0].label if idle else "",
        taken_over_from=plan.counters.get(idle[0].was) if idle else None,
        waiting=tuple(waiting_line(queue, ticket) for ticket in waiting),
        waiting_count=waiting_for(queue, counter),
        beside=beside(queue, now_ms, counter_id),
        last=last_action(queue, undoable, now_ms),
        calls=tuple(LastCall(c.label, numbers.get(c.counter, 0), c.at_ms) for c in queue.calls[:SHOWN_CALLS]),
        unprinted=tuple(t.label for t in waiting if t.paper is Paper.FAILED),
    )


def waiting_for(queue: Queue, counter: Counter) -> int:
    """How many this counter could call."""
    lanes = (Lane(service, room, rank) for service in counter.services for room in ("", counter.id) for rank in RANKS)
    return sum(len(queue.lanes.get(lane, ())) for lane in lanes)


def waiting_line(queue: Queue, ticket: Ticket) -> WaitingLine:
    """How somebody who waits stands in a list."""
    policy = queue.plan.policy
    ages = policy.discipline is Discipline.AGEING and rank_of(ticket.priority) == LEGAL
    weight = policy.priority_weight if ages else 1.0
    return WaitingLine(ticket, queue.plan.services[ticket.service], weight, queue.plan.counters.get(ticket.room))


def beside(queue: Queue, now_ms: int, counter_id: str = "") -> tuple[Beside, ...]:
    """Who was called and may come back, at one counter or (empty) at any, the latest call first."""
    grace_ms = queue.plan.policy.no_show_grace_min * MINUTE_MS
    there = [
        Beside(
            ticket,
            queue.plan.services[ticket.service],
            ticket.ended_at_ms + grace_ms if ticket.state is State.NO_SHOW else 0,
        )
        for ticket in queue.tickets.values()
        if ticket.state in (State.PARKED, State.NO_SHOW)
        and counter_id in ("", ticket.counter)
        and ticket.service in queue.plan.services
        and may_return(queue, ticket, now_ms)
    ]
    return tuple(sorted(there, key=lambda line: (-line.ticket.called_at_ms, line.ticket.id)))


def last_action(queue: Queue, undoable: Undoable | None, now_ms: int) -> LastAction | None:
    """What an Undo would still take back: only while everything is as the action left it."""
    if undoable is None or now_ms - undoable.at_ms > UNDO_MS:
        return None
    if not undoable.after or any(queue.tickets.get(ticket.id) != ticket for ticket in undoable.after):
        return None
    shown = min(undoable.after, key=lambda ticket: ticket.state is not State.CALLED)
    until_ms = undoable.at_ms + UNDO_MS
    before = {(ticket.id, ticket.state) for ticket in undoable.before}
    stayed = (shown.id, shown.state) in before
    return LastAction(undoable.command, shown.label, shown.state, undoable.at_ms, until_ms, stayed)


def opening(queue: Queue, now_ms: int) -> Opening:
    """Whether the facility works at this moment."""
    hours = queue.plan.calendar.hours(now_ms)
    if hours.open_at(now_ms):
        return Opening(True)
    return Opening(False, hours.opens_after(now_ms), hours.holiday, hours.holiday_en)


def to_confirm(lines: Iterable[Ticket]) -> tuple[Ticket, ...]:
    """Those whose claim to priority no officer has confirmed, the earliest first."""
    claimed = (t for t in lines if t.claim is not Priority.NONE and t.state in (State.WAITING, State.CALLED))
    return tuple(sorted(claimed, key=lambda ticket: (ticket.arrived_ms, ticket.id)))


def _current(queue: Queue, counter_id: str, portraits: Container[str]) -> Current | None:
    ticket = queue.tickets.get(queue.at_counter.get(counter_id, ""))
    service = queue.plan.services.get(ticket.service) if ticket else None
    if ticket is None or service is None:
        return None
    way = [Leg(service)]
    for step in ticket.steps:
        if step.service in queue.plan.services:
            way.append(Leg(queue.plan.services[step.service], queue.plan.counters.get(step.room)))
    waited_ms = max(0, ticket.called_at_ms - ticket.waiting_since_ms)
    first = ticket.waiting_since_ms == ticket.issued_at_ms
    return Current(ticket, service, waited_ms, tuple(way), first, queue.chips.get(ticket.id), ticket.id in portraits)
