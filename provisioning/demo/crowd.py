"""The people of a simulated morning, as the hub's stream tells of them."""

from collections.abc import Iterator

from edge.contracts.events import (
    ActionUndone,
    DayOpened,
    Entry,
    Onward,
    TicketCancelled,
    TicketFinished,
    TicketMerged,
    TicketNoShow,
    TicketSentOn,
)
from edge.contracts.snapshot import Snapshot
from edge.contracts.ticket import State, Ticket
from provisioning.demo.morning import Patient

_ENDED = (State.FINISHED, State.CANCELLED, State.MERGED, State.LAPSED)
_ENDED_BY: dict[type, State] = {
    TicketFinished: State.FINISHED,
    TicketCancelled: State.CANCELLED,
    TicketMerged: State.MERGED,
}


class Person:
    """A patient on the way; ``state`` is None until the hub has given the number."""

    def __init__(self, patient: Patient) -> None:
        self.patient = patient
        self.state: State | None = None
        self.missed = False
        self.tested = False
        self.rated = False
        self.will_return = False
        self._served = 0

    @property
    def comes(self) -> bool:
        """Whether they come when called now."""
        return self.missed or not self.patient.misses

    @property
    def is_done(self) -> bool:
        """Whether nothing more is to be done for them."""
        return self.state in _ENDED or (self.state is State.NO_SHOW and not self.will_return)

    def next_effort(self) -> float:
        """How long their next service takes, as a multiple of the planned time."""
        self._served += 1
        return self.patient.efforts[(self._served - 1) % len(self.patient.efforts)]


class Crowd:
    """Everybody who has come so far, by the id of their ticket."""

    def __init__(self) -> None:
        self._people: dict[str, Person] = {}
        self.missed_calls = 0

    def __len__(self) -> int:
        return len(self._people)

    def add(self, ticket_id: str, patient: Patient) -> Person:
        """Somebody asks for a number."""
        person = self._people[ticket_id] = Person(patient)
        return person

    def turn_away(self, ticket_id: str) -> None:
        """Somebody was given no number."""
        del self._people[ticket_id]

    def who_has(self, ticket: Ticket | None) -> Person | None:
        """Whose ticket it is; None where it is nobody's of this morning."""
        return self._people.get(ticket.id) if ticket else None

    @property
    def is_done(self) -> bool:
        """Whether nothing more is to be done for anybody."""
        return all(person.is_done for person in self._people.values())

    def states(self) -> list[State]:
        """How it stands with everybody who was given a number."""
        return [person.state for person in self._people.values() if person.state is not None]

    def nobody_returns(self) -> None:
        """Whoever missed the call has gone home."""
        for person in self._people.values():
            person.will_return = False

    def still_there(self, snapshot: Snapshot) -> Iterator[Ticket]:
        """The tickets of those who wait or are served."""
        for ticket_id in self._people:
            ticket = snapshot.tickets.get(ticket_id)
            if ticket is not None and ticket.state in (State.WAITING, State.PARKED, State.CALLED):
                yield ticket

    def note(self, snapshot: Snapshot, entry: Entry | None) -> tuple[str, Person] | None:
        """Take in what happened; somebody who missed the call just now, and will come back, is returned."""
        if entry is None or isinstance(entry.event, DayOpened):
            self._take_stock(snapshot)
            return None
        if isinstance(entry.event, ActionUndone):
            for ticket in entry.event.tickets:
                if ticket.id in self._people:
                    self._people[ticket.id].state = ticket.state
            return None
        ticket_id: str = getattr(entry.event, "ticket", "")
        person = self._people.get(ticket_id)
        if person is None:
            return None
        live = snapshot.tickets.get(ticket_id)
        person.state = live.state if live else _ENDED_BY.get(type(entry.event), person.state)
        person.will_return = person.will_return and person.state is State.NO_SHOW
        if isinstance(entry.event, TicketSentOn) and entry.event.why is Onward.TESTS:
            person.tested = True
        if not isinstance(entry.event, TicketNoShow):
            return None
        self.missed_calls += 1
        person.will_return = person.patient.back_s > 0 and not person.missed
        person.missed = True
        return (ticket_id, person) if person.will_return else None

    def _take_stock(self, snapshot: Snapshot) -> None:
        """Whoever is not there any more in a fresh picture has lapsed."""
        for ticket_id, person in self._people.items():
            live = snapshot.tickets.get(ticket_id)
            if live is not None:
                person.state = live.state
            elif person.state is not None and not person.is_done:
                person.state = State.LAPSED
