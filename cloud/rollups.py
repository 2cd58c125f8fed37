"""Entries of a site's journal folded into counts by hour and by day and service: pure, so that any replay agrees."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

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
from edge.contracts.ticket import Document

# Reporting targets (15, 30, 60, 120 min) are edges, so "within 30 minutes" is counted, not estimated.
EDGES_MIN = (1, 2, 3, 5, 7, 10, 15, 20, 25, 30, 40, 50, 60, 75, 90, 120, 180)
BINS = len(EDGES_MIN) + 1
MINUTE_MS = 60_000

ISSUED = {document: "issued_" + document.value.replace("-", "_") for document in Document}
WAITS = tuple(f"wait_{index:02d}" for index in range(BINS))
SERVICE_TIMES = tuple(f"service_{index:02d}" for index in range(BINS))
MEASURES = (*ISSUED.values(), "called", "finished", "no_shows", *WAITS, *SERVICE_TIMES)


class OpenTicket(Struct, frozen=True):
    """A ticket that waits (``called_at_ms`` is 0) or is being served."""

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

    ``new_day``: a day opened among the entries, so tickets open before them are open no longer.
    """

    state: SiteState
    new_day: bool
    hours: Mapping[tuple[str, int, str], int]
    days: Mapping[tuple[str, str, str], int]


def fold(state: SiteState, entries: Sequence[Entry]) -> Folded:
    """Count the entries, which must follow those that made ``state``.

    Waiting runs from issue to the first call, serving from there to the end; both belong to the hour in which they
    end, in the site's own time zone, and to the site's business day. A ticket that the site never issued, or called, on
    that day counts for nothing.
    """
    zone = ZoneInfo(state.time_zone)
    time_zone, day, tickets = state.time_zone, state.day, dict(state.open)
    new_day = False
    hours: Counter[tuple[str, int, str]] = Counter()
    days: Counter[tuple[str, str, str]] = Counter()

    def count(at_ms: int, service: str, *measures: str) -> None:
        hour = datetime.fromtimestamp(at_ms / 1000, zone).hour
        for measure in measures:
            hours[day, hour, measure] += 1
            days[day, service, measure] += 1

    for entry in entries:
        event = entry.event
        match event:
            case CatalogueAdopted():
                time_zone = event.catalogue.facility.time_zone
                zone = ZoneInfo(time_zone)
            case DayOpened():
                day, new_day = event.day, True
                tickets.clear()
            case TicketIssued():
                tickets[event.ticket] = OpenTicket(event.ticket, event.service, entry.at_ms)
                count(entry.at_ms, event.service, ISSUED[event.document])
            case TicketCalled():
                ticket = tickets.get(event.ticket)
                if ticket is not None and not ticket.called_at_ms:
                    waited = WAITS[bin_of(entry.at_ms - ticket.issued_at_ms)]
                    count(entry.at_ms, ticket.service, "called", waited)
                    tickets[ticket.id] = OpenTicket(ticket.id, ticket.service, ticket.issued_at_ms, entry.at_ms)
            case TicketFinished():
                ticket = tickets.pop(event.ticket, None)
                if ticket is not None and ticket.called_at_ms:
                    served = SERVICE_TIMES[bin_of(entry.at_ms - ticket.called_at_ms)]
                    count(entry.at_ms, ticket.service, "finished", served)
            case TicketNoShow():
                ticket = tickets.pop(event.ticket, None)
                if ticket is not None and ticket.called_at_ms:
                    count(entry.at_ms, ticket.service, "no_shows")
            case TicketAskedAgain() | TicketPrinted() | PrintFailed() | TicketRecalled():
                pass
    return Folded(SiteState(time_zone, day, tickets), new_day, hours, days)


def tickets_named(entries: Sequence[Entry]) -> frozenset[str]:
    """The tickets whose earlier life :func:`fold` must know."""
    moves = (TicketCalled, TicketFinished, TicketNoShow)
    return frozenset(entry.event.ticket for entry in entries if isinstance(entry.event, moves))


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
