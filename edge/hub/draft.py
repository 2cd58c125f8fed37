"""What a batch of commands would change: nothing of it is true until the journal has committed it."""

from collections.abc import Sequence

from immutables import Map

from edge.contracts.commands import (
    CallNext,
    CallTicket,
    Command,
    Finish,
    MarkNoShow,
    Park,
    SendToTests,
    TakePayment,
    Transfer,
)
from edge.contracts.events import (
    CatalogueAdopted,
    Entry,
    Event,
    PersonErased,
    TicketAskedAgain,
    TicketCalled,
    TicketIssued,
)
from edge.hub.audit import AuditLine
from edge.hub.faces.keeper import Taken
from edge.hub.journal import Edition, Holding, StoredReply
from edge.queueing.queue import Queue, apply
from edge.queueing.rules import Undoable

UNDOABLE = CallNext | CallTicket | Finish | MarkNoShow | Park | SendToTests | TakePayment | Transfer

Holders = Map[tuple[bytes, str], str]


class Draft:
    """The queue, who holds what and what can be undone, as they would be; and the lines to commit for that."""

    def __init__(self, queue: Queue, holders: Holders, undoable: Map[str, Undoable]) -> None:
        self.queue = queue
        self.holders = holders
        self.undoable = undoable
        self.entries: list[Entry] = []
        self.replies: dict[str, StoredReply] = {}
        self.holdings: list[Holding] = []
        self.audit: list[AuditLine] = []
        self.editions: list[Edition] = []
        self.taken: list[Taken] = []
        self.erased: list[str] = []

    def append(self, event: Event, at_ms: int) -> None:
        """One more entry."""
        entry = Entry(self.queue.seq + 1, at_ms, event)
        self.queue = apply(self.queue, entry)
        self.entries.append(entry)

    def carry_out(self, command: Command, events: Sequence[Event], by: str, at_ms: int) -> None:
        """Append what the rules decided, and remember what could be taken back."""
        touched = {event.ticket for event in events if hasattr(event, "ticket")}
        before = tuple(ticket for t in sorted(touched) if (ticket := self.queue.tickets.get(t)) is not None)
        for event in events:
            self.append(event, at_ms)
            if isinstance(event, CatalogueAdopted):
                self.editions.append(Edition(event.catalogue.version, at_ms, by, event.catalogue))
            elif isinstance(event, PersonErased):
                self.erased.append(event.ticket)
        if isinstance(command, UNDOABLE) and events:
            after = tuple(self.queue.tickets[ticket.id] for ticket in before)
            self.undoable = self.undoable.set(command.counter, Undoable(command.id, at_ms, before, after))

    def hold(self, holding: Holding) -> None:
        """Note who holds a ticket."""
        self.holders = self.holders.set((holding.subject, holding.service), holding.ticket)
        self.holdings.append(holding)


def ticket_of(command: Command, events: Sequence[Event]) -> str:
    """The id of the ticket that the reply to a command shows; empty where it is about none.

    A call is about the ticket that is called, not the one that leaves; a number about the one that was given.
    """
    for event in reversed(events):
        if isinstance(event, TicketIssued | TicketAskedAgain | TicketCalled | PersonErased):
            return event.ticket
    named = getattr(command, "ticket", "")
    return named if isinstance(named, str) else ""
