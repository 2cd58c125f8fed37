"""The site's queue: a value that only events change, and the rules by which commands become events."""

from immutables import Map
from msgspec import Struct
from msgspec.structs import replace

from edge.contracts.catalogue import Catalogue, Counter
from edge.contracts.commands import (
    CallNext,
    Command,
    ConfirmPrint,
    Finish,
    IssueTicket,
    MarkNoShow,
    Recall,
    ReportPrintFault,
)
from edge.contracts.events import (
    CatalogueAdopted,
    DayOpened,
    Entry,
    Event,
    PrintFailed,
    TicketAskedAgain,
    TicketCalled,
    TicketFinished,
    TicketIssued,
    TicketNoShow,
    TicketPrinted,
    TicketRecalled,
)
from edge.contracts.refusals import Refusal
from edge.contracts.snapshot import Call, Snapshot, issued_ticket, with_call
from edge.contracts.ticket import Paper, State, Ticket
from edge.queueing.order import next_of
from edge.queueing.ticket import LIVE, TRANSITIONS, Move

LAST_NUMBER = 9999
DOUBLE_PRESS_MS = 2000  # a second press this soon is a trembling hand, not a wish for the next person


class NotAllowed(Exception):
    """The rules refuse; ``ticket`` is the id of the ticket that the sender should look at, where there is one."""

    def __init__(self, reason: Refusal, ticket: str = "") -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.ticket = ticket


class Queue(Struct, frozen=True):
    """Everything that is true at the site after ``seq`` entries of the journal.

    ``tickets`` holds every ticket of the business day by id; ``waiting`` is service id → ids of waiting tickets in the
    order of their issue; ``at_counter`` is counter id → id of the ticket called there; ``numbers`` is service id → last
    number given; ``calls`` are the last calls, newest first.
    """

    catalogue: Catalogue
    seq: int = 0
    at_ms: int = 0
    day: str = ""
    tickets: Map[str, Ticket] = Map()
    waiting: Map[str, tuple[str, ...]] = Map()
    at_counter: Map[str, str] = Map()
    numbers: Map[str, int] = Map()
    calls: tuple[Call, ...] = ()

    def ahead_of(self, ticket: Ticket) -> int:
        """How many wait for the same service before this ticket; 0 where it does not wait."""
        waiting = self.waiting.get(ticket.service, ())
        if ticket.state is not State.WAITING:
            return 0
        return len(waiting) - 1 if waiting[-1] == ticket.id else waiting.index(ticket.id)


def decide(queue: Queue, command: Command, *, by: str, now_ms: int, held: tuple[str, ...] = ()) -> tuple[Event, ...]:
    """What happens because of this command: events to append, none where it is already so.

    ``by`` is the device or officer who sent it, ``held`` the tickets that the vault says the same person took for this
    service today. Raises NotAllowed where the rules refuse.
    """
    match command:
        case IssueTicket():
            return _issue(queue, command, by, held)
        case ConfirmPrint() | ReportPrintFault():
            return _note_print(queue, command, by)
        case CallNext():
            return _call_next(queue, command, now_ms)
        case Recall():
            ticket = _ticket_at(queue, command.counter, command.ticket)
            return (TicketRecalled(ticket.id, ticket.label, ticket.service, command.counter),)
        case MarkNoShow():
            return (TicketNoShow(_ticket_at(queue, command.counter, command.ticket).id, command.counter),)
        case Finish():
            return (TicketFinished(_ticket_at(queue, command.counter, command.ticket).id, command.counter),)


def _issue(queue: Queue, command: IssueTicket, by: str, held: tuple[str, ...]) -> tuple[Event, ...]:
    if command.service not in {service.id for service in queue.catalogue.services}:
        raise NotAllowed(Refusal.UNKNOWN_SERVICE)
    service = queue.catalogue.service(command.service)
    for ticket_id in held:
        ticket = queue.tickets.get(ticket_id)
        if ticket is not None and ticket.state in LIVE and ticket.service == service.id:
            return (TicketAskedAgain(ticket.id, by),)
    number = queue.numbers.get(service.id, 0) + 1
    if number > LAST_NUMBER:
        raise NotAllowed(Refusal.DAY_FULL)
    ahead = len(queue.waiting.get(service.id, ()))
    label = f"{service.prefix}{number:03d}"
    return (TicketIssued(command.id, label, number, service.id, command.document, by, ahead),)


def _note_print(queue: Queue, command: ConfirmPrint | ReportPrintFault, by: str) -> tuple[Event, ...]:
    ticket = queue.tickets.get(command.ticket)
    if ticket is None:
        raise NotAllowed(Refusal.UNKNOWN_TICKET)
    if ticket.paper is Paper.PRINTED:
        return ()  # a second slip of the same number changes nothing, and neither does a second one that failed
    if isinstance(command, ConfirmPrint):
        return (TicketPrinted(ticket.id, by),)
    return (PrintFailed(ticket.id, by, command.fault),)


def _call_next(queue: Queue, command: CallNext, now_ms: int) -> tuple[Event, ...]:
    counter = _counter(queue, command.counter)
    current = queue.at_counter.get(counter.id, "")
    if current and current != command.seen:
        raise NotAllowed(Refusal.JUST_CALLED, current)
    if current and now_ms - queue.tickets[current].called_at_ms < DOUBLE_PRESS_MS:
        raise NotAllowed(Refusal.JUST_CALLED, current)
    following = next_of(counter.services, queue.waiting, queue.tickets)
    if not following:
        raise NotAllowed(Refusal.NOBODY_WAITING)
    ticket = queue.tickets[following]
    called = TicketCalled(ticket.id, ticket.label, ticket.service, counter.id)
    return (TicketFinished(current, counter.id), called) if current else (called,)


def _counter(queue: Queue, counter_id: str) -> Counter:
    try:
        return queue.catalogue.counter(counter_id)
    except KeyError:
        raise NotAllowed(Refusal.UNKNOWN_COUNTER) from None


def _ticket_at(queue: Queue, counter_id: str, ticket_id: str) -> Ticket:
    _counter(queue, counter_id)
    if queue.at_counter.get(counter_id) != ticket_id:
        raise NotAllowed(Refusal.NOT_AT_COUNTER, queue.at_counter.get(counter_id, ""))
    return queue.tickets[ticket_id]


def apply(queue: Queue, entry: Entry) -> Queue:
    """The queue after one more entry. Raises ValueError where the entry is not the next one."""
    if entry.seq != queue.seq + 1:
        raise ValueError(f"entry {entry.seq} does not follow {queue.seq}")
    event = entry.event
    match event:
        case CatalogueAdopted():
            changed = replace(queue, catalogue=event.catalogue)
        case DayOpened():
            changed = Queue(queue.catalogue, day=event.day)
        case TicketIssued():
            changed = _add(queue, event, entry.at_ms)
        case TicketAskedAgain():
            changed = queue
        case TicketPrinted():
            changed = _change(queue, replace(queue.tickets[event.ticket], paper=Paper.PRINTED))
        case PrintFailed():
            changed = _change(queue, replace(queue.tickets[event.ticket], paper=Paper.FAILED))
        case TicketCalled():
            ticket = _moved(queue.tickets[event.ticket], Move.CALL)
            ticket = replace(ticket, counter=event.counter, called_at_ms=entry.at_ms)
            left = tuple(t for t in queue.waiting[ticket.service] if t != ticket.id)
            changed = replace(
                _with_call(_change(queue, ticket), event, entry.at_ms),
                waiting=queue.waiting.set(ticket.service, left),
                at_counter=queue.at_counter.set(event.counter, ticket.id),
            )
        case TicketRecalled():
            changed = _with_call(_change(queue, _moved(queue.tickets[event.ticket], Move.RECALL)), event, entry.at_ms)
        case TicketFinished() | TicketNoShow():
            move = Move.FINISH if isinstance(event, TicketFinished) else Move.NO_SHOW
            ticket = replace(_moved(queue.tickets[event.ticket], move), ended_at_ms=entry.at_ms)
            changed = replace(_change(queue, ticket), at_counter=queue.at_counter.delete(event.counter))
    return replace(changed, seq=entry.seq, at_ms=entry.at_ms)


def _add(queue: Queue, event: TicketIssued, at_ms: int) -> Queue:
    ticket = issued_ticket(event, at_ms)
    return replace(
        queue,
        tickets=queue.tickets.set(ticket.id, ticket),
        waiting=queue.waiting.set(ticket.service, (*queue.waiting.get(ticket.service, ()), ticket.id)),
        numbers=queue.numbers.set(ticket.service, ticket.number),
    )


def _moved(ticket: Ticket, move: Move) -> Ticket:
    return replace(ticket, state=TRANSITIONS[ticket.state][move])


def _change(queue: Queue, ticket: Ticket) -> Queue:
    return replace(queue, tickets=queue.tickets.set(ticket.id, ticket))


def _with_call(queue: Queue, event: TicketCalled | TicketRecalled, at_ms: int) -> Queue:
    call = Call(event.ticket, event.label, event.counter, at_ms)
    return replace(queue, calls=with_call(queue.calls, call))


def strands(queue: Queue, catalogue: Catalogue) -> bool:
    """Whether this catalogue would leave someone without the service they wait for or the counter they stand at."""
    wanted = {service for service, waiting in queue.waiting.items() if waiting}
    wanted |= {queue.tickets[t].service for t in queue.at_counter.values()}
    services = {service.id for service in catalogue.services}
    return not (wanted <= services and set(queue.at_counter) <= {counter.id for counter in catalogue.counters})


def snapshot_of(queue: Queue, epoch: str) -> Snapshot:
    """What a client that connects now is told: the live tickets only."""
    live = [t for waiting in queue.waiting.values() for t in waiting] + list(queue.at_counter.values())
    return Snapshot(
        epoch=epoch,
        seq=queue.seq,
        at_ms=queue.at_ms,
        day=queue.day,
        catalogue=queue.catalogue,
        tickets={t: queue.tickets[t] for t in live},
        waiting={service: waiting for service, waiting in queue.waiting.items() if waiting},
        at_counter=dict(queue.at_counter),
        calls=queue.calls,
    )
