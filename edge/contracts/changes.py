"""What each event makes of the ticket that it is about: the part of the fold that the hub and its followers share."""

from msgspec.structs import replace

from edge.contracts.events import (
    PaymentTaken,
    PrintFailed,
    PrioritySet,
    RoomChanged,
    TicketCalled,
    TicketCancelled,
    TicketFinished,
    TicketIssued,
    TicketMerged,
    TicketNoShow,
    TicketParked,
    TicketPrinted,
    TicketRecalled,
    TicketReturned,
    TicketSentOn,
)
from edge.contracts.ticket import Paper, Priority, State, Ticket

TicketEvent = (
    TicketPrinted
    | PrintFailed
    | PrioritySet
    | TicketCalled
    | TicketRecalled
    | TicketFinished
    | TicketNoShow
    | TicketSentOn
    | TicketParked
    | TicketReturned
    | TicketCancelled
    | TicketMerged
    | RoomChanged
    | PaymentTaken
)

_ENDED = frozenset({State.FINISHED, State.CANCELLED, State.MERGED, State.LAPSED})


def ended(ticket: Ticket) -> bool:
    """Whether nothing can happen to the ticket any more, other than that its last step is undone."""
    return ticket.state in _ENDED


def issued_ticket(event: TicketIssued, at_ms: int) -> Ticket:
    """The ticket that this event begins."""
    arrived_ms = event.arrived_ms or at_ms
    return Ticket(
        id=event.ticket,
        label=event.label,
        number=event.number,
        service=event.service,
        document=event.document,
        issuer=event.issuer,
        issued_at_ms=arrived_ms,
        priority=event.priority,
        claim=event.claim,
        room=event.room,
        steps=event.steps,
        arrived_ms=arrived_ms,
        waiting_since_ms=arrived_ms,
        expected_ms=event.expected_ms,
    )


def ticket_after(ticket: Ticket, event: TicketEvent, at_ms: int) -> Ticket:
    """The ticket after an event that is about it, at ``at_ms`` on the journal's clock."""
    match event:
        case TicketCalled():
            return replace(ticket, state=State.CALLED, counter=event.counter, called_at_ms=at_ms)
        case TicketFinished():
            return replace(ticket, state=State.FINISHED, ended_at_ms=at_ms)
        case TicketPrinted():
            return replace(ticket, paper=Paper.PRINTED)
        case PrintFailed():
            return replace(ticket, paper=Paper.FAILED)
        case TicketNoShow():
            return replace(ticket, state=State.NO_SHOW, ended_at_ms=at_ms)
        case TicketSentOn():
            return replace(
                ticket,
                state=State.WAITING,
                service=event.service,
                room=event.room,
                steps=event.steps,
                returning=event.returning,
                arrived_ms=event.arrived_ms,
                waiting_since_ms=at_ms,
                expected_ms=event.expected_ms,
                counter="",
                called_at_ms=0,
                paid=None,
                paid_at_ms=0,
            )
        case TicketRecalled():
            return ticket
        case PrioritySet():
            return replace(ticket, priority=event.priority, claim=Priority.NONE)
        case TicketParked():
            return replace(ticket, state=State.PARKED)
        case TicketReturned():
            return replace(
                ticket,
                state=State.WAITING,
                counter="",
                called_at_ms=0,
                ended_at_ms=0,
                waiting_since_ms=at_ms,
                expected_ms=-1,
            )
        case TicketCancelled():
            return replace(ticket, state=State.CANCELLED, ended_at_ms=at_ms)
        case TicketMerged():
            return replace(ticket, state=State.MERGED, into=event.into, ended_at_ms=at_ms)
        case RoomChanged():
            return replace(ticket, room=event.room)
        case PaymentTaken():
            return replace(ticket, paid=event.means, paid_at_ms=at_ms)
