"""Where tickets go: rooms, routes, tests and back, transfers, families, no-shows, and what can be taken back."""

import pytest
from msgspec.structs import replace

from edge.contracts.catalogue import Catalogue, Policy, Service
from edge.contracts.commands import (
    AdoptCatalogue,
    CallNext,
    CallTicket,
    CancelTicket,
    Finish,
    IssueTicket,
    MergeTickets,
    Refer,
    ReturnToQueue,
    SendToTests,
    SetCounter,
    Transfer,
)
from edge.contracts.counter import CounterState, Pause
from edge.contracts.events import CounterChanged, Onward, RoomChanged, TicketReturned, TicketSentOn
from edge.contracts.refusals import Refusal
from edge.contracts.ticket import Priority, State, Step
from edge.queueing.rules import DOUBLE_PRESS_MS
from tests.queue_story import Site
from tests.sites import CATALOGUE, command_id

MINUTE_MS = 60_000
OLD = "1940-01-01"


def hospital(**policy: object) -> Catalogue:
    """Examination in rooms 101 and 102 with the room on the ticket, the laboratory, then the cashier."""
    q1, q2, q3 = CATALOGUE.counters
    exam, _ = CATALOGUE.services
    return replace(
        CATALOGUE,
        policy=replace(Policy(), **policy),
        services=(
            replace(exam, assigns_room=True, route=("cashier",)),
            Service("lab", "exam", "L", "Xét nghiệm", "Laboratory", "#444444"),
            Service("cashier", "exam", "T", "Thu ngân", "Cashier", "#444444"),
        ),
        counters=(
            replace(q1, services=("general",)),
            replace(q2, services=("general",)),
            replace(q3, services=("lab", "cashier")),
        ),
    )


def open_all(site: Site) -> None:
    for counter in ("q1", "q2", "q3"):
        site.set_counter(counter, CounterState.OPEN)


@pytest.mark.req("K11")
def test_the_room_is_chosen_when_the_number_is_given_and_the_load_is_shared() -> None:
    site = Site(hospital())
    open_all(site)
    assert [site.ticket(site.issue()).room for _ in range(4)] == ["q1", "q2", "q1", "q2"]


@pytest.mark.req("K11")
def test_a_room_that_works_slowly_gets_fewer_people() -> None:
    site = Site(hospital())
    open_all(site)
    for _ in range(12):
        site.issue()
    for counter, minutes in (("q1", 2), ("q2", 12)):
        for _ in range(6):
            site.call(counter)
            site.now_ms += minutes * MINUTE_MS
            site.finish(counter)
    rooms = [site.ticket(site.issue()).room for _ in range(7)]
    assert rooms.count("q1") > 2 * rooms.count("q2")


def test_a_room_that_idles_takes_over_the_first_of_the_longest_line() -> None:
    site = Site(hospital())
    site.set_counter("q1", CounterState.OPEN)
    first, second = site.issue(), site.issue()
    assert {site.ticket(first).room, site.ticket(second).room} == {"q1"}
    events = site.do(CallNext(command_id(), "q2"))
    assert RoomChanged(first, "A001", "general", "q2", "q1") in events
    assert site.queue.at_counter["q2"] == first


@pytest.mark.req("T2")
def test_when_a_room_pauses_its_people_are_spread_over_the_open_ones_and_told() -> None:
    site = Site(hospital())
    open_all(site)
    tickets = [site.issue() for _ in range(4)]
    events = site.do(SetCounter(command_id(), "q1", CounterState.PAUSED, Pause.BREAK))
    assert events[0] == CounterChanged("q1", CounterState.PAUSED, Pause.BREAK)
    assert [event for event in events if isinstance(event, RoomChanged)] == [
        RoomChanged(tickets[0], "A001", "general", "q2", "q1"),
        RoomChanged(tickets[2], "A003", "general", "q2", "q1"),
    ]


def test_when_the_last_room_closes_its_people_wait_for_whichever_opens() -> None:
    site = Site(hospital())
    site.set_counter("q1", CounterState.OPEN)
    ticket = site.issue()
    site.set_counter("q1", CounterState.CLOSED)
    assert site.ticket(ticket).room == ""
    assert site.call("q2") == ticket


def test_a_counter_with_somebody_at_it_cannot_be_closed_and_can_be_paused() -> None:
    site = Site()
    ticket = site.issue()
    site.call("q1")
    refusal = site.refusal(SetCounter(command_id(), "q1", CounterState.CLOSED))
    assert (refusal.reason, refusal.ticket) == (Refusal.COUNTER_BUSY, ticket)
    site.set_counter("q1", CounterState.PAUSED)
    assert site.queue.at_counter["q1"] == ticket


def test_a_counter_that_calls_is_open() -> None:
    site = Site()
    site.issue()
    events = site.do(CallNext(command_id(), "q1"))
    assert events[0] == CounterChanged("q1", CounterState.OPEN)
    site.now_ms += DOUBLE_PRESS_MS
    site.do(Finish(command_id(), "q1", site.queue.at_counter["q1"]))
    assert site.set_counter("q1", CounterState.OPEN) == ()


def test_whoever_is_served_goes_on_to_the_next_step_of_the_route() -> None:
    site = Site(hospital())
    ticket = site.issue()
    site.call("q1")
    (event,) = site.do(Finish(command_id(), "q1", ticket))
    assert isinstance(event, TicketSentOn)
    assert (event.service, event.why, event.arrived_ms) == ("cashier", Onward.STEP, site.now_ms)
    assert site.call("q3") == ticket
    site.finish("q3")
    assert site.ticket(ticket).state is State.FINISHED


def test_a_step_that_a_new_catalogue_does_away_with_is_passed_over() -> None:
    site = Site(hospital())
    ticket = site.issue()
    site.call("q1")
    catalogue = site.queue.catalogue
    exam, lab, _ = catalogue.services
    *rooms, q3 = catalogue.counters
    smaller = replace(
        catalogue, services=(replace(exam, route=()), lab), counters=(*rooms, replace(q3, services=("lab",)))
    )
    site.do(AdoptCatalogue(command_id(), 0, smaller))
    site.finish("q1")
    assert site.ticket(ticket).state is State.FINISHED


def test_after_the_tests_a_patient_comes_back_to_the_same_doctor_before_later_arrivals() -> None:
    site = Site(hospital())
    open_all(site)
    patient = site.issue()
    doctor = site.ticket(patient).room
    site.call(doctor)
    later = [site.issue() for _ in range(3)]
    site.now_ms += 5 * MINUTE_MS
    site.do(SendToTests(command_id(), doctor, patient, ("lab",)))
    assert site.ticket(patient).steps == (Step("general", doctor), Step("cashier"))
    site.now_ms += MINUTE_MS
    assert site.call("q3") == patient
    site.now_ms += 20 * MINUTE_MS
    site.finish("q3")
    back = site.ticket(patient)
    assert (back.service, back.room, back.returning) == ("general", doctor, True)
    assert any(site.ticket(t).room == doctor for t in later)
    assert site.call(doctor) == patient
    assert site.ticket(patient).label == "A001"


def test_who_came_back_from_tests_waits_through_the_doctors_pause_and_not_through_the_night() -> None:
    site = Site(hospital())
    open_all(site)
    patient = site.issue()
    doctor = site.ticket(patient).room
    site.call(doctor)
    site.do(SendToTests(command_id(), doctor, patient, ("lab",)))
    site.call("q3")
    site.finish("q3")
    site.set_counter(doctor, CounterState.PAUSED)
    assert site.ticket(patient).room == doctor
    site.set_counter(doctor, CounterState.CLOSED)
    assert site.ticket(patient).room not in ("", doctor)


def test_a_doctor_who_has_gone_home_is_not_waited_for() -> None:
    site = Site(hospital())
    site.set_counter("q1", CounterState.OPEN)
    patient = site.issue()
    site.call("q1")
    site.do(SendToTests(command_id(), "q1", patient, ("lab",)))
    site.set_counter("q1", CounterState.CLOSED)
    site.set_counter("q2", CounterState.OPEN)
    site.call("q3")
    site.finish("q3")
    assert site.call("q2") == patient


def test_a_transfer_keeps_priority_and_place() -> None:
    site = Site()
    patient = site.issue("insurance", birth_date=OLD)
    arrived_ms = site.ticket(patient).arrived_ms
    site.call("q1")
    site.now_ms += 10 * MINUTE_MS
    site.issue("general", birth_date=OLD)
    site.do(Transfer(command_id(), "q1", patient, "general"))
    moved = site.ticket(patient)
    assert (moved.service, moved.priority, moved.arrived_ms) == ("general", Priority.FROM_75, arrived_ms)
    assert moved.waiting_since_ms == site.now_ms
    assert site.call("q2") == patient


def test_a_facility_may_have_a_transfer_begin_at_the_end() -> None:
    site = Site(replace(CATALOGUE, policy=Policy(transfer_keeps_place=False)))
    patient = site.issue("insurance")
    site.call("q1")
    site.now_ms += MINUTE_MS
    other = site.issue("general")
    site.now_ms += 1
    site.do(Transfer(command_id(), "q1", patient, "general"))
    assert site.call("q2") == other


def test_a_transfer_to_a_counter_that_does_not_serve_it_is_refused() -> None:
    site = Site()
    patient = site.issue()
    site.call("q1")
    assert site.refusal(Transfer(command_id(), "q1", patient, "general", "q3")).reason is Refusal.NOT_SERVED_HERE
    assert site.refusal(Transfer(command_id(), "q1", patient, "dentist")).reason is Refusal.UNKNOWN_SERVICE


def test_a_transfer_to_one_counter_waits_for_that_counter_which_must_not_be_closed() -> None:
    site = Site()
    patient = site.issue()
    site.call("q1")
    transfer = Transfer(command_id(), "q1", patient, "general", "q2")
    assert site.refusal(transfer).reason is Refusal.COUNTER_CLOSED
    site.set_counter("q2", CounterState.PAUSED)
    site.do(transfer)
    assert site.ticket(patient).room == "q2"
    assert site.refusal(CallNext(command_id(), "q3")).reason is Refusal.NOBODY_WAITING


def test_somebody_who_waits_in_the_wrong_queue_is_referred_and_keeps_the_place() -> None:
    site = Site()
    wrong = site.issue("insurance")
    site.issue("general")
    site.do(Refer(command_id(), wrong, "general"), by="truongphong")
    assert site.call("q2") == wrong


@pytest.mark.req("P2")
def test_who_missed_the_call_comes_back_to_their_place_within_the_grace() -> None:
    site = Site(replace(CATALOGUE, policy=Policy(no_show_grace_min=30)))
    missed, _ = site.issue(), site.issue()
    site.call("q2")
    site.miss("q2")
    site.now_ms += 30 * MINUTE_MS
    assert site.do(ReturnToQueue(command_id(), missed)) == (TicketReturned(missed, "general"),)
    assert site.call("q2") == missed


def test_after_the_grace_a_new_number_is_needed() -> None:
    site = Site(replace(CATALOGUE, policy=Policy(no_show_grace_min=30)))
    missed = site.issue()
    site.call("q2")
    site.miss("q2")
    site.now_ms += 30 * MINUTE_MS + 1
    assert site.refusal(ReturnToQueue(command_id(), missed)).reason is Refusal.GRACE_OVER
    site.do(IssueTicket(command_id(), "general"), held=(missed,))
    assert "A002" in {ticket.label for ticket in site.queue.tickets.values()}


def test_scanning_the_card_again_within_the_grace_takes_the_missed_place_again() -> None:
    site = Site()
    missed = site.issue()
    site.call("q2")
    site.miss("q2")
    site.do(IssueTicket(command_id(), "general"), held=(missed,))
    assert site.ticket(missed).state is State.WAITING
    assert len(site.queue.tickets) == 1


def test_a_parked_person_is_called_back_by_their_counter_without_a_reason() -> None:
    site = Site()
    parked, other = site.issue(), site.issue()
    site.call("q2")
    site.park("q2")
    assert "q2" not in site.queue.at_counter
    assert site.call("q2") == other
    site.now_ms += DOUBLE_PRESS_MS
    site.do(CallTicket(command_id(), "q2", parked, seen=other))
    assert site.queue.at_counter["q2"] == parked
    assert site.ticket(other).state is State.FINISHED


def test_a_family_is_served_together_and_brings_its_priority() -> None:
    site = Site()
    child, mother = site.issue(birth_date="2024-01-01"), site.issue()
    site.do(MergeTickets(command_id(), child, mother))
    assert (site.ticket(child).state, site.ticket(child).into) == (State.MERGED, mother)
    assert site.ticket(mother).priority is Priority.UNDER_6
    assert site.refusal(MergeTickets(command_id(), mother, mother)).reason is Refusal.SAME_TICKET
    assert site.refusal(MergeTickets(command_id(), mother, child)).reason is Refusal.NOT_WAITING


def test_a_number_that_was_given_back_is_not_called_and_not_given_again() -> None:
    site = Site()
    ticket, other = site.issue(), site.issue()
    site.do(CancelTicket(command_id(), ticket))
    assert site.call("q2") == other
    assert site.refusal(CancelTicket(command_id(), other)).reason is Refusal.NOT_WAITING
    assert site.label_of(site.issue()) == "A003"


def test_who_came_back_to_a_doctor_is_not_taken_over_by_an_idle_room() -> None:
    site = Site(hospital())
    open_all(site)
    patient = site.issue()
    doctor = site.ticket(patient).room
    site.call(doctor)
    site.do(SendToTests(command_id(), doctor, patient, ("lab",)))
    site.call("q3")
    site.finish("q3")
    other = "q2" if doctor == "q1" else "q1"
    assert site.refusal(CallNext(command_id(), other)).reason is Refusal.NOBODY_WAITING
