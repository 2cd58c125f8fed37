"""What may happen: commands become events, or are refused. Pure; every room of the queue is decided here or below."""

from collections.abc import Mapping
from typing import NamedTuple

from edge.contracts.catalogue import Counter
from edge.contracts.commands import (
    AdoptCatalogue,
    CallNext,
    CallTicket,
    CancelTicket,
    Command,
    ConfirmPrint,
    Finish,
    GiveNumber,
    IssueTicket,
    LeaseNumbers,
    LinkPerson,
    MarkNoShow,
    MergeTickets,
    Park,
    Rate,
    Recall,
    Refer,
    RegisterTicket,
    ReportEligibility,
    ReportPrintFault,
    ReportReading,
    RetireHub,
    ReturnToQueue,
    SendToTests,
    SetCounter,
    SetPriority,
    TakePayment,
    Transfer,
    Undo,
)
from edge.contracts.counter import CounterState, Pause
from edge.contracts.events import (
    ActionUndone,
    Announced,
    CounterChanged,
    DocumentRead,
    EligibilityChecked,
    Event,
    HubRetired,
    NoticeEnded,
    Onward,
    PaymentTaken,
    PrintFailed,
    PrioritySet,
    TicketCalled,
    TicketCancelled,
    TicketFinished,
    TicketMerged,
    TicketNoShow,
    TicketParked,
    TicketPrinted,
    TicketRated,
    TicketRecalled,
    TicketReturned,
)
from edge.contracts.face import AskAgain, AskOfficer, ErasePerson, SettleContest
from edge.contracts.notice import Announce, EndNotice
from edge.contracts.refusals import Refusal
from edge.contracts.ticket import Paper, Priority, State, Step, Ticket
from edge.queueing import faces, numbers, rooms
from edge.queueing.edition import adopted
from edge.queueing.order import next_of
from edge.queueing.queue import Queue
from edge.queueing.refused import NotAllowed
from edge.queueing.returning import may_return
from edge.queueing.route import onward, sent_on
from edge.queueing.ticket import Move, may

DOUBLE_PRESS_MS = 2000  # a second press this soon is a trembling hand, not a wish for the next person
UNDO_MS = 10_000
RATING_MS = 10 * 60_000
MINUTE_MS = 60_000


class Undoable(NamedTuple):
    """What a counter did last: the tickets that it touched, as they were before and as they are since."""

    command: str
    at_ms: int
    before: tuple[Ticket, ...]
    after: tuple[Ticket, ...]


def decide(
    queue: Queue,
    command: Command,
    *,
    by: str,
    now_ms: int,
    held: tuple[str, ...] = (),
    undoable: Mapping[str, Undoable] = {},
    evidence: faces.Evidence | None = None,
    kept: tuple[str, ...] = (),
) -> tuple[Event, ...]:
    """What happens because of this command: events to append, none where it is already so.

    ``by`` is the device or officer who sent it, ``held`` the tickets that the vault says the same person took for this
    service today, ``undoable`` counter id → what it did last, ``evidence`` what is known of the face that the command
    names, ``kept`` the tickets of the person to be erased for which the vault keeps something. Raises NotAllowed where
    the rules refuse.
    """
    match command:
        case IssueTicket():
            return numbers.issue(queue, command, by, now_ms, held, evidence)
        case ConfirmPrint() | ReportPrintFault():
            return _note_print(queue, command, by)
        case ReportReading():
            return (DocumentRead(by, command.document, command.fault),)
        case ReportEligibility():
            return (EligibilityChecked(by, command.outcome, command.code),)
        case RetireHub():
            return (HubRetired(command.generation),) if command.generation in queue.term.alive else ()
        case CallNext():
            return _call_next(queue, command, now_ms)
        case Finish():
            ticket = _ticket_at(queue, command.counter, command.ticket)
            return _finished(queue, ticket, now_ms)
        case CallTicket():
            return _call_ticket(queue, command, now_ms)
        case Recall():
            ticket = _ticket_at(queue, command.counter, command.ticket)
            return (TicketRecalled(ticket.id, ticket.label, ticket.service, command.counter),)
        case MarkNoShow():
            return (TicketNoShow(_ticket_at(queue, command.counter, command.ticket).id, command.counter),)
        case Park():
            return (TicketParked(_ticket_at(queue, command.counter, command.ticket).id, command.counter),)
        case Transfer():
            ticket = _ticket_at(queue, command.counter, command.ticket)
            return (_transferred(queue, ticket, command.service, command.room, Onward.TRANSFER, now_ms),)
        case SendToTests():
            return _send_to_tests(queue, command, now_ms)
        case SetCounter():
            return _set_counter(queue, command)
        case Undo():
            return _undo(queue, command, now_ms, undoable)
        case Rate():
            return _rate(queue, command, now_ms)
        case GiveNumber():
            return numbers.give(queue, command, now_ms)
        case SetPriority():
            ticket = _known(queue, command.ticket)
            if ticket.state not in (State.WAITING, State.CALLED, State.PARKED):
                raise NotAllowed(Refusal.NOT_WAITING, ticket.id)
            same = ticket.priority is command.priority and ticket.claim is Priority.NONE
            return () if same else (PrioritySet(ticket.id, command.priority),)
        case ReturnToQueue():
            return _return(queue, command, now_ms)
        case Refer():
            ticket = _movable(queue, command.ticket, Move.SEND_ON)
            if ticket.state is not State.WAITING:
                raise NotAllowed(Refusal.NOT_WAITING, ticket.id)
            return (_transferred(queue, ticket, command.service, command.room, Onward.REFERRAL, now_ms),)
        case CancelTicket():
            return (TicketCancelled(_movable(queue, command.ticket, Move.CANCEL).id),)
        case MergeTickets():
            return _merge(queue, command)
        case TakePayment():
            return (_paid(queue, command),)
        case LinkPerson():
            _known(queue, command.ticket)
            return ()
        case LeaseNumbers():
            return numbers.lease(queue, command, by)
        case RegisterTicket():
            return numbers.register(queue, command, by, now_ms)
        case AskAgain():
            return faces.ask_again(queue, command, by, now_ms, evidence)
        case AskOfficer():
            return faces.ask_officer(queue, command, by, now_ms, evidence)
        case SettleContest():
            return faces.settle(queue, command, by)
        case ErasePerson():
            return faces.erase(queue, command, by, kept)
        case Announce():
            zones = {counter.zone for counter in queue.catalogue.counters}
            if not zones.issuperset(command.zones):
                raise NotAllowed(Refusal.UNKNOWN_ZONE)
            words = (command.text_vi, command.text_en, command.zones, command.urgent, command.minutes)
            return (Announced(command.id, *words, by),)
        case EndNotice():
            there = any(notice.id == command.notice for notice in queue.notices)
            return (NoticeEnded(command.notice, by),) if there else ()
        case AdoptCatalogue():
            return adopted(queue, command, now_ms)


def _note_print(queue: Queue, command: ConfirmPrint | ReportPrintFault, by: str) -> tuple[Event, ...]:
    ticket = _known(queue, command.ticket)
    if ticket.paper is Paper.PRINTED:
        return ()  # a second slip of the same number changes nothing, and neither does a second one that failed
    if isinstance(command, ConfirmPrint):
        return (TicketPrinted(ticket.id, by),)
    return (PrintFailed(ticket.id, by, command.fault),)


def _call_next(queue: Queue, command: CallNext, now_ms: int) -> tuple[Event, ...]:
    counter = _counter(queue, command.counter)
    leaving = _leaving(queue, counter.id, command.seen, now_ms)
    turn = queue.turns.get(counter.id, 0)
    following = next_of(counter, queue.lanes, queue.plan.policy, now_ms, turn)
    moved: tuple[Event, ...] = ()
    if not following:
        taken_over = rooms.for_idle(queue, counter.id)
        if not taken_over:
            raise NotAllowed(Refusal.NOBODY_WAITING)
        moved, following = taken_over, taken_over[0].ticket
    ticket = queue.tickets[following]
    called = TicketCalled(ticket.id, ticket.label, ticket.service, counter.id)
    return (*_opened(queue, counter.id), *leaving, *moved, called)


def _call_ticket(queue: Queue, command: CallTicket, now_ms: int) -> tuple[Event, ...]:
    counter = _counter(queue, command.counter)
    leaving = _leaving(queue, counter.id, command.seen, now_ms)
    ticket = _movable(queue, command.ticket, Move.CALL)
    if ticket.service not in counter.services:
        raise NotAllowed(Refusal.NOT_SERVED_HERE, ticket.id)
    turn = queue.turns.get(counter.id, 0)
    parked_here = ticket.state is State.PARKED and ticket.counter == counter.id
    in_turn = parked_here or next_of(counter, queue.lanes, queue.plan.policy, now_ms, turn) == ticket.id
    if not in_turn and command.reason is None:
        raise NotAllowed(Refusal.REASON_NEEDED, ticket.id)
    reason = None if in_turn else command.reason
    called = TicketCalled(ticket.id, ticket.label, ticket.service, counter.id, reason)
    return (*_opened(queue, counter.id), *leaving, called)


def _leaving(queue: Queue, counter_id: str, seen: str, now_ms: int) -> tuple[Event, ...]:
    """What becomes of the person at the counter when it calls another. Two presses on one picture call one person."""
    current = queue.at_counter.get(counter_id, "")
    if not current:
        return ()
    if current != seen or now_ms - queue.tickets[current].called_at_ms < DOUBLE_PRESS_MS:
        raise NotAllowed(Refusal.JUST_CALLED, current)
    return _finished(queue, queue.tickets[current], now_ms)


def _finished(queue: Queue, ticket: Ticket, now_ms: int) -> tuple[Event, ...]:
    return (onward(queue, ticket, now_ms) or TicketFinished(ticket.id, ticket.counter),)


def _opened(queue: Queue, counter_id: str) -> tuple[Event, ...]:
    """Whoever calls is there: a counter that was not open is, from now on."""
    is_open = queue.standing(counter_id).state is CounterState.OPEN
    return () if is_open else (CounterChanged(counter_id, CounterState.OPEN),)


def _transferred(queue: Queue, ticket: Ticket, service: str, room: str, why: Onward, now_ms: int) -> Event:
    if not queue.plan.desks.get(service):
        raise NotAllowed(Refusal.UNKNOWN_SERVICE, ticket.id)
    if room and service not in _counter(queue, room).services:
        raise NotAllowed(Refusal.NOT_SERVED_HERE, ticket.id)
    if room and queue.standing(room).state is CounterState.CLOSED:
        raise NotAllowed(Refusal.COUNTER_CLOSED, ticket.id)
    arrived_ms = ticket.arrived_ms if queue.plan.policy.transfer_keeps_place else now_ms
    return sent_on(queue, ticket, Step(service, room), ticket.steps, why, arrived_ms, now_ms)


def _send_to_tests(queue: Queue, command: SendToTests, now_ms: int) -> tuple[Event, ...]:
    ticket = _ticket_at(queue, command.counter, command.ticket)
    if not all(queue.plan.desks.get(service) for service in command.services):
        raise NotAllowed(Refusal.UNKNOWN_SERVICE, ticket.id)
    first, *rest = (Step(service) for service in command.services)
    steps = (*rest, Step(ticket.service, command.counter), *ticket.steps)
    return (sent_on(queue, ticket, first, steps, Onward.TESTS, now_ms, now_ms),)


def _set_counter(queue: Queue, command: SetCounter) -> tuple[Event, ...]:
    counter = _counter(queue, command.counter)
    standing = queue.standing(counter.id)
    pause = command.pause if command.state is CounterState.PAUSED else Pause.NONE
    if (standing.state, standing.pause) == (command.state, pause):
        return ()
    if command.state is CounterState.CLOSED and counter.id in queue.at_counter:
        raise NotAllowed(Refusal.COUNTER_BUSY, queue.at_counter[counter.id])
    changed = CounterChanged(counter.id, command.state, pause)
    return (changed, *(() if command.state is CounterState.OPEN else rooms.left_by(queue, counter.id, command.state)))


def _undo(queue: Queue, command: Undo, now_ms: int, undoable: Mapping[str, Undoable]) -> tuple[Event, ...]:
    done = undoable.get(_counter(queue, command.counter).id)
    if done is None or done.command != command.command or now_ms - done.at_ms > UNDO_MS:
        raise NotAllowed(Refusal.TOO_LATE)
    if any(queue.tickets.get(ticket.id) != ticket for ticket in done.after):
        raise NotAllowed(Refusal.TOO_LATE)
    return (ActionUndone(command.counter, done.before, done.after, done.at_ms),)


def _rate(queue: Queue, command: Rate, now_ms: int) -> tuple[Event, ...]:
    counter = _counter(queue, command.counter)
    served = queue.served.get(counter.id)
    if served is None or now_ms - served.at_ms > RATING_MS or command.ticket not in ("", served.ticket):
        raise NotAllowed(Refusal.NOTHING_TO_RATE)
    return (TicketRated(served.ticket, served.service, counter.id, command.score, command.complaint),)


def _paid(queue: Queue, command: TakePayment) -> PaymentTaken:
    ticket = _ticket_at(queue, command.counter, command.ticket)
    service = queue.plan.services.get(ticket.service)
    if service is None or not service.fees:
        raise NotAllowed(Refusal.NO_FEES, ticket.id)
    if ticket.paid is command.means:
        raise NotAllowed(Refusal.ALREADY_PAID, ticket.id)
    return PaymentTaken(ticket.id, service.id, command.counter, command.means, ticket.paid, ticket.paid_at_ms)


def _return(queue: Queue, command: ReturnToQueue, now_ms: int) -> tuple[Event, ...]:
    ticket = _movable(queue, command.ticket, Move.RETURN)
    if not may_return(queue, ticket, now_ms):
        raise NotAllowed(Refusal.GRACE_OVER, ticket.id)
    return (TicketReturned(ticket.id, ticket.service),)


def _merge(queue: Queue, command: MergeTickets) -> tuple[Event, ...]:
    if command.ticket == command.into:
        raise NotAllowed(Refusal.SAME_TICKET, command.ticket)
    ticket, into = _movable(queue, command.ticket, Move.MERGE), _known(queue, command.into)
    if into.state not in (State.WAITING, State.CALLED, State.PARKED):
        raise NotAllowed(Refusal.NOT_WAITING, into.id)
    merged = TicketMerged(ticket.id, into.id)
    if ticket.priority is not Priority.NONE and into.priority is Priority.NONE:
        return (merged, PrioritySet(into.id, ticket.priority))  # a child brings its priority to the family
    return (merged,)


def _known(queue: Queue, ticket_id: str) -> Ticket:
    try:
        return queue.tickets[ticket_id]
    except KeyError:
        raise NotAllowed(Refusal.UNKNOWN_TICKET) from None


def _movable(queue: Queue, ticket_id: str, move: Move) -> Ticket:
    ticket = _known(queue, ticket_id)
    if not may(ticket.state, move):
        raise NotAllowed(Refusal.NOT_WAITING, ticket.id)
    return ticket


def _counter(queue: Queue, counter_id: str) -> Counter:
    try:
        return queue.plan.counters[counter_id]
    except KeyError:
        raise NotAllowed(Refusal.UNKNOWN_COUNTER) from None


def _ticket_at(queue: Queue, counter_id: str, ticket_id: str) -> Ticket:
    _counter(queue, counter_id)
    if queue.at_counter.get(counter_id) != ticket_id:
        raise NotAllowed(Refusal.NOT_AT_COUNTER, queue.at_counter.get(counter_id, ""))
    return queue.tickets[ticket_id]
