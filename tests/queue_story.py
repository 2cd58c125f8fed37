"""A queue with its history, for tests that tell a story."""

import pytest
from immutables import Map

from edge.contracts.catalogue import Catalogue
from edge.contracts.commands import (
    CallNext,
    Command,
    Finish,
    IssueTicket,
    MarkNoShow,
    Park,
    SetCounter,
)
from edge.contracts.counter import CounterState
from edge.contracts.events import DayOpened, Entry, Event, TicketCalled
from edge.contracts.ticket import Priority, Ticket
from edge.hub.draft import Draft
from edge.queueing.faces import Evidence
from edge.queueing.queue import Queue, new_queue
from edge.queueing.refused import NotAllowed
from edge.queueing.rules import DOUBLE_PRESS_MS, decide
from tests.sites import CATALOGUE, NOON_MS, command_id

DAY = "2026-11-23"


class Site:
    """One site's queue, everything that happened in it, and a clock that the test moves."""

    def __init__(self, catalogue: Catalogue = CATALOGUE) -> None:
        self.now_ms = NOON_MS
        self._draft = Draft(new_queue(catalogue), Map(), Map())
        self.append(DayOpened(DAY))

    @property
    def queue(self) -> Queue:
        """The queue now."""
        return self._draft.queue

    @queue.setter
    def queue(self, queue: Queue) -> None:
        self._draft.queue = queue

    @property
    def entries(self) -> list[Entry]:
        """Everything that has happened."""
        return self._draft.entries

    def append(self, *events: Event) -> None:
        """These events happen, whatever the rules say."""
        for event in events:
            self._draft.append(event, self.now_ms)

    def do(
        self,
        command: Command,
        *,
        held: tuple[str, ...] = (),
        by: str = "kiosk-1",
        evidence: Evidence | None = None,
        kept: tuple[str, ...] = (),
    ) -> tuple[Event, ...]:
        """What the rules make of a command."""
        undoable = self._draft.undoable
        events = decide(
            self.queue,
            command,
            by=by,
            now_ms=self.now_ms,
            held=held,
            undoable=undoable,
            evidence=evidence,
            kept=kept,
        )
        self._draft.carry_out(command, events, by, self.now_ms)
        return events

    def refusal(self, command: Command, *, by: str = "kiosk-1", evidence: Evidence | None = None) -> NotAllowed:
        """The rules' refusal of a command."""
        with pytest.raises(NotAllowed) as refused:
            self.do(command, by=by, evidence=evidence)
        return refused.value

    def issue(self, service: str = "general", *, birth_date: str = "", claim: Priority = Priority.NONE) -> str:
        """A number for somebody; its ticket's id."""
        self.now_ms += 1
        command = IssueTicket(command_id(), service, birth_date=birth_date, claim=claim)
        self.do(command)
        return command.id

    def ticket(self, ticket: str) -> Ticket:
        """A ticket as it is now."""
        return self.queue.tickets[ticket]

    def label_of(self, ticket: str) -> str:
        """What stands on its paper."""
        return self.ticket(ticket).label

    def call(self, counter: str) -> str:
        """The next person is called to this counter; their ticket's id."""
        self.now_ms += DOUBLE_PRESS_MS
        event = self.do(CallNext(command_id(), counter, self.queue.at_counter.get(counter, "")))[-1]
        assert isinstance(event, TicketCalled)
        return event.ticket

    def finish(self, counter: str) -> None:
        """The person at this counter is served."""
        self.do(Finish(command_id(), counter, self.queue.at_counter[counter]))

    def miss(self, counter: str) -> None:
        """The person called to this counter does not come."""
        self.do(MarkNoShow(command_id(), counter, self.queue.at_counter[counter]))

    def park(self, counter: str) -> None:
        """The person at this counter waits beside it."""
        self.do(Park(command_id(), counter, self.queue.at_counter[counter]))

    def set_counter(self, counter: str, state: CounterState) -> tuple[Event, ...]:
        """The counter opens, pauses or closes."""
        return self.do(SetCounter(command_id(), counter, state))
