"""How it stands with one visit, for its patient's telephone and for an officer who looked it up; pure."""

from msgspec import Struct

from edge.contracts.catalogue import Counter, Facility, Service
from edge.contracts.outlook import Window
from edge.contracts.ticket import State, Ticket
from edge.queueing.queue import Queue
from edge.queueing.wait import estimate_of

MINUTE_MS = 60_000
ROUNDED_MS = 5 * MINUTE_MS


class TicketView(Struct, frozen=True):
    """One of today's tickets; of a merged one, the ticket that the family is served with.

    ``label`` is what stands on this person's own paper. ``service`` is None where the catalogue does not know it any
    more. ``window`` is when it is expected to be called, in whole five minutes. ``counters`` are where to go.
    ``back_until_ms``: so long may somebody who missed the call come back (0: not at all).
    """

    facility: Facility
    label: str
    ticket: Ticket
    service: Service | None
    ahead: int
    counters: tuple[Counter, ...]
    window: Window | None
    following: tuple[Service, ...]
    back_until_ms: int


def ticket_view(queue: Queue, ticket: Ticket, now_ms: int) -> TicketView:
    """The view of a ticket at ``now_ms``."""
    label = ticket.label
    while ticket.state is State.MERGED:
        ticket = queue.tickets[ticket.into]
    plan = queue.plan
    grace_ms = plan.policy.no_show_grace_min * MINUTE_MS
    back_until_ms = ticket.ended_at_ms + grace_ms if ticket.state is State.NO_SHOW else 0
    expected = estimate_of(queue, ticket, now_ms)
    return TicketView(
        facility=queue.catalogue.facility,
        label=label,
        ticket=ticket,
        service=plan.services.get(ticket.service),
        ahead=expected.ahead,
        counters=_counters(queue, ticket),
        window=rounded(expected.window),
        following=tuple(plan.services[step.service] for step in ticket.steps if step.service in plan.services),
        back_until_ms=back_until_ms if back_until_ms > now_ms else 0,
    )


def rounded(window: Window | None) -> Window | None:
    """The window in whole five minutes, never narrower than it is: nobody is called to the minute.

    >>> rounded(Window(9 * 60_000, 21 * 60_000))
    Window(low_ms=300000, high_ms=1500000)
    """
    if window is None:
        return None
    return Window(window.low_ms // ROUNDED_MS * ROUNDED_MS, -(-window.high_ms // ROUNDED_MS) * ROUNDED_MS)


def _counters(queue: Queue, ticket: Ticket) -> tuple[Counter, ...]:
    """Where the person goes: the counter that called, the room on the ticket, or any that serves."""
    named = ticket.counter or ticket.room
    if named:
        return (queue.plan.counters[named],) if named in queue.plan.counters else ()
    return queue.plan.desks.get(ticket.service, ())
