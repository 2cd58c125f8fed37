"""The rules of the queue, from any history."""

import pytest
from msgspec.structs import replace

from edge.contracts.commands import CallNext, ConfirmPrint, Finish, IssueTicket, MarkNoShow, Recall, ReportPrintFault
from edge.contracts.events import DayOpened, Entry, TicketAskedAgain, TicketFinished, TicketIssued
from edge.contracts.refusals import Refusal
from edge.contracts.ticket import Paper, PrintFault
from edge.queueing.queue import apply
from edge.queueing.rules import DOUBLE_PRESS_MS
from tests.queue_story import Site
from tests.sites import NOON_MS, command_id


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
    site.queue = replace(site.queue, numbers=site.queue.numbers.set("A", 999))
    assert site.label_of(site.issue()) == "A1000"


def test_a_service_that_has_given_its_last_number_refuses_and_says_so() -> None:
    site = Site()
    site.queue = replace(site.queue, numbers=site.queue.numbers.set("A", 9999))
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
    assert not site.queue.waiting_for("general")
    assert site.label_of(site.issue()) == "A001"


def test_an_entry_out_of_order_is_refused() -> None:
    site = Site()
    with pytest.raises(ValueError, match="does not follow"):
        apply(site.queue, Entry(site.queue.seq + 2, NOON_MS, DayOpened("2026-11-24")))
