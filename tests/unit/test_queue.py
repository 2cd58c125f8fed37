"""The rules of the queue, from any history."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec.structs import replace

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
    DayOpened,
    Entry,
    Event,
    TicketAskedAgain,
    TicketCalled,
    TicketFinished,
    TicketIssued,
)
from edge.contracts.refusals import Refusal
from edge.contracts.snapshot import follow
from edge.contracts.ticket import Paper, PrintFault, State
from edge.queueing.queue import DOUBLE_PRESS_MS, LAST_NUMBER, NotAllowed, Queue, apply, decide, snapshot_of, strands
from edge.queueing.ticket import LIVE
from tests.sites import CATALOGUE, NOON_MS, command_id

EPOCH = "e" * 32


class Site:
    """A queue with its history, for tests that tell a story."""

    def __init__(self) -> None:
        self.now_ms = NOON_MS
        self.queue = Queue(CATALOGUE)
        self.entries: list[Entry] = []
        self.append(DayOpened("2026-11-23"))

    def append(self, *events: Event) -> None:
        for event in events:
            entry = Entry(self.queue.seq + 1, self.now_ms, event)
            self.queue = apply(self.queue, entry)
            self.entries.append(entry)

    def do(self, command: Command, *, held: tuple[str, ...] = ()) -> tuple[Event, ...]:
        events = decide(self.queue, command, by="kiosk-1", now_ms=self.now_ms, held=held)
        self.append(*events)
        return events

    def issue(self, service: str = "general") -> str:
        self.now_ms += 1
        command = IssueTicket(command_id(), service)
        self.do(command)
        return command.id

    def label_of(self, ticket: str) -> str:
        return self.queue.tickets[ticket].label

    def call(self, counter: str) -> str:
        self.now_ms += DOUBLE_PRESS_MS
        event = self.do(CallNext(command_id(), counter, self.queue.at_counter.get(counter, "")))[-1]
        assert isinstance(event, TicketCalled)
        return event.ticket

    def refusal(self, command: Command) -> NotAllowed:
        with pytest.raises(NotAllowed) as refused:
            self.do(command)
        return refused.value


@pytest.mark.req("K9")
def test_numbers_of_a_service_start_at_one_and_rise_by_one() -> None:
    site = Site()
    labels = [site.label_of(site.issue()) for _ in range(3)]
    assert labels == ["A001", "A002", "A003"]


def test_each_service_has_numbers_of_its_own() -> None:
    site = Site()
    site.issue("general")
    assert site.label_of(site.issue("insurance")) == "B001"


def test_a_thousandth_number_is_still_unambiguous() -> None:
    site = Site()
    site.queue = replace(site.queue, numbers=site.queue.numbers.set("general", 999))
    assert site.label_of(site.issue()) == "A1000"


def test_a_service_that_has_given_its_last_number_refuses_and_says_so() -> None:
    site = Site()
    site.queue = replace(site.queue, numbers=site.queue.numbers.set("general", LAST_NUMBER))
    assert site.refusal(IssueTicket(command_id(), "general")).reason is Refusal.DAY_FULL


def test_an_unknown_service_is_refused() -> None:
    assert Site().refusal(IssueTicket(command_id(), "dentist")).reason is Refusal.UNKNOWN_SERVICE


@pytest.mark.req("K8")
def test_a_person_who_holds_a_live_number_for_the_service_gets_that_number_again() -> None:
    site = Site()
    first = site.issue()
    events = site.do(IssueTicket(command_id(), "general"), held=(first,))
    assert events == (TicketAskedAgain(first, "kiosk-1"),)


def test_a_person_who_was_served_gets_a_new_number() -> None:
    site = Site()
    first = site.issue()
    site.call("q1")
    site.do(Finish(command_id(), "q1", first))
    (event,) = site.do(IssueTicket(command_id(), "general"), held=(first,))
    assert isinstance(event, TicketIssued)
    assert event.number == 2


def test_a_number_held_for_another_service_does_not_count() -> None:
    site = Site()
    first = site.issue("general")
    (event,) = site.do(IssueTicket(command_id(), "insurance"), held=(first,))
    assert isinstance(event, TicketIssued)


@pytest.mark.req("P2")
def test_the_longest_waiting_of_all_the_counters_services_is_called() -> None:
    site = Site()
    insurance = site.issue("insurance")
    site.issue("general")
    assert site.call("q1") == insurance


@pytest.mark.req("T6")
def test_calling_the_next_person_finishes_the_one_at_the_counter() -> None:
    site = Site()
    first, second = site.issue(), site.issue()
    site.call("q1")
    site.now_ms += DOUBLE_PRESS_MS
    events = site.do(CallNext(command_id(), "q1", first))
    assert events[0] == TicketFinished(first, "q1")
    assert site.queue.at_counter["q1"] == second


@pytest.mark.req("P2", "P5")
def test_two_presses_made_on_the_same_picture_call_one_person() -> None:
    site = Site()
    first, _ = site.issue(), site.issue()
    site.do(CallNext(command_id(), "q1", ""))
    site.now_ms += 10 * DOUBLE_PRESS_MS  # however late the second one comes
    refused = site.refusal(CallNext(command_id(), "q1", ""))
    assert (refused.reason, refused.ticket) == (Refusal.JUST_CALLED, first)


@pytest.mark.req("P5")
def test_a_double_press_that_already_saw_the_first_call_calls_one_person() -> None:
    site = Site()
    first, _ = site.issue(), site.issue()
    site.do(CallNext(command_id(), "q1", ""))
    site.now_ms += DOUBLE_PRESS_MS - 1
    assert site.refusal(CallNext(command_id(), "q1", first)).reason is Refusal.JUST_CALLED


def test_nobody_waiting_leaves_the_person_at_the_counter() -> None:
    site = Site()
    first = site.issue()
    site.call("q1")
    site.now_ms += DOUBLE_PRESS_MS
    assert site.refusal(CallNext(command_id(), "q1", first)).reason is Refusal.NOBODY_WAITING
    assert site.queue.at_counter["q1"] == first


@pytest.mark.parametrize("make", [Recall, MarkNoShow, Finish])
def test_only_the_ticket_at_the_counter_can_be_recalled_missed_or_finished(make: type[Recall]) -> None:
    site = Site()
    first = site.issue()
    assert site.refusal(make(command_id(), "q1", first)).reason is Refusal.NOT_AT_COUNTER
    site.call("q1")
    assert site.refusal(make(command_id(), "q2", first)).reason is Refusal.NOT_AT_COUNTER
    assert site.refusal(make(command_id(), "q9", first)).reason is Refusal.UNKNOWN_COUNTER


def test_a_recall_moves_the_number_to_the_front_of_the_last_calls() -> None:
    site = Site()
    first, second = site.issue(), site.issue()
    site.call("q1")
    site.call("q2")
    site.do(Recall(command_id(), "q1", first))
    assert [call.ticket for call in site.queue.calls] == [first, second]


def test_a_slip_that_failed_and_then_came_out_counts_as_printed() -> None:
    site = Site()
    ticket = site.issue()
    site.do(ReportPrintFault(command_id(), ticket, PrintFault.PAPER_OUT))
    assert site.queue.tickets[ticket].paper is Paper.FAILED
    site.do(ConfirmPrint(command_id(), ticket))
    assert site.queue.tickets[ticket].paper is Paper.PRINTED


def test_a_second_confirmation_changes_nothing() -> None:
    site = Site()
    ticket = site.issue()
    site.do(ConfirmPrint(command_id(), ticket))
    assert site.do(ConfirmPrint(command_id(), ticket)) == ()
    assert site.do(ReportPrintFault(command_id(), ticket, PrintFault.OFFLINE)) == ()


def test_a_print_of_an_unknown_ticket_is_refused() -> None:
    assert Site().refusal(ConfirmPrint(command_id(), "f" * 32)).reason is Refusal.UNKNOWN_TICKET


def test_a_new_day_starts_with_number_one_and_nobody_waiting() -> None:
    site = Site()
    site.issue()
    site.append(DayOpened("2026-11-24"))
    assert not site.queue.waiting
    assert site.label_of(site.issue()) == "A001"


def test_a_catalogue_without_a_service_that_people_wait_for_would_strand_them() -> None:
    site = Site()
    smaller = replace(CATALOGUE, services=CATALOGUE.services[:1])
    assert not strands(site.queue, smaller)
    site.issue("insurance")
    assert strands(site.queue, smaller)


def test_an_entry_out_of_order_is_refused() -> None:
    site = Site()
    with pytest.raises(ValueError, match="does not follow"):
        apply(site.queue, Entry(site.queue.seq + 2, NOON_MS, DayOpened("2026-11-24")))


class AnyHistory(RuleBasedStateMachine):
    """Kiosks and counters do whatever they like, in any order, with any picture of the queue in mind."""

    def __init__(self) -> None:
        super().__init__()
        self.site = Site()
        self.start = snapshot_of(self.site.queue, EPOCH)
        self.given: list[tuple[str, int]] = []
        self.called: list[str] = []

    def attempt(self, command: Command, held: tuple[str, ...] = ()) -> None:
        try:
            events = self.site.do(command, held=held)
        except NotAllowed:
            return
        self.given += [(e.service, e.number) for e in events if isinstance(e, TicketIssued)]
        self.called += [e.ticket for e in events if isinstance(e, TicketCalled)]

    @rule(service=st.sampled_from(["general", "insurance", "nothing"]), wait_ms=st.integers(0, 5000))
    def issue(self, service: str, wait_ms: int) -> None:
        self.site.now_ms += wait_ms
        self.attempt(IssueTicket(command_id(), service))

    @precondition(lambda self: self.site.queue.tickets)
    @rule(data=st.data(), service=st.sampled_from(["general", "insurance"]))
    def ask_again(self, data: st.DataObject, service: str) -> None:
        self.attempt(IssueTicket(command_id(), service), held=(self._any_ticket(data),))

    @rule(counter=st.sampled_from(["q1", "q2", "q3", "q9"]), fresh=st.booleans(), wait_ms=st.integers(0, 5000))
    def call_next(self, counter: str, fresh: bool, wait_ms: int) -> None:
        self.site.now_ms += wait_ms
        seen = self.site.queue.at_counter.get(counter, "") if fresh else ""
        self.attempt(CallNext(command_id(), counter, seen))

    @precondition(lambda self: self.site.queue.tickets)
    @rule(
        data=st.data(),
        counter=st.sampled_from(["q1", "q2", "q3"]),
        make=st.sampled_from([Recall, MarkNoShow, Finish]),
    )
    def end(self, data: st.DataObject, counter: str, make: type[Recall]) -> None:
        self.attempt(make(command_id(), counter, self._any_ticket(data)))

    @precondition(lambda self: self.site.queue.tickets)
    @rule(data=st.data(), fault=st.sampled_from([None, *PrintFault]))
    def note_print(self, data: st.DataObject, fault: PrintFault | None) -> None:
        ticket = self._any_ticket(data)
        self.attempt(ReportPrintFault(command_id(), ticket, fault) if fault else ConfirmPrint(command_id(), ticket))

    @rule()
    def open_another_day(self) -> None:
        self.site.append(DayOpened("2026-11-24"))
        self.given.clear()

    def _any_ticket(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(sorted(self.site.queue.tickets)))

    @invariant()
    def no_number_is_given_twice(self) -> None:
        assert len(set(self.given)) == len(self.given)

    @invariant()
    def no_ticket_is_called_twice_nor_at_two_counters(self) -> None:
        assert len(set(self.called)) == len(self.called)
        there = list(self.site.queue.at_counter.values())
        assert len(set(there)) == len(there)

    @invariant()
    def every_live_ticket_is_in_exactly_one_place(self) -> None:
        queue = self.site.queue
        places = [t for waiting in queue.waiting.values() for t in waiting] + list(queue.at_counter.values())
        assert sorted(places) == sorted(t.id for t in queue.tickets.values() if t.state in LIVE)
        assert all(queue.tickets[t].state is State.CALLED for t in queue.at_counter.values())

    def teardown(self) -> None:
        replayed = Queue(CATALOGUE)
        followed = self.start
        for entry in self.site.entries:
            replayed = apply(replayed, entry)
            if entry.seq > self.start.seq:
                followed = follow(followed, entry)
        assert replayed == self.site.queue
        assert followed == snapshot_of(self.site.queue, EPOCH)


AnyHistory.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
test_any_history = pytest.mark.req("P2", "P5")(AnyHistory.TestCase)
