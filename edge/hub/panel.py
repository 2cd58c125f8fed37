"""What the officers' and patients' pages show, made from the queue; pure."""

from msgspec import Struct

from edge.contracts.catalogue import Counter, Facility, Service
from edge.contracts.ticket import Paper, Ticket
from edge.queueing.order import next_of
from edge.queueing.queue import Queue

SHOWN_WAITING = 12
SHOWN_CALLS = 4


class WaitingLine(Struct, frozen=True):
    """One line of the list of those who wait."""

    label: str
    service: Service
    issued_at_ms: int


class LastCall(Struct, frozen=True):
    """One line of the list of the last calls."""

    label: str
    counter_number: int
    at_ms: int


class CounterPanel(Struct, frozen=True):
    """The changing part of a counter's page; ``current`` is empty where nobody is at the counter."""

    facility: Facility
    counter: Counter
    services: tuple[Service, ...]
    current: tuple[tuple[Ticket, Service], ...]
    next_label: str
    waiting: tuple[WaitingLine, ...]
    waiting_count: int
    calls: tuple[LastCall, ...]
    unprinted: tuple[str, ...]


class TicketView(Struct, frozen=True):
    """How it stands with one ticket."""

    facility: Facility
    ticket: Ticket
    service: Service
    ahead: int
    counters: tuple[Counter, ...]


def counter_panel(queue: Queue, counter_id: str) -> CounterPanel:
    """The panel of one counter. Raises KeyError where there is no such counter."""
    catalogue = queue.catalogue
    counter = catalogue.counter(counter_id)
    there = [queue.tickets[t] for c, t in queue.at_counter.items() if c == counter_id]
    current = tuple((ticket, catalogue.service(ticket.service)) for ticket in there)
    waiting = sorted(
        (queue.tickets[t] for service in counter.services for t in queue.waiting.get(service, ())),
        key=lambda ticket: (ticket.issued_at_ms, ticket.id),
    )
    following = next_of(counter.services, queue.waiting, queue.tickets)
    numbers = {c.id: c.number for c in catalogue.counters}
    return CounterPanel(
        facility=catalogue.facility,
        counter=counter,
        services=tuple(catalogue.service(service) for service in counter.services),
        current=current,
        next_label=queue.tickets[following].label if following else "",
        waiting=tuple(
            WaitingLine(t.label, catalogue.service(t.service), t.issued_at_ms) for t in waiting[:SHOWN_WAITING]
        ),
        waiting_count=len(waiting),
        calls=tuple(LastCall(c.label, numbers.get(c.counter, 0), c.at_ms) for c in queue.calls[:SHOWN_CALLS]),
        unprinted=tuple(t.label for t in waiting if t.paper is Paper.FAILED),
    )


def ticket_view(queue: Queue, ticket: Ticket) -> TicketView:
    """The view of one of today's tickets."""
    catalogue = queue.catalogue
    return TicketView(
        facility=catalogue.facility,
        ticket=ticket,
        service=catalogue.service(ticket.service),
        ahead=queue.ahead_of(ticket),
        counters=(catalogue.counter(ticket.counter),) if ticket.counter else catalogue.counters_for(ticket.service),
    )
