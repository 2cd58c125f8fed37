"""Coming back to a number that one holds: after a missed call, or because the slip is lost."""

from edge.contracts.events import Event, TicketAskedAgain, TicketReturned
from edge.contracts.ticket import State, Ticket
from edge.queueing.queue import Queue
from edge.queueing.ticket import LIVE, Move, may

MINUTE_MS = 60_000


def may_return(queue: Queue, ticket: Ticket, now_ms: int) -> bool:
    """Whether the ticket may take its place again: whoever missed the call has a grace."""
    if not may(ticket.state, Move.RETURN):
        return False
    grace_ms = queue.plan.policy.no_show_grace_min * MINUTE_MS
    return ticket.state is not State.NO_SHOW or now_ms - ticket.ended_at_ms <= grace_ms


def still_held(queue: Queue, ticket: Ticket, now_ms: int) -> bool:
    """Whether the number is worth something to its holder still."""
    return ticket.state in LIVE and (ticket.state is not State.NO_SHOW or may_return(queue, ticket, now_ms))


def asked_again(queue: Queue, ticket: Ticket, by: str, now_ms: int) -> tuple[Event, ...]:
    """The holder asks for the same number once more; whoever missed the call takes their place again.

    Nothing where the number is worth nothing any more.
    """
    if not still_held(queue, ticket, now_ms):
        return ()
    again = TicketAskedAgain(ticket.id, by)
    if ticket.state is State.NO_SHOW:
        return (TicketReturned(ticket.id, ticket.service), again)
    return (again,)
