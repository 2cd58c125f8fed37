"""The rules of the queue hold from any history, at any interleaving of kiosks, counters and officers."""

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec.structs import replace

from edge.contracts.catalogue import Catalogue, Discipline, Policy, Service
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
    MarkNoShow,
    MergeTickets,
    OutOfOrder,
    Park,
    Rate,
    Recall,
    Refer,
    RegisterTicket,
    ReportEligibility,
    ReportPrintFault,
    ReportReading,
    ReturnToQueue,
    SendToTests,
    SetCounter,
    SetPriority,
    TakePayment,
    Transfer,
    Undo,
)
from edge.contracts.counter import CounterState
from edge.contracts.eligibility import Outcome
from edge.contracts.events import DayOpened, Entry, TicketCalled, TicketIssued
from edge.contracts.payment import PaymentMeans
from edge.contracts.reading import ReadingFault
from edge.contracts.snapshot import follow
from edge.contracts.ticket import Document, PrintFault, Priority, State
from edge.queueing.order import Place, lane_of
from edge.queueing.queue import Queue, apply, new_queue, snapshot_of
from edge.queueing.refused import NotAllowed
from edge.queueing.ticket import TRANSITIONS
from tests.long import tries
from tests.queue_story import DAY, Site
from tests.sites import CATALOGUE, command_id

EPOCH = "e" * 32
SERVICES = ("general", "insurance", "lab")
COUNTERS = ("q1", "q2", "q3")
BIRTH_DATES = ("", "1940-01-01", "2022-05-05", "1990-03-03", "2030-01-01")
FIRST_DAY, *LATER_DAYS = (DAY, "2026-11-24")

_entry = msgspec.json.Decoder(Entry)


def hospital(discipline: Discipline, *, rooms: bool) -> Catalogue:
    """Three counters for three services, the laboratory on the route of the insured."""
    general, insurance = CATALOGUE.services
    q1, q2, q3 = CATALOGUE.counters
    return replace(
        CATALOGUE,
        policy=Policy(discipline=discipline),
        services=(
            replace(general, assigns_room=rooms),
            replace(insurance, route=("lab", "general"), fees=True),
            Service("lab", "exam", "C", "Xét nghiệm", "Laboratory", "#444444", first_number=100, last_number=300),
        ),
        counters=(q1, q2, replace(q3, services=("insurance", "lab"))),
    )


class AnyHistory(RuleBasedStateMachine):
    """Everybody does whatever they like, in any order, with any picture of the queue in mind."""

    discipline = Discipline.AGEING
    rooms = False

    def __init__(self) -> None:
        super().__init__()
        self.catalogue = hospital(self.discipline, rooms=self.rooms)
        self.site = Site(self.catalogue)
        self.start = snapshot_of(self.site.queue, EPOCH)
        self.labels: list[str] = []
        self.issued: set[str] = set()
        self.commands: list[str] = []

    def attempt(self, command: Command, *, held: tuple[str, ...] = (), by: str = "kiosk-1") -> None:
        before = self.site.queue
        try:
            events = self.site.do(command, held=held, by=by)
        except NotAllowed:
            assert self.site.queue is before
            return
        self.commands.append(command.id)
        for event in events:
            if isinstance(event, TicketIssued):
                self.labels.append(event.label)
                self.issued.add(event.ticket)
            if isinstance(event, TicketCalled) and event.reason is None:
                self.nobody_was_overtaken(before, event)

    def nobody_was_overtaken(self, before: Queue, call: TicketCalled) -> None:
        called = before.tickets[call.ticket]
        if called.state is not State.WAITING or called.room not in ("", call.counter):
            return
        lane = lane_of(called)
        for other, places in before.lanes.items():
            eligible = other.service in before.plan.counters[call.counter].services
            if eligible and other.room in ("", call.counter) and other.rank == lane.rank:
                assert all((called.arrived_ms, called.number) <= (place[0], place[1]) for place in places)

    def _ticket(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(sorted(self.site.queue.tickets)))

    def _at(self, data: st.DataObject, counter: str) -> str:
        there = self.site.queue.at_counter.get(counter)
        return there if there and data.draw(st.integers(0, 9)) else self._ticket(data)

    @rule(
        service=st.sampled_from([*SERVICES, "nothing"]),
        wait_ms=st.integers(0, 60_000),
        birth_date=st.sampled_from(BIRTH_DATES),
        claim=st.sampled_from(Priority),
    )
    def issue(self, service: str, wait_ms: int, birth_date: str, claim: Priority) -> None:
        self.site.now_ms += wait_ms
        self.attempt(IssueTicket(command_id(), service, birth_date=birth_date, claim=claim))

    @rule(service=st.sampled_from(SERVICES), priority=st.sampled_from(Priority))
    def give(self, service: str, priority: Priority) -> None:
        self.attempt(GiveNumber(command_id(), service, priority), by="quay1")

    @precondition(lambda self: self.site.queue.tickets)
    @rule(data=st.data(), service=st.sampled_from(SERVICES))
    def ask_again(self, data: st.DataObject, service: str) -> None:
        self.attempt(IssueTicket(command_id(), service), held=(self._ticket(data),))

    @rule(kiosk=st.sampled_from(["kiosk-1", "kiosk-2"]), service=st.sampled_from(SERVICES))
    def lease(self, kiosk: str, service: str) -> None:
        self.attempt(LeaseNumbers(command_id(), service), by=kiosk)

    @precondition(lambda self: self.site.queue.leases)
    @rule(
        data=st.data(), at=st.integers(0, 5), ago_ms=st.integers(-1000, 600_000), day=st.sampled_from(["", FIRST_DAY])
    )
    def register(self, data: st.DataObject, at: int, ago_ms: int, day: str) -> None:
        lease = data.draw(st.sampled_from(self.site.queue.leases))
        instead = data.draw(st.sampled_from(["", *sorted(self.site.queue.tickets)]))
        command = RegisterTicket(
            command_id(),
            lease.service,
            lease.first + at,
            day or self.site.queue.day,
            self.site.now_ms - ago_ms,
            instead,
            printed=bool(at % 2),
        )
        self.attempt(command, by=data.draw(st.sampled_from([lease.device, "kiosk-1"])))

    @rule(counter=st.sampled_from([*COUNTERS, "q9"]), fresh=st.booleans(), wait_ms=st.integers(0, 60_000))
    def call_next(self, counter: str, fresh: bool, wait_ms: int) -> None:
        self.site.now_ms += wait_ms
        seen = self.site.queue.at_counter.get(counter, "") if fresh else ""
        self.attempt(CallNext(command_id(), counter, seen))

    @precondition(lambda self: self.site.queue.tickets)
    @rule(data=st.data(), counter=st.sampled_from(COUNTERS), reason=st.sampled_from([None, *OutOfOrder]))
    def call_ticket(self, data: st.DataObject, counter: str, reason: OutOfOrder | None) -> None:
        self.site.now_ms += 3000
        seen = self.site.queue.at_counter.get(counter, "")
        self.attempt(CallTicket(command_id(), counter, self._ticket(data), seen, reason))

    @precondition(lambda self: self.site.queue.tickets)
    @rule(
        data=st.data(),
        counter=st.sampled_from(COUNTERS),
        make=st.sampled_from([Recall, MarkNoShow, Finish, Finish, Park]),
        wait_ms=st.integers(0, 600_000),
    )
    def serve(self, data: st.DataObject, counter: str, make: type[Recall], wait_ms: int) -> None:
        self.site.now_ms += wait_ms
        self.attempt(make(command_id(), counter, self._at(data, counter)))

    @precondition(lambda self: self.site.queue.tickets)
    @rule(data=st.data(), counter=st.sampled_from(COUNTERS), means=st.sampled_from(PaymentMeans))
    def pay(self, data: st.DataObject, counter: str, means: PaymentMeans) -> None:
        self.attempt(TakePayment(command_id(), counter, self._at(data, counter), means), by="quay1")

    @precondition(lambda self: self.site.queue.tickets)
    @rule(data=st.data(), counter=st.sampled_from(COUNTERS), service=st.sampled_from(SERVICES))
    def transfer(self, data: st.DataObject, counter: str, service: str) -> None:
        room = data.draw(st.sampled_from(["", *COUNTERS]))
        self.attempt(Transfer(command_id(), counter, self._at(data, counter), service, room))

    @precondition(lambda self: self.site.queue.tickets)
    @rule(data=st.data(), counter=st.sampled_from(COUNTERS))
    def send_to_tests(self, data: st.DataObject, counter: str) -> None:
        services = tuple(data.draw(st.lists(st.sampled_from(SERVICES), min_size=1, max_size=3)))
        self.attempt(SendToTests(command_id(), counter, self._at(data, counter), services))

    @rule(counter=st.sampled_from(COUNTERS), state=st.sampled_from(CounterState))
    def set_counter(self, counter: str, state: CounterState) -> None:
        self.attempt(SetCounter(command_id(), counter, state))

    @precondition(lambda self: self.commands)
    @rule(counter=st.sampled_from(COUNTERS), wait_ms=st.integers(0, 11_000))
    def undo(self, counter: str, wait_ms: int) -> None:
        self.site.now_ms += wait_ms
        self.attempt(Undo(command_id(), counter, self.commands[-1]))

    @precondition(lambda self: self.site.queue.tickets)
    @rule(data=st.data(), priority=st.sampled_from(Priority))
    def desk(self, data: st.DataObject, priority: Priority) -> None:
        ticket, other = self._ticket(data), self._ticket(data)
        service = data.draw(st.sampled_from(SERVICES))
        commands: list[Command] = [
            SetPriority(command_id(), ticket, priority),
            ReturnToQueue(command_id(), ticket),
            Refer(command_id(), ticket, service),
            CancelTicket(command_id(), ticket),
            MergeTickets(command_id(), ticket, other),
        ]
        self.attempt(data.draw(st.sampled_from(commands)))

    @rule(counter=st.sampled_from(COUNTERS), score=st.integers(1, 5))
    def rate(self, counter: str, score: int) -> None:
        self.attempt(Rate(command_id(), counter, score))

    @precondition(lambda self: self.site.queue.tickets)
    @rule(data=st.data(), fault=st.sampled_from([None, *PrintFault]))
    def note_print(self, data: st.DataObject, fault: PrintFault | None) -> None:
        ticket = self._ticket(data)
        self.attempt(ReportPrintFault(command_id(), ticket, fault) if fault else ConfirmPrint(command_id(), ticket))

    @rule(document=st.sampled_from(Document), fault=st.sampled_from([None, *ReadingFault]))
    def report_reading(self, document: Document, fault: ReadingFault | None) -> None:
        self.attempt(ReportReading(command_id(), document, fault))

    @rule(outcome=st.sampled_from(Outcome))
    def report_eligibility(self, outcome: Outcome) -> None:
        self.attempt(ReportEligibility(command_id(), outcome, "000"))

    @rule(data=st.data(), base=st.integers(-1, 0))
    def adopt(self, data: st.DataObject, base: int) -> None:
        catalogue = self.site.queue.catalogue
        counters = tuple(
            replace(
                counter,
                services=tuple(data.draw(st.lists(st.sampled_from(SERVICES), min_size=1, max_size=3, unique=True))),
            )
            for counter in catalogue.counters
        )
        first, second, *rest = catalogue.services
        swapped = (replace(first, prefix=second.prefix), replace(second, prefix=first.prefix), *rest)
        services = swapped if data.draw(st.booleans()) else catalogue.services
        edition = replace(catalogue, counters=counters, services=services)
        self.attempt(AdoptCatalogue(command_id(), catalogue.version + base, edition), by="quantri")

    @rule()
    def open_another_day(self) -> None:
        self.site.append(DayOpened("2026-11-24", leases=self.site.queue.leases))
        self.labels.clear()
        self.issued.clear()

    @invariant()
    def no_number_is_given_twice(self) -> None:
        assert len(set(self.labels)) == len(self.labels)

    @invariant()
    def none_is_lost(self) -> None:
        assert set(self.site.queue.tickets) == self.issued

    @invariant()
    def every_ticket_is_in_the_one_place_that_its_state_says(self) -> None:
        queue = self.site.queue
        places = {(lane, place) for lane, there in queue.lanes.items() for place in there}
        assert len(places) == sum(len(there) for there in queue.lanes.values())
        assert places == {
            (lane_of(t), Place(t.arrived_ms, t.number, t.id))
            for t in queue.tickets.values()
            if t.state is State.WAITING
        }
        assert {t: c for c, t in queue.at_counter.items()} == {
            t.id: t.counter for t in queue.tickets.values() if t.state is State.CALLED
        }

    @invariant()
    def lanes_are_in_the_order_of_arrival(self) -> None:
        assert all(list(there) == sorted(there) for there in self.site.queue.lanes.values())

    @invariant()
    def everybody_who_waits_can_be_called_by_some_counter(self) -> None:
        queue = self.site.queue
        for lane in queue.lanes:
            desks = {desk.id for desk in queue.plan.desks[lane.service]}
            assert desks
            assert lane.room in {"", *desks}

    def teardown(self) -> None:
        replayed = new_queue(self.catalogue)
        followed = self.start
        for entry in self.site.entries:
            stored = _entry.decode(msgspec.json.encode(entry))
            assert stored == entry
            replayed = apply(replayed, stored)
            if entry.seq > self.start.seq:
                followed = follow(followed, stored)
        assert replayed == self.site.queue
        assert followed == snapshot_of(self.site.queue, EPOCH)


class WithRooms(AnyHistory):
    """The same where the room is printed on the ticket, with the ratio of 2:1."""

    discipline = Discipline.RATIO
    rooms = True


for _machine in (AnyHistory, WithRooms):
    _machine.TestCase.settings = settings(max_examples=tries(50), stateful_step_count=50)
test_any_history = pytest.mark.req("K9", "P2", "P5")(AnyHistory.TestCase)
test_any_history_with_rooms = pytest.mark.req("K11", "P2")(WithRooms.TestCase)


def test_the_table_of_transitions_ends_where_nothing_can_follow() -> None:
    ends = {state for state, moves in TRANSITIONS.items() if not moves}
    assert ends == {State.FINISHED, State.CANCELLED, State.MERGED, State.LAPSED}
