"""Who gets which number: from the kiosk, by an officer's hand, or from a kiosk's own numbers while the hub was away."""

from edge.contracts.catalogue import Service
from edge.contracts.commands import GiveNumber, IssueTicket, LeaseNumbers, RegisterTicket
from edge.contracts.events import (
    Event,
    Lease,
    NumbersLeased,
    TicketCancelled,
    TicketIssued,
    TicketPrinted,
)
from edge.contracts.priority import priority_from
from edge.contracts.refusals import Refusal
from edge.contracts.ticket import Document, Priority, Step
from edge.queueing import rooms
from edge.queueing.faces import Evidence, given_with, seems_held
from edge.queueing.queue import Queue
from edge.queueing.refused import NotAllowed
from edge.queueing.returning import asked_again
from edge.queueing.succession import block_for, highest_gap, keeps_from, size_for
from edge.queueing.ticket import Move, may
from edge.queueing.wait import expect

LEASE_SIZE = 50
DESK = "desk"  # which officer it was stands in the audit log only


def issue(
    queue: Queue, command: IssueTicket, by: str, now_ms: int, held: tuple[str, ...], evidence: Evidence | None
) -> tuple[Event, ...]:
    """A number for the person at a kiosk; the one that the same person holds already, where there is one.

    Raises NotAllowed(SEEMS_HELD) where only their face says so: they are asked.
    """
    service = _service(queue, command.service)
    for ticket_id in held:
        ticket = queue.tickets.get(ticket_id)
        if ticket is not None and ticket.service == service.id:
            again = asked_again(queue, ticket, by, now_ms)
            if again:
                return again
    seems = seems_held(queue, command, by, now_ms, evidence)
    if seems:
        raise NotAllowed(Refusal.SEEMS_HELD, seems)
    if not service.active:
        raise NotAllowed(Refusal.UNKNOWN_SERVICE)
    calendar = queue.plan.calendar
    if not calendar.gives_numbers_at(service.id, now_ms):
        over = calendar.open_at(service.id, now_ms)
        reason = Refusal.LAST_TICKET if over else Refusal.CLOSED
        raise NotAllowed(reason, next_ms=calendar.next_numbers_ms(service.id, now_ms))
    proven = priority_from(command.birth_date, queue.day) if command.birth_date else Priority.NONE
    claim = command.claim if proven is Priority.NONE else Priority.NONE
    issued = _issued(queue, service, command.id, by, now_ms, command.document, proven, claim)
    return (issued, *given_with(command, by, evidence))


def give(queue: Queue, command: GiveNumber, now_ms: int) -> tuple[Event, ...]:
    """A number by an officer's hand, at any hour; the officer has seen the proof of the priority."""
    service = _service(queue, command.service)
    return (_issued(queue, service, command.id, DESK, now_ms, Document.NONE, command.priority, Priority.NONE),)


def _issued(
    queue: Queue,
    service: Service,
    ticket_id: str,
    by: str,
    now_ms: int,
    document: Document,
    priority: Priority,
    claim: Priority,
) -> TicketIssued:
    first, last = _free(queue, service)
    number = max(queue.numbers.get(service.prefix, 0) + 1, first)
    if number > last:
        raise NotAllowed(Refusal.DAY_FULL)
    room = rooms.assigned(queue, service.id)
    wait = expect(queue, service.id, room=room, priority=priority, arrived_ms=now_ms, now_ms=now_ms)
    return TicketIssued(
        ticket=ticket_id,
        label=label(service.prefix, number),
        number=number,
        service=service.id,
        document=document,
        issuer=by,
        ahead=wait.ahead,
        priority=priority,
        claim=claim,
        room=room,
        steps=tuple(Step(following) for following in service.route),
        expected_ms=wait.expected_ms,
    )


def label(prefix: str, number: int) -> str:
    """What is printed and called.

    >>> label("A", 47)
    'A047'
    """
    return f"{prefix}{number:03d}"


def lease(queue: Queue, command: LeaseNumbers, by: str) -> tuple[Event, ...]:
    """Numbers for a kiosk's own use, from the top of the range, so that the hub's own numbers run on without a gap."""
    service = _service(queue, command.service)
    others = [held for held in queue.leases if held.prefix == service.prefix]
    mine = next((held for held in others if (held.device, held.service) == (by, service.id)), None)
    if mine and service.first_number <= mine.first and mine.last <= service.last_number:
        return ()
    least, most = _range(queue, service)
    others = [held for held in _within(queue, service, least, most) if held is not mine]
    first, last = highest_gap(least, most, others, size_for(by, LEASE_SIZE, least, most))
    if first <= max(queue.numbers.get(service.prefix, 0), least) or first < keeps_from(by, least, most):
        raise NotAllowed(Refusal.DAY_FULL)
    return (NumbersLeased(Lease(by, service.id, service.prefix, first, last)),)


def register(queue: Queue, command: RegisterTicket, by: str, now_ms: int) -> tuple[Event, ...]:
    """A number that a kiosk gave on its own takes its place by the time at which it was given.

    It is taken as it is, since the paper is in somebody's hand; only a number that was never the kiosk's, or was taken
    in already, is refused.
    """
    service = _service(queue, command.service)
    if command.day != queue.day:
        raise NotAllowed(Refusal.UNKNOWN_TICKET)  # its day is over: nobody holds that paper any more
    mine = next((held for held in queue.leases if (held.device, held.service) == (by, service.id)), None)
    held = mine is not None and mine.first <= command.number <= mine.last
    if not held and not _leased_by_the_hub_before(queue, service, command.number):
        raise NotAllowed(Refusal.NOT_LEASED)
    name = label(mine.prefix if mine is not None and held else service.prefix, command.number)
    if any(ticket.label == name for ticket in queue.tickets.values()):
        raise NotAllowed(Refusal.NOT_LEASED)
    arrived_ms = min(max(command.given_at_ms, queue.opened_ms), now_ms)
    events: list[Event] = []
    unanswered = queue.tickets.get(command.instead_of)
    if unanswered is not None and may(unanswered.state, Move.CANCEL):
        events.append(TicketCancelled(unanswered.id))
        arrived_ms = min(arrived_ms, unanswered.arrived_ms)
    proven = priority_from(command.birth_date, queue.day) if command.birth_date else Priority.NONE
    events.append(
        TicketIssued(
            ticket=command.id,
            label=name,
            number=command.number,
            service=service.id,
            document=command.document,
            issuer=by,
            ahead=len(queue.waiting_for(service.id)),
            priority=proven,
            claim=command.claim if proven is Priority.NONE else Priority.NONE,
            room=rooms.assigned(queue, service.id),
            steps=tuple(Step(following) for following in service.route),
            arrived_ms=arrived_ms,
        )
    )
    if command.printed:
        events.append(TicketPrinted(command.id, by))
    return tuple(events)


def _range(queue: Queue, service: Service) -> tuple[int, int]:
    """The first and the last number that are this hub's to give or to set aside: the service's, or those of its own
    block while a hub before it may be giving the others."""
    if not queue.term.block:
        return service.first_number, service.last_number
    block = block_for(queue.term.block, queue.leases, service)
    if block is None:
        raise NotAllowed(Refusal.DAY_FULL)
    return block.first, block.last


def _free(queue: Queue, service: Service) -> tuple[int, int]:
    """The same, without what is set aside for others."""
    first, last = _range(queue, service)
    return first, min([*(held.first - 1 for held in _within(queue, service, first, last)), last])


def _within(queue: Queue, service: Service, first: int, last: int) -> list[Lease]:
    """What is set aside of the numbers that are this hub's: a successor's block lies within that of the hub before."""
    others = [held for held in queue.leases if held.prefix == service.prefix and held.device != queue.term.block]
    return [held for held in others if first <= held.first and held.last <= last] if queue.term.block else others


def _leased_by_the_hub_before(queue: Queue, service: Service, number: int) -> bool:
    """Whether a hub before this one can have set this number aside without this one's knowing."""
    if not queue.term.block:
        return False
    holding = [held for held in queue.leases if held.prefix == service.prefix and held.first <= number <= held.last]
    return not holding and service.first_number <= number <= service.last_number


def _service(queue: Queue, service_id: str) -> Service:
    """A service that some counter gives."""
    if not queue.plan.desks.get(service_id):
        raise NotAllowed(Refusal.UNKNOWN_SERVICE)
    return queue.plan.services[service_id]
