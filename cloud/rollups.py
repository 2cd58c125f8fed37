"""Entries of a site's journal folded into counts by hour and by day and service: pure, so that any replay agrees."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from edge.contracts.eligibility import Outcome
from edge.contracts.events import (
    ActionUndone,
    CatalogueAdopted,
    ChipMatched,
    ConsentGiven,
    ContestSettled,
    DayOpened,
    DocumentRead,
    EligibilityChecked,
    Entry,
    Event,
    Onward,
    PaymentTaken,
    PersonErased,
    TicketCalled,
    TicketCancelled,
    TicketFinished,
    TicketIssued,
    TicketMerged,
    TicketNoShow,
    TicketRated,
    TicketReturned,
    TicketSentOn,
)
from edge.contracts.face import ChipVerdict, ContestVerdict, Purpose
from edge.contracts.payment import PaymentMeans
from edge.contracts.reading import ReadingFault
from edge.contracts.ticket import Document, Priority, State, Ticket

# Reporting targets (15, 30, 60, 120 min) are edges, so "within 30 minutes" is counted, not estimated.
EDGES_MIN = (1, 2, 3, 5, 7, 10, 15, 20, 25, 30, 40, 50, 60, 75, 90, 120, 180)
BINS = len(EDGES_MIN) + 1
MINUTE_MS = 60_000

_COUNTED = (*Document, *ReadingFault, *Outcome, *Purpose, *ChipVerdict, *ContestVerdict, *PaymentMeans)
_NAMES = {one: one.value.replace("-", "_") for one in _COUNTED}
ISSUED = {document: f"issued_{_NAMES[document]}" for document in Document}
READ = {document: f"read_ok_{_NAMES[document]}" for document in Document}
READ_FAILED = {document: f"read_failed_{_NAMES[document]}" for document in Document}
INSURED = {outcome: f"insurance_{_NAMES[outcome]}" for outcome in Outcome}
AGREED = {purpose: f"agreed_{_NAMES[purpose]}" for purpose in Purpose}
CHIP_FACES = {verdict: f"chip_face_{_NAMES[verdict]}" for verdict in ChipVerdict}
CONTESTS = {verdict: f"contest_{_NAMES[verdict]}" for verdict in ContestVerdict}
UNREAD = {fault: f"unread_{_NAMES[fault]}" for fault in ReadingFault}
PAID = {means: f"paid_{_NAMES[means]}" for means in PaymentMeans}
WAITS = tuple(f"wait_{index:02d}" for index in range(BINS))
SERVICE_TIMES = tuple(f"service_{index:02d}" for index in range(BINS))
RATINGS = tuple(f"rated_{score}" for score in range(1, 6))
MEASURES = (
    *ISSUED.values(),
    "called",
    "finished",
    "no_shows",
    *WAITS,
    *SERVICE_TIMES,
    "issued_priority",
    "transfers",
    "cancelled",
    *RATINGS,
    *READ.values(),
    *READ_FAILED.values(),
    *UNREAD.values(),
    *INSURED.values(),
    "agreed",
    *AGREED.values(),
    *CHIP_FACES.values(),
    *CONTESTS.values(),
    "erased",
    *PAID.values(),
)


class OpenTicket(Struct, frozen=True):
    """A ticket that waits (``called_at_ms`` is 0) since ``issued_at_ms``, or is being served."""

    id: str
    service: str
    issued_at_ms: int
    called_at_ms: int = 0


class SiteState(Struct, frozen=True):
    """What folding needs to know of the entries before: ``open`` holds at least the tickets that the entries name.

    ``day`` is the business day, ``YYYY-MM-DD``, empty before the first.
    """

    time_zone: str
    day: str
    open: Mapping[str, OpenTicket]


class Folded(Struct, frozen=True):
    """The state after the entries, and what to add: (day, hour, measure) → n and (day, service, measure) → n.

    ``new_day``: a day opened among the entries, so tickets open before them are open no longer. What is about no
    service, such as the reading of a document, counts for the service "".
    """

    state: SiteState
    new_day: bool
    hours: Mapping[tuple[str, int, str], int]
    days: Mapping[tuple[str, str, str], int]


def fold(state: SiteState, entries: Sequence[Entry]) -> Folded:
    """Count the entries, which must follow those that made ``state``.

    Each stage of a route counts for its own service: waiting runs from its begin to the first call, serving from there
    to its end; both belong to the hour in which they end, in the site's own time zone, and to the site's business day.
    What an officer took back is uncounted. A ticket that the site never issued, or called, on that day counts for
    nothing.
    """
    counting = _Counting(state)
    for entry in entries:
        counting.take(entry.event, entry.at_ms)
    after = SiteState(counting.zone.key, counting.day, counting.tickets)
    return Folded(after, counting.new_day, counting.hours, counting.days)


class _Counting:
    """The state and the counts while entries are being folded."""

    def __init__(self, state: SiteState) -> None:
        self.zone = ZoneInfo(state.time_zone)
        self.day = state.day
        self.new_day = False
        self.tickets = dict(state.open)
        self.hours: Counter[tuple[str, int, str]] = Counter()
        self.days: Counter[tuple[str, str, str]] = Counter()

    def take(self, event: Event, at_ms: int) -> None:
        """Fold one event."""
        match event:
            case CatalogueAdopted():
                self.zone = ZoneInfo(event.catalogue.facility.time_zone)
            case DayOpened():
                self.day, self.new_day = event.day, True
                self.tickets.clear()
            case TicketIssued():
                since_ms = event.arrived_ms or at_ms
                self.tickets[event.ticket] = OpenTicket(event.ticket, event.service, since_ms)
                self._count(since_ms, event.service, ISSUED[event.document])
                if event.priority is not Priority.NONE:
                    self._count(since_ms, event.service, "issued_priority")
            case TicketCalled():
                ticket = self.tickets.get(event.ticket)
                if ticket is not None and not ticket.called_at_ms:
                    self._count_call(ticket.service, ticket.issued_at_ms, at_ms)
                    self.tickets[ticket.id] = OpenTicket(ticket.id, ticket.service, ticket.issued_at_ms, at_ms)
            case TicketFinished() | TicketNoShow() | TicketSentOn() | TicketCancelled() | TicketMerged():
                ticket = self.tickets.pop(event.ticket, None)
                if ticket is not None:
                    self._count_end(ticket, event, at_ms)
            case TicketReturned():
                self.tickets[event.ticket] = OpenTicket(event.ticket, event.service, at_ms)
            case TicketRated():
                self._count(at_ms, event.service, f"rated_{event.score}")
            case PaymentTaken():
                if event.ticket in self.tickets:
                    if event.instead_of is not None:
                        self._count(event.instead_ms, event.service, PAID[event.instead_of], n=-1)
                    self._count(at_ms, event.service, PAID[event.means])
            case DocumentRead():
                self._count(at_ms, "", *_came_of(event))
            case EligibilityChecked():
                self._count(at_ms, "", INSURED[event.outcome])
            case ConsentGiven():
                self._count(at_ms, "", "agreed", *(AGREED[purpose] for purpose in event.purposes))
            case ChipMatched():
                self._count(at_ms, "", CHIP_FACES[event.verdict])
            case ContestSettled():
                self._count(at_ms, "", CONTESTS[event.verdict])
            case PersonErased():
                self._count(at_ms, "", "erased")
            case ActionUndone():
                # The first hubs did not say what they undid; cloud.admission sees to it that all or none is there.
                for undone, before in zip(event.undone, event.tickets, strict=False):
                    self._uncount(undone, before, event.done_at_ms)
            case _:
                pass

    def _count(self, at_ms: int, service: str, *measures: str, n: int = 1) -> None:
        hour = datetime.fromtimestamp(at_ms / 1000, self.zone).hour
        for measure in measures:
            self.hours[self.day, hour, measure] += n
            self.days[self.day, service, measure] += n

    def _count_call(self, service: str, since_ms: int, at_ms: int, n: int = 1) -> None:
        self._count(at_ms, service, "called", WAITS[bin_of(at_ms - since_ms)], n=n)

    def _count_end(
        self,
        ticket: OpenTicket,
        event: TicketFinished | TicketNoShow | TicketSentOn | TicketCancelled | TicketMerged,
        at_ms: int,
    ) -> None:
        match event:
            case TicketCancelled() if not ticket.called_at_ms:
                self._count(at_ms, ticket.service, "cancelled")
            case TicketNoShow() if ticket.called_at_ms:
                self._count(at_ms, ticket.service, "no_shows")
            case TicketFinished() | TicketSentOn() if ticket.called_at_ms:
                served = SERVICE_TIMES[bin_of(at_ms - ticket.called_at_ms)]
                self._count(at_ms, ticket.service, "finished", served)
        if isinstance(event, TicketSentOn):
            if event.why in (Onward.TRANSFER, Onward.REFERRAL):
                self._count(at_ms, ticket.service, "transfers")
            self.tickets[ticket.id] = OpenTicket(ticket.id, event.service, at_ms)

    def _uncount(self, undone: Ticket, before: Ticket, at_ms: int) -> None:
        """Take back what the mis-click at ``at_ms`` had counted, and have the ticket open again as it was."""
        match before.state, undone.state:
            case State.WAITING, State.CALLED:
                self._count_call(before.service, before.waiting_since_ms, at_ms, -1)
            case State.CALLED, State.NO_SHOW:
                self._count(at_ms, before.service, "no_shows", n=-1)
            case State.CALLED, State.CALLED:  # a payment
                for ticket, n in ((undone, -1), (before, 1)):
                    if ticket.paid is not None:
                        self._count(ticket.paid_at_ms, ticket.service, PAID[ticket.paid], n=n)
            case State.CALLED, State.FINISHED | State.WAITING:
                served = SERVICE_TIMES[bin_of(at_ms - before.called_at_ms)]
                self._count(at_ms, before.service, "finished", served, n=-1)
                if undone.state is State.WAITING and undone.steps == before.steps:  # any other way changes the route
                    self._count(at_ms, before.service, "transfers", n=-1)
            case _:
                pass
        self.tickets[before.id] = OpenTicket(before.id, before.service, before.waiting_since_ms, before.called_at_ms)


def _came_of(read: DocumentRead) -> tuple[str, ...]:
    """A reading is a success or a failure of its kind of document; a failure has its reason beside."""
    if read.fault is None:
        return (READ[read.document],)
    return (READ_FAILED[read.document], UNREAD[read.fault])


def tickets_named(entries: Sequence[Entry]) -> frozenset[str]:
    """The tickets whose earlier life :func:`fold` must know."""
    named: set[str] = set()
    for entry in entries:
        match entry.event:
            case TicketIssued():
                pass
            case ActionUndone(tickets=tickets):
                named.update(ticket.id for ticket in tickets)
            case event if isinstance(ticket := getattr(event, "ticket", None), str):
                named.add(ticket)
    return frozenset(named)


def bin_of(duration_ms: int) -> int:
    """The histogram bin of a duration: a bin holds its lower edge and not its upper one.

    >>> bin_of(59_999), bin_of(60_000), bin_of(15 * 60_000), bin_of(10**9)
    (0, 1, 7, 17)
    """
    return bisect_right(EDGES_MIN, duration_ms / MINUTE_MS)


def percentile_min(bins: Sequence[int], share: float) -> float:
    """The duration in minutes that ``share`` of those counted in ``bins`` did not exceed, interpolated in its bin.

    Nothing is known above the last edge: a percentile there is the last edge. Raises ValueError where nothing was
    counted.

    >>> percentile_min((0, 0, 0, 10) + (0,) * 14, 0.5)
    4.0
    """
    total = sum(bins)
    if not total:
        raise ValueError("no percentile of nothing")
    rank = share * total
    below = 0
    for index, n in enumerate(bins):
        if n and below + n >= rank:
            low = EDGES_MIN[index - 1] if index else 0
            high = EDGES_MIN[index] if index < len(EDGES_MIN) else low
            return low + (high - low) * (rank - below) / n
        below += n
    return float(EDGES_MIN[-1])
