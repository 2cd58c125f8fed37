"""A portal that does not answer is left alone for a while."""

from edge.contracts.eligibility import Eligibility, Outcome
from edge.hub.insurance.breaker import FAILURES, REFUSED_REST_S, REST_S, Breaker

REFUSAL = Eligibility(Outcome.NOT_AUTHORISED, "401")


def broken() -> Breaker:
    breaker = Breaker()
    for _ in range(FAILURES):
        assert breaker.lets_through(0.0)
        breaker.failed(0.0)
    return breaker


def test_after_three_failures_in_a_row_nothing_goes_through_for_a_minute() -> None:
    breaker = broken()
    assert not breaker.lets_through(0.0)
    assert not breaker.lets_through(REST_S - 0.1)
    assert breaker.answer == Eligibility(Outcome.UNREACHABLE)


def test_a_success_between_failures_counts_from_the_beginning() -> None:
    breaker = Breaker()
    for _ in range(FAILURES - 1):
        breaker.failed(0.0)
    breaker.succeeded()
    breaker.failed(0.0)
    assert breaker.lets_through(0.0)


def test_after_the_rest_one_tries_for_all() -> None:
    breaker = broken()
    assert breaker.lets_through(REST_S)
    assert not breaker.lets_through(REST_S)
    breaker.failed(REST_S + 8)
    assert not breaker.lets_through(2 * REST_S)
    assert breaker.lets_through(2 * REST_S + 8)
    breaker.succeeded()
    assert breaker.lets_through(2 * REST_S + 8)
    assert breaker.lets_through(2 * REST_S + 8)


def test_one_that_tried_and_was_never_heard_of_again_shuts_nobody_out_for_ever() -> None:
    breaker = broken()
    assert breaker.lets_through(REST_S)
    assert breaker.lets_through(2 * REST_S)


def test_one_refusal_is_enough_and_is_told_to_everybody_meanwhile() -> None:
    breaker = Breaker()
    breaker.refused(0.0, REFUSAL)
    assert not breaker.lets_through(REFUSED_REST_S - 0.1)
    assert breaker.answer == REFUSAL
    assert breaker.lets_through(REFUSED_REST_S)
    breaker.succeeded()
    assert breaker.lets_through(REFUSED_REST_S)


def test_failures_after_a_refusal_are_told_as_failures() -> None:
    breaker = Breaker()
    breaker.refused(0.0, REFUSAL)
    for _ in range(FAILURES):
        breaker.failed(REFUSED_REST_S)
    assert breaker.answer == Eligibility(Outcome.UNREACHABLE)
