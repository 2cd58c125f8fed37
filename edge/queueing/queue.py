"""The site's queue: a value that only events change. Which events may happen is for ``edge.queueing.rules``."""

from bisect import bisect_left

from immutables import Map
from msgspec import Struct
from msgspec.structs import replace

from edge.contracts.catalogue import Catalogue, Discipline
from edge.contracts.changes import TicketEvent, ended, issued_ticket, ticket_after
from edge.contracts.counter import CLOSED, Standing
from edge.contracts.events import (
    ActionUndone,
    Announced,
    CatalogueAdopted,
    ChipMatched,
    ConsentGiven,
    ContestSettled,
    CounterChanged,
    DayOpened,
    DocumentRead,
    EligibilityChecked,
    Entry,
    HubRetired,
    HubSucceeded,
    Lease,
    NoticeEnded,
    NumberContested,
    NumbersLeased,
    PersonErased,
    PrintFailed,
    TicketAskedAgain,
    TicketCalled,
    TicketFinished,
    TicketIssued,
    TicketNoShow,
    TicketPrinted,
    TicketRated,
    TicketRecalled,
    TicketSentOn,
)
from edge.contracts.face import ChipVerdict, Contest
from edge.contracts.notice import SpotNotice
from edge.contracts.snapshot import (
    Call,
    Snapshot,
    contest_after,
    leases_after,
    notices_after,
    standing_after,
    with_call,
    without_uncalled,
)
from edge.contracts.term import Term
from edge.contracts.ticket import State, Ticket
from edge.queueing.arrivals import Counts, Usuals, counted, taken_up
from edge.queueing.experience import KEPT_AT_DESK, NO_TEMPO, Errors, Tempos, taken_over, with_error
from edge.queueing.order import NORMAL, Lane, Lanes, Place, lane_of, rank_of, turn_after
from edge.queueing.plan import Plan
from edge.queueing.spans import paused_ms
from edge.queueing.succession import counts, term_after

KEPT_WAITS = 60
_RATIO = Discipline.RATIO
_WAITING, _CALLED = State.WAITING, State.CALLED  # a look-up in the class takes ten times as long
_PRINTING = (TicketPrinted, PrintFailed)


class Served(Struct, frozen=True):
    """The service given last at a counter, which its patient may still rate."""

    ticket: str
    service: str
    at_ms: int


class Waited(Struct, frozen=True):
    """How long somebody of a rank waited until the call, for the alarm on inversion."""

    rank: int
    waited_ms: int


class Queue(Struct, frozen=True):
    """Everything that is true at the site after ``seq`` entries of the journal.

    ``tickets`` holds every ticket of the business day by id; ``lanes`` the places of those who wait; ``at_counter``
    is counter id → id of the ticket called there; ``standings`` counter id → what it is doing; ``turns`` counter id →
    how far it has come in its cycle of p:n; ``numbers`` prefix → last number given; ``served`` counter id → what can
    be rated; ``calls`` are the last calls, newest first; ``contests`` are those of the day, ``chips`` ticket id → how
    its holder compares with the chip; ``notices`` stand on the screens. ``tempos`` (service id → durations),
    ``desk_tempos`` (counter id → durations) and ``errors`` are what waiting times are estimated from, ``waits``
    service id → the last waits, ``overtaking`` service id → people with priority today by half hour, ``usual``
    service id → on a usual day. ``term`` says which hub this is, and where its numbers come from.
    """

    plan: Plan
    seq: int = 0
    at_ms: int = 0
    day: str = ""
    opened_ms: int = 0
    tickets: Map[str, Ticket] = Map()
    lanes: Lanes = Map()
    at_counter: Map[str, str] = Map()
    standings: Map[str, Standing] = Map()
    turns: Map[str, int] = Map()
    numbers: Map[str, int] = Map()
    served: Map[str, Served] = Map()
    leases: tuple[Lease, ...] = ()
    calls: tuple[Call, ...] = ()
    contests: Map[str, Contest] = Map()
    notices: tuple[SpotNotice, ...] = ()
    chips: Map[str, ChipVerdict] = Map()
    tempos: Tempos = Map()
    desk_tempos: Tempos = Map()
    errors: Errors = Map()
    waits: Map[str, tuple[Waited, ...]] = Map()
    overtaking: Counts = Map()
    usual: Usuals = Map()
    term: Term = Term()

    @property
    def catalogue(self) -> Catalogue:
        """What the site works by."""
        return self.plan.catalogue

    def standing(self, counter_id: str) -> Standing:
        """What a counter is doing; closed, until it is opened for the day."""
        return self.standings.get(counter_id, CLOSED)

    def waiting_for(self, service_id: str) -> tuple[Ticket, ...]:
        """Those who wait for a service, in the order of their arrival."""
        places = sorted(place for lane, places in self.lanes.items() if lane.service == service_id for place in places)
        return tuple(self.tickets[place.ticket] for place in places)


def new_queue(catalogue: Catalogue, seq: int = 0) -> Queue:
    """The queue of a site where nothing has happened since the entry ``seq``."""
    return Queue(Plan(catalogue), seq=seq)


def apply(queue: Queue, entry: Entry) -> Queue:
    """The queue after one more entry. Raises ValueError where the entry is not the next one."""
    if entry.seq != queue.seq + 1:
        raise ValueError(f"entry {entry.seq} does not follow {queue.seq}")
    return replace(_after(queue, entry), seq=entry.seq, at_ms=entry.at_ms)


def _after(queue: Queue, entry: Entry) -> Queue:
    event, at_ms = entry.event, entry.at_ms
    match event:
        case TicketIssued():
            return _numbered(_put(queue, None, issued_ticket(event, at_ms), at_ms), event)
        case TicketPrinted() | TicketCalled() | TicketFinished():  # the commonest
            return _about_ticket(queue, event, at_ms)
        case TicketAskedAgain() | DocumentRead() | EligibilityChecked():
            return queue
        case ConsentGiven() | PersonErased():
            return queue
        case HubSucceeded() | HubRetired():
            return replace(queue, term=term_after(queue.term, event))
        case ChipMatched():
            return replace(queue, chips=queue.chips.set(event.ticket, event.verdict))
        case NumberContested() | ContestSettled():
            contest = contest_after(queue.contests.get(event.contest), event, at_ms)
            return replace(queue, contests=queue.contests.set(contest.id, contest))
        case Announced() | NoticeEnded():
            return replace(queue, notices=notices_after(queue.notices, event, at_ms))
        case CounterChanged():
            return _stands(queue, event, at_ms)
        case NumbersLeased():
            return replace(queue, leases=leases_after(queue.leases, event.lease))
        case TicketRated():
            return replace(queue, served=queue.served.delete(event.counter))
        case ActionUndone():
            for ticket in event.tickets:
                queue = _put(queue, queue.tickets[ticket.id], ticket, at_ms)
            served, rated = queue.served, queue.served.get(event.counter)
            if rated is not None and any(ticket.id == rated.ticket for ticket in event.tickets):
                served = served.delete(event.counter)
            return replace(queue, served=served, calls=without_uncalled(queue.calls, event))
        case CatalogueAdopted():
            return replace(queue, plan=Plan(event.catalogue))
        case DayOpened():
            tempos, errors = taken_over(event.experience)
            usual = taken_up(event.experience.arrivals)
            new = Queue(queue.plan, day=event.day, opened_ms=at_ms, leases=event.leases)
            return replace(new, tempos=tempos, errors=errors, usual=usual, term=event.term)
    return _about_ticket(queue, event, at_ms)


def _numbered(queue: Queue, event: TicketIssued) -> Queue:
    """The number is used up; those that a kiosk gave of its own do not count for the hub's."""
    prefix = event.label.rstrip("0123456789")
    if not counts(queue.term, queue.leases, prefix, event.number):
        return queue
    return replace(queue, numbers=queue.numbers.set(prefix, max(event.number, queue.numbers.get(prefix, 0))))


def _about_ticket(queue: Queue, event: TicketEvent, at_ms: int) -> Queue:
    before = queue.tickets[event.ticket]
    after = ticket_after(before, event, at_ms)
    if isinstance(event, _PRINTING):  # moves nobody
        return replace(queue, tickets=queue.tickets.set(after.id, after))
    changed = _put(queue, before, after, at_ms)
    match event:
        case TicketCalled():
            changed = _learnt_wait(changed, before, at_ms) if event.reason is None else changed
            if queue.plan.policy.discipline is _RATIO:
                turn = turn_after(queue.turns.get(event.counter, 0), rank_of(before.priority), queue.plan.policy)
                changed = replace(changed, turns=queue.turns.set(event.counter, turn))
            return _called(changed, event, at_ms)
        case TicketRecalled():
            return _called(changed, event, at_ms)
        case TicketFinished() | TicketSentOn() if event.counter:
            served = Served(before.id, before.service, at_ms)
            changed = replace(changed, served=queue.served.set(event.counter, served))
            return _learnt_duration(changed, before, event.counter, at_ms)
        case TicketNoShow():
            return _learnt_duration(changed, before, event.counter, at_ms)
    return changed


def _put(queue: Queue, before: Ticket | None, after: Ticket, at_ms: int) -> Queue:
    """The queue with this ticket as it is now; where it waits or stands follows from the ticket alone."""
    lanes, at_counter = queue.lanes, queue.at_counter
    if before is not None and before.state is _WAITING:
        lanes = _without(lanes, lane_of(before), _place(before))
    elif before is not None and before.state is _CALLED and at_counter.get(before.counter) == before.id:
        at_counter = at_counter.delete(before.counter)
    if after.state is _WAITING:
        lane = lane_of(after)
        lanes = _with(lanes, lane, _place(after))
        if lane.rank != NORMAL and _begins_to_overtake(before, after):
            queue = replace(queue, overtaking=counted(queue.overtaking, after.service, at_ms))
    elif after.state is _CALLED:
        at_counter = at_counter.set(after.counter, after.id)
    return replace(queue, tickets=queue.tickets.set(after.id, after), lanes=lanes, at_counter=at_counter)


def _begins_to_overtake(before: Ticket | None, after: Ticket) -> bool:
    return before is None or before.service != after.service or rank_of(before.priority) == NORMAL


def _place(ticket: Ticket) -> Place:
    return Place(ticket.arrived_ms, ticket.number, ticket.id)


def _with(lanes: Lanes, lane: Lane, place: Place) -> Lanes:
    there = lanes.get(lane, ())
    if not there or there[-1] < place:
        return lanes.set(lane, (*there, place))
    at = bisect_left(there, place)
    return lanes.set(lane, (*there[:at], place, *there[at:]))


def _without(lanes: Lanes, lane: Lane, place: Place) -> Lanes:
    there = lanes[lane]
    if len(there) == 1:
        return lanes.delete(lane)
    at = bisect_left(there, place)
    return lanes.set(lane, there[:at] + there[at + 1 :])


def _stands(queue: Queue, event: CounterChanged, at_ms: int) -> Queue:
    standing = standing_after(queue.standings, event, at_ms)
    return replace(queue, standings=queue.standings.set(event.counter, standing))


def _called(queue: Queue, event: TicketCalled | TicketRecalled, at_ms: int) -> Queue:
    call = Call(event.ticket, event.label, event.counter, at_ms)
    standing = standing_after(queue.standings, event, at_ms)
    return replace(queue, standings=queue.standings.set(event.counter, standing), calls=with_call(queue.calls, call))


def _learnt_wait(queue: Queue, ticket: Ticket, at_ms: int) -> Queue:
    if ticket.state is not _WAITING:  # it was parked
        return queue
    spans = queue.plan.calendar.spans_today(ticket.service, at_ms)
    errors = with_error(queue.errors, ticket, at_ms, spans)
    if queue.plan.policy.discipline is not _RATIO:  # no other discipline can invert
        return replace(queue, errors=errors)
    waited = Waited(rank_of(ticket.priority), at_ms - ticket.waiting_since_ms)
    waits = (*queue.waits.get(ticket.service, ())[-(KEPT_WAITS - 1) :], waited)
    return replace(queue, errors=errors, waits=queue.waits.set(ticket.service, waits))


def _learnt_duration(queue: Queue, ticket: Ticket, counter: str, at_ms: int) -> Queue:
    service = ticket.service
    spans = queue.plan.calendar.spans_today(service, at_ms)
    duration_s = (at_ms - ticket.called_at_ms - paused_ms(spans, ticket.called_at_ms, at_ms)) // 1000
    tempos = queue.tempos.set(service, queue.tempos.get(service, NO_TEMPO).plus(duration_s))
    if not ticket.room:  # whoever is free first calls: no counter's own pace is asked for
        return replace(queue, tempos=tempos)
    own = queue.desk_tempos.get(counter, NO_TEMPO).plus(duration_s, KEPT_AT_DESK)
    return replace(queue, tempos=tempos, desk_tempos=queue.desk_tempos.set(counter, own))


def snapshot_of(queue: Queue, epoch: str) -> Snapshot:
    """What a client that connects now is told: the live tickets only."""
    live = {t: ticket for t, ticket in queue.tickets.items() if not ended(ticket)}
    services = sorted({lane.service for lane in queue.lanes})
    return Snapshot(
        epoch=epoch,
        seq=queue.seq,
        at_ms=queue.at_ms,
        day=queue.day,
        catalogue=queue.catalogue,
        tickets=live,
        waiting={service: tuple(t.id for t in queue.waiting_for(service)) for service in services},
        at_counter=dict(queue.at_counter),
        calls=queue.calls,
        standings=dict(queue.standings),
        leases=queue.leases,
        contests=dict(queue.contests),
        notices=queue.notices,
    )
