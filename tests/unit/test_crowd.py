"""What the hub's stream makes of the people of a simulated morning."""

import msgspec
import pytest

from edge.contracts.events import (
    ActionUndone,
    Entry,
    Event,
    Onward,
    TicketCalled,
    TicketFinished,
    TicketIssued,
    TicketNoShow,
    TicketReturned,
    TicketSentOn,
)
from edge.contracts.snapshot import Snapshot, follow
from edge.contracts.ticket import Document, State
from provisioning.demo.crowd import Crowd, Person
from provisioning.demo.morning import Patient
from tests.sites import CATALOGUE, NOON_MS

pytestmark = pytest.mark.req("P2")

TICKET = "1" * 32
ISSUED = TicketIssued(TICKET, "A001", 1, "general", Document.NONE, "morning-kiosk", 0)
CALLED = TicketCalled(TICKET, "A001", "general", "q1")
MISSED = TicketNoShow(TICKET, "q1")
BACK = TicketReturned(TICKET, "general")


class Stream:
    """A hub of which only the stream is there."""

    def __init__(self, patient: Patient) -> None:
        self.snapshot = Snapshot("e" * 32, 0, NOON_MS, "2026-11-23", CATALOGUE, {}, {}, {}, ())
        self.crowd = Crowd()
        self.person = self.crowd.add(TICKET, patient)

    def tell(self, *events: Event) -> tuple[str, Person] | None:
        """What is noted of the last of them."""
        noted = None
        for event in events:
            entry = Entry(self.snapshot.seq + 1, NOON_MS, event)
            self.snapshot = follow(self.snapshot, entry)
            noted = self.crowd.note(self.snapshot, entry)
        return noted


def test_nobody_counts_before_the_hub_has_given_the_number() -> None:
    stream = Stream(Patient(0, "general"))
    assert stream.crowd.states() == []
    stream.tell(ISSUED)
    assert stream.crowd.states() == [State.WAITING]
    assert not stream.crowd.is_done


def test_whoever_is_finished_is_done_and_not_there_any_more() -> None:
    stream = Stream(Patient(0, "general"))
    stream.tell(ISSUED, CALLED)
    assert [ticket.label for ticket in stream.crowd.still_there(stream.snapshot)] == ["A001"]
    stream.tell(TicketFinished(TICKET, "q1"))
    assert stream.crowd.states() == [State.FINISHED]
    assert stream.crowd.is_done
    assert list(stream.crowd.still_there(stream.snapshot)) == []


def test_whoever_misses_the_call_comes_back_once_and_is_waited_for() -> None:
    stream = Stream(Patient(0, "general", misses=True, back_s=60))
    stream.tell(ISSUED, CALLED)
    assert not stream.person.comes
    assert stream.tell(MISSED) == (TICKET, stream.person)
    assert stream.person.comes
    assert not stream.crowd.is_done
    assert stream.tell(BACK, CALLED, MISSED) is None  # the officer's doing; nobody stands up a second time
    assert stream.crowd.is_done
    assert stream.crowd.missed_calls == 2


def test_whoever_does_not_come_back_is_done() -> None:
    stream = Stream(Patient(0, "general", misses=True))
    assert stream.tell(ISSUED, CALLED, MISSED) is None
    assert stream.crowd.is_done


def test_what_an_officer_takes_back_is_taken_back_here_too() -> None:
    stream = Stream(Patient(0, "general"))
    stream.tell(ISSUED, CALLED)
    before = stream.snapshot.tickets[TICKET]
    stream.tell(TicketFinished(TICKET, "q1"), ActionUndone("q1", (before,)))
    assert stream.crowd.states() == [State.CALLED]


def test_tests_are_ordered_once_whoever_sends_there() -> None:
    stream = Stream(Patient(0, "general", tests=("laboratory",)))
    sent = TicketSentOn(TICKET, "A001", "insurance", "q1", Onward.TESTS, NOON_MS)
    stream.tell(ISSUED, CALLED)
    assert not stream.person.tested
    stream.tell(sent)
    assert stream.person.tested


def test_whoever_is_not_in_a_fresh_picture_has_lapsed() -> None:
    stream = Stream(Patient(0, "general"))
    stream.tell(ISSUED)
    stream.crowd.note(msgspec.structs.replace(stream.snapshot, tickets={}, waiting={}), None)
    assert stream.crowd.states() == [State.LAPSED]


def test_tickets_of_others_are_nobody_s() -> None:
    stream = Stream(Patient(0, "general"))
    other = msgspec.structs.replace(ISSUED, ticket="2" * 32, label="A002", number=2)
    assert stream.tell(ISSUED, other) is None
    assert stream.crowd.who_has(stream.snapshot.tickets["2" * 32]) is None
    assert len(stream.crowd) == 1
