"""What is true at the site now, as the hub tells a kiosk, a board or a page that has just connected.

A client takes one snapshot and then folds the events that follow with :func:`follow`; the hub's own queue and this
fold agree after every history (tests/unit/test_queue.py).
"""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from edge.contracts.catalogue import Catalogue
from edge.contracts.events import (
    CatalogueAdopted,
    DayOpened,
    Entry,
    PrintFailed,
    TicketAskedAgain,
    TicketCalled,
    TicketFinished,
    TicketIssued,
    TicketNoShow,
    TicketPrinted,
    TicketRecalled,
)
from edge.contracts.ticket import Paper, State, Ticket

RECENT_CALLS = 12


class Call(Struct, frozen=True):
    """One call, for the list of the last numbers called: newest first, a recall moves its number to the front."""

    ticket: str
    label: str
    counter: str
    at_ms: int


class Snapshot(Struct, frozen=True):
    """The live tickets of the day, who stands at which counter, and the last calls.

    ``seq`` is the last entry contained; ``day`` is empty until the hub's clock is trusted. ``tickets`` holds only
    tickets that wait or are called. ``waiting`` is service id → ticket ids in the order of their issue;
    ``at_counter`` is counter id → ticket id.
    """

    epoch: str
    seq: int
    at_ms: int
    day: str
    catalogue: Catalogue
    tickets: Mapping[str, Ticket]
    waiting: Mapping[str, tuple[str, ...]]
    at_counter: Mapping[str, str]
    calls: tuple[Call, ...]

    def waiting_at(self, counter_id: str) -> tuple[Ticket, ...]:
        """The tickets that this counter could call, longest waiting first."""
        services = self.catalogue.counter(counter_id).services
        tickets = [self.tickets[t] for service in services for t in self.waiting.get(service, ())]
        return tuple(sorted(tickets, key=lambda ticket: (ticket.issued_at_ms, ticket.id)))


def follow(snapshot: Snapshot, entry: Entry) -> Snapshot:
    """The snapshot after one more entry of the stream.

    Raises ValueError where the entry is not the next one: the client must take a new snapshot.
    """
    if entry.seq != snapshot.seq + 1:
        raise ValueError(f"entry {entry.seq} does not follow {snapshot.seq}")
    event = entry.event
    now = replace(snapshot, seq=entry.seq, at_ms=entry.at_ms)
    match event:
        case CatalogueAdopted():
            return replace(now, catalogue=event.catalogue)
        case DayOpened():
            return replace(now, day=event.day, tickets={}, waiting={}, at_counter={}, calls=())
        case TicketIssued():
            ticket = issued_ticket(event, entry.at_ms)
            queued = (*snapshot.waiting.get(event.service, ()), ticket.id)
            return replace(
                now,
                tickets={**snapshot.tickets, ticket.id: ticket},
                waiting={**snapshot.waiting, event.service: queued},
            )
        case TicketPrinted() | PrintFailed():
            known = snapshot.tickets.get(event.ticket)
            if known is None:  # finished before its slip was confirmed
                return now
            paper = Paper.PRINTED if isinstance(event, TicketPrinted) else Paper.FAILED
            return replace(now, tickets={**snapshot.tickets, known.id: replace(known, paper=paper)})
        case TicketCalled():
            called = replace(
                snapshot.tickets[event.ticket], state=State.CALLED, counter=event.counter, called_at_ms=entry.at_ms
            )
            left = tuple(t for t in snapshot.waiting[event.service] if t != event.ticket)
            others = {s: waiting for s, waiting in snapshot.waiting.items() if s != event.service}
            return replace(
                now,
                tickets={**snapshot.tickets, called.id: called},
                waiting={**others, event.service: left} if left else others,
                at_counter={**snapshot.at_counter, event.counter: called.id},
                calls=with_call(snapshot.calls, Call(called.id, called.label, event.counter, entry.at_ms)),
            )
        case TicketRecalled():
            return replace(
                now, calls=with_call(snapshot.calls, Call(event.ticket, event.label, event.counter, entry.at_ms))
            )
        case TicketFinished() | TicketNoShow():
            return replace(
                now,
                tickets={t: ticket for t, ticket in snapshot.tickets.items() if t != event.ticket},
                at_counter={c: t for c, t in snapshot.at_counter.items() if t != event.ticket},
            )
        case TicketAskedAgain():
            return now


def issued_ticket(event: TicketIssued, at_ms: int) -> Ticket:
    """The ticket that this event begins."""
    return Ticket(
        id=event.ticket,
        label=event.label,
        number=event.number,
        service=event.service,
        document=event.document,
        issuer=event.issuer,
        issued_at_ms=at_ms,
    )


def with_call(calls: tuple[Call, ...], call: Call) -> tuple[Call, ...]:
    """The last calls after one more."""
    return (call, *(c for c in calls if c.ticket != call.ticket))[:RECENT_CALLS]
