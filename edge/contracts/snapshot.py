"""What is true at the site now, as the hub tells a kiosk, a board or a page that has just connected.

A client takes one snapshot and then folds the events that follow with :func:`follow`; the hub's own queue and this
fold agree after every history (tests/unit/test_queue.py).
"""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from edge.contracts.catalogue import Catalogue
from edge.contracts.changes import ended, issued_ticket, ticket_after
from edge.contracts.counter import Standing
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
    TicketAskedAgain,
    TicketCalled,
    TicketIssued,
    TicketRated,
    TicketRecalled,
)
from edge.contracts.face import Contest
from edge.contracts.notice import MINUTE_MS, MOST_STANDING, SpotNotice
from edge.contracts.ticket import State, Ticket

RECENT_CALLS = 12


class Call(Struct, frozen=True):
    """One call, for the list of the last numbers called: newest first, a recall moves its number to the front."""

    ticket: str
    label: str
    counter: str
    at_ms: int


class Snapshot(Struct, frozen=True):
    """The live tickets of the day, who stands at which counter, and the last calls.

    ``seq`` is the last entry contained; ``day`` is empty until the hub's clock is trusted. ``tickets`` holds the
    tickets whose life has not ended, by id; ``waiting`` is service id → ids of waiting tickets in the order of their
    arrival; ``at_counter`` is counter id → ticket id; ``standings`` counter id → what the counter is doing (closed,
    where it is missing); ``contests`` are those of the day, by id, settled ones too;
    ``notices`` what was announced on the spot and may still stand on the screens.
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
    standings: Mapping[str, Standing] = {}
    leases: tuple[Lease, ...] = ()
    contests: Mapping[str, Contest] = {}
    notices: tuple[SpotNotice, ...] = ()


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
            return replace(
                now,
                day=event.day,
                tickets={},
                waiting={},
                at_counter={},
                calls=(),
                standings={},
                leases=event.leases,
                contests={},
                notices=(),
            )
        case TicketIssued():
            return _with_ticket(now, issued_ticket(event, entry.at_ms))
        case CounterChanged():
            return replace(
                now, standings={**now.standings, event.counter: standing_after(now.standings, event, entry.at_ms)}
            )
        case NumbersLeased():
            return replace(now, leases=leases_after(now.leases, event.lease))
        case ActionUndone():
            for ticket in event.tickets:
                now = _with_ticket(now, ticket)
            return replace(now, calls=without_uncalled(now.calls, event))
        case NumberContested() | ContestSettled():
            contest = contest_after(now.contests.get(event.contest), event, entry.at_ms)
            return replace(now, contests={**now.contests, contest.id: contest})
        case Announced() | NoticeEnded():
            return replace(now, notices=notices_after(now.notices, event, entry.at_ms))
        case TicketAskedAgain() | TicketRated() | DocumentRead() | EligibilityChecked():
            return now
        case ConsentGiven() | ChipMatched() | PersonErased() | HubSucceeded() | HubRetired():
            return now
    known = snapshot.tickets.get(event.ticket)
    if known is None:  # its life ended before, as when a slip is confirmed late
        return now
    now = _with_ticket(now, ticket_after(known, event, entry.at_ms))
    if isinstance(event, TicketCalled | TicketRecalled):
        standing = standing_after(now.standings, event, entry.at_ms)
        call = Call(event.ticket, event.label, event.counter, entry.at_ms)
        now = replace(now, calls=with_call(now.calls, call), standings={**now.standings, event.counter: standing})
    return now


def _with_ticket(snapshot: Snapshot, ticket: Ticket) -> Snapshot:
    before = snapshot.tickets.get(ticket.id)
    tickets = {**snapshot.tickets, ticket.id: ticket}
    if ended(ticket):
        del tickets[ticket.id]
    waiting = dict(snapshot.waiting)
    for service in {ticket.service, before.service if before else ticket.service}:
        there = [tickets[t] for t in waiting.pop(service, ()) if t != ticket.id]
        if ticket.state is State.WAITING and ticket.service == service:
            there.append(ticket)
        if there:
            there.sort(key=lambda t: (t.arrived_ms, t.number, t.id))
            waiting[service] = tuple(t.id for t in there)
    at_counter = {c: t for c, t in snapshot.at_counter.items() if t != ticket.id}
    if ticket.state is State.CALLED:
        at_counter[ticket.counter] = ticket.id
    return replace(snapshot, tickets=tickets, waiting=waiting, at_counter=at_counter)


def standing_after(
    standings: Mapping[str, Standing], event: CounterChanged | TicketCalled | TicketRecalled, at_ms: int
) -> Standing:
    """What a counter is doing after it changed its state or called somebody."""
    before = standings.get(event.counter, Standing())
    if isinstance(event, CounterChanged):
        return replace(before, state=event.state, pause=event.pause, since_ms=at_ms)
    return replace(before, last_call_ms=at_ms)


def contest_after(contest: Contest | None, event: NumberContested | ContestSettled, at_ms: int) -> Contest:
    """A contest as it begins, or as it has ended."""
    if isinstance(event, NumberContested):
        return Contest(event.contest, event.ticket, event.service, event.issuer, event.face, at_ms)
    if contest is None:
        raise ValueError(f"the contest {event.contest} ended without having begun")
    return replace(contest, verdict=event.verdict)


def notices_after(
    notices: tuple[SpotNotice, ...], event: Announced | NoticeEnded, at_ms: int
) -> tuple[SpotNotice, ...]:
    """What may stand on the screens after one more notice, which displaces the eldest where there are too many, or
    after one was taken away."""
    left = tuple(notice for notice in notices if notice.id != event.notice and at_ms < notice.until_ms)
    if isinstance(event, NoticeEnded) or not event.minutes:
        return left
    until_ms = at_ms + event.minutes * MINUTE_MS
    fresh = SpotNotice(event.notice, event.text_vi, event.text_en, event.zones, event.urgent, at_ms, until_ms)
    return (*left, fresh)[-MOST_STANDING:]


def leases_after(leases: tuple[Lease, ...], lease: Lease) -> tuple[Lease, ...]:
    """The leases after one more, which takes the place of the kiosk's former one for the service."""
    same = (lease.device, lease.service)
    return (*(held for held in leases if (held.device, held.service) != same), lease)


def with_call(calls: tuple[Call, ...], call: Call) -> tuple[Call, ...]:
    """The last calls after one more."""
    return (call, *[c for c in calls if c.ticket != call.ticket])[:RECENT_CALLS]


def without_uncalled(calls: tuple[Call, ...], event: ActionUndone) -> tuple[Call, ...]:
    """The last calls after an undo: a ticket that waits again was never called."""
    waiting = {ticket.id for ticket in event.tickets if ticket.state is State.WAITING}
    return tuple(call for call in calls if call.ticket not in waiting)
