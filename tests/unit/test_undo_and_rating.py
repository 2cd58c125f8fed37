"""What can be taken back, and who may rate."""

import pytest

from edge.contracts.commands import (
    CallNext,
    Finish,
    Rate,
    SetCounter,
    Transfer,
    Undo,
)
from edge.contracts.counter import CounterState
from edge.contracts.refusals import Refusal
from edge.queueing.rules import UNDO_MS
from tests.queue_story import Site
from tests.sites import command_id

MINUTE_MS = 60_000
OLD = "1940-01-01"


@pytest.mark.req("P5")
def test_a_call_taken_back_restores_both_people_as_they_were() -> None:
    site = Site()
    first, second = site.issue(), site.issue()
    site.call("q2")
    site.now_ms += 5 * MINUTE_MS
    before = (site.ticket(first), site.ticket(second))
    call = CallNext(command_id(), "q2", first)
    site.do(call)
    site.now_ms += UNDO_MS
    site.do(Undo(command_id(), "q2", call.id))
    assert (site.ticket(first), site.ticket(second)) == before
    assert site.queue.at_counter["q2"] == first


@pytest.mark.req("P5")
def test_nothing_is_taken_back_after_ten_seconds_or_when_somebody_went_on_with_it() -> None:
    site = Site()
    ticket = site.issue()
    call = CallNext(command_id(), "q2")
    site.do(call)
    site.now_ms += UNDO_MS + 1
    assert site.refusal(Undo(command_id(), "q2", call.id)).reason is Refusal.TOO_LATE
    finish = Finish(command_id(), "q2", ticket)
    site.do(finish)
    assert site.refusal(Undo(command_id(), "q2", call.id)).reason is Refusal.TOO_LATE
    other = site.issue()
    site.call("q2")
    assert site.refusal(Undo(command_id(), "q2", finish.id)).reason is Refusal.TOO_LATE
    assert site.queue.at_counter["q2"] == other


@pytest.mark.req("P5")
def test_what_another_counter_has_gone_on_with_is_not_taken_back() -> None:
    site = Site()
    ticket = site.issue("general")
    site.call("q2")
    transfer = Transfer(command_id(), "q2", ticket, "insurance")
    site.do(transfer)
    site.call("q3")
    assert site.refusal(Undo(command_id(), "q2", transfer.id)).reason is Refusal.TOO_LATE
    assert site.queue.at_counter["q3"] == ticket


@pytest.mark.req("P5")
def test_what_was_taken_back_is_not_taken_back_again() -> None:
    site = Site()
    site.issue()
    call = CallNext(command_id(), "q2")
    site.do(call)
    site.do(Undo(command_id(), "q2", call.id))
    assert site.refusal(Undo(command_id(), "q2", call.id)).reason is Refusal.TOO_LATE


def test_what_opens_or_pauses_a_counter_is_set_back_by_hand_and_not_undone() -> None:
    site = Site()
    pause = SetCounter(command_id(), "q2", CounterState.PAUSED)
    site.do(pause)
    assert site.refusal(Undo(command_id(), "q2", pause.id)).reason is Refusal.TOO_LATE


@pytest.mark.req("P3")
def test_the_person_served_last_at_the_counter_rates_once() -> None:
    site = Site()
    site.issue()
    assert site.refusal(Rate(command_id(), "q2", 5)).reason is Refusal.NOTHING_TO_RATE
    site.call("q2")
    site.finish("q2")
    site.do(Rate(command_id(), "q2", 4))
    assert site.refusal(Rate(command_id(), "q2", 5)).reason is Refusal.NOTHING_TO_RATE


@pytest.mark.req("P3")
def test_a_rating_long_after_the_service_belongs_to_nobody() -> None:
    site = Site()
    site.issue()
    site.call("q2")
    site.finish("q2")
    site.now_ms += 10 * MINUTE_MS + 1
    assert site.refusal(Rate(command_id(), "q2", 5)).reason is Refusal.NOTHING_TO_RATE
