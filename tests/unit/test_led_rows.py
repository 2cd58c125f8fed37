"""What a row of an LED board says of a counter."""

import pytest

from board_controller.boards.rows import Row
from board_controller.displays import row
from board_controller.signage import CounterSign, Stage
from edge.contracts.counter import CounterState

CALLED = CounterSign("q12", 12, "101", (), label="AB047", stage=Stage.NEW, state=CounterState.OPEN)
FREE = CounterSign("q12", 12, "101", (), state=CounterState.OPEN)
PAUSED = CounterSign("q12", 12, "101", (), state=CounterState.PAUSED)


@pytest.mark.req("B5", "B6", "T2")
@pytest.mark.parametrize(
    ("shows", "called", "free", "paused"),
    [("counter-and-ticket", "12 AB047", "12", "12 --"), ("ticket", "AB047", "", "--"), ("digits", "047", "", "--")],
)
def test_a_row_says_of_a_counter_what_it_is_told_to(shows: str, called: str, free: str, paused: str) -> None:
    assert row(CALLED, shows) == Row(called, blink=True)
    assert row(FREE, shows) == Row(free)
    assert row(PAUSED, shows) == Row(paused)
