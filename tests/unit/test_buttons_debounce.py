"""Contacts bounce, stick and are held; one press is one press."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from board_controller.debounce import SETTLE_S, Contact, Debounce, Signal, begin, edge, settle
from board_controller.press import LAMP, Action, Answer, Rating, answer_to, command_for
from edge.contracts.commands import Agreed, CallNext, Finish, MarkNoShow, Rate, Recall, Refused
from edge.contracts.refusals import Refusal

ID = "a" * 32


def _signals(state: Debounce, edges: list[tuple[bool, float]]) -> tuple[Debounce, list[Signal]]:
    """What the edges mean when a timer fires as each level has settled, as the button's loop does it."""
    signals = []
    for index, (closed, at_s) in enumerate(edges):
        state = edge(state, closed, at_s)
        next_s = edges[index + 1][1] if index + 1 < len(edges) else at_s + 1
        if next_s >= state.settles_s:
            state, signal = settle(state, state.settles_s)
            signals.append(signal)
    return state, [signal for signal in signals if signal is not Signal.NOTHING]


def test_a_clean_press_is_one_press_and_one_release() -> None:
    assert _signals(begin(False, 0), [(True, 1.0), (False, 1.2)])[1] == [Signal.PRESSED, Signal.RELEASED]


def test_a_worn_contact_that_flutters_is_one_press() -> None:
    pressing = [(at % 2 == 0, 1.0 + at * 0.002) for at in range(5)]
    letting_go = [(at % 2 == 1, 1.2 + at * 0.002) for at in range(5)]
    assert _signals(begin(False, 0), pressing + letting_go)[1] == [Signal.PRESSED, Signal.RELEASED]


def test_a_spike_on_a_long_wire_is_no_press() -> None:
    assert _signals(begin(False, 0), [(True, 1.0), (False, 1.0 + SETTLE_S / 2)])[1] == []


def test_a_held_button_is_one_press() -> None:
    state, signals = _signals(begin(False, 0), [(True, 1.0)])
    assert signals == [Signal.PRESSED]
    assert settle(state, 60.0) == (state, Signal.NOTHING)


def test_a_button_that_was_pressed_at_start_means_nothing_until_it_was_free() -> None:
    stuck = begin(True, 0)
    assert stuck.contact is Contact.STUCK
    assert settle(stuck, 5.0) == (stuck, Signal.NOTHING)
    assert _signals(stuck, [(False, 6.0), (True, 7.0)])[1] == [Signal.FREED, Signal.PRESSED]


@given(st.booleans(), st.lists(st.tuples(st.booleans(), st.floats(0.0001, 0.1)), max_size=40))
def test_presses_and_releases_take_turns_whatever_the_wire_does(closed: bool, steps: list[tuple[bool, float]]) -> None:
    at_s, edges = 0.0, []
    for level, gap_s in steps:
        at_s += gap_s
        edges.append((level, at_s))
    _, signals = _signals(begin(closed, 0), edges)
    expected = [Signal.FREED] if closed else []
    for signal in signals:
        if expected:
            assert signal is expected.pop()
        else:
            assert signal is Signal.PRESSED
            expected = [Signal.RELEASED]


def test_next_names_who_is_seen_at_the_counter_even_if_nobody_is() -> None:
    assert command_for(Action.NEXT, "q1", "", ID) == CallNext(ID, "q1", seen="")
    assert command_for(Action.NEXT, "q1", "b" * 32, ID) == CallNext(ID, "q1", seen="b" * 32)


def test_the_other_buttons_name_who_is_at_the_counter_and_ask_nothing_if_nobody_is() -> None:
    there = "b" * 32
    assert command_for(Action.RECALL, "q1", there, ID) == Recall(ID, "q1", there)
    assert command_for(Action.NO_SHOW, "q1", there, ID) == MarkNoShow(ID, "q1", there)
    assert command_for(Action.FINISH, "q1", there, ID) == Finish(ID, "q1", there)
    for action in (Action.RECALL, Action.NO_SHOW, Action.FINISH):
        assert command_for(action, "q1", "", ID) is None


def test_the_three_answers_of_the_lamp_cannot_be_confused() -> None:
    assert LAMP[Answer.ACCEPTED] == ((True, 1.0),)
    assert [level for level, _ in LAMP[Answer.REFUSED]] == [True, False, True, False]
    assert min(s for _, s in LAMP[Answer.REFUSED]) >= 4 * max(s for _, s in LAMP[Answer.AWAY])
    assert sum(level for level, _ in LAMP[Answer.AWAY]) >= 5


@pytest.mark.req("P3")
def test_a_rating_is_of_the_counter_whoever_is_there() -> None:
    assert command_for(Rating(3), "q1", "", ID) == Rate(ID, "q1", 3)
    assert command_for(Rating(5), "q1", "b" * 32, ID) == Rate(ID, "q1", 5)


def test_what_the_hub_did_lights_the_lamp_what_it_refused_flashes_and_a_rating_of_nothing_is_quiet() -> None:
    assert answer_to(Agreed(ID)) is Answer.ACCEPTED
    assert answer_to(Refused(ID, Refusal.NOBODY_WAITING)) is Answer.REFUSED
    assert answer_to(Refused(ID, Refusal.NOTHING_TO_RATE)) is Answer.QUIET
    assert LAMP[Answer.QUIET] == ()
