"""Contacts bounce, stick and are held; one press is one press."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from board_controller.debounce import (
    CALM_S,
    FLUTTER_EDGES,
    LONG_S,
    SETTLE_S,
    STUCK_S,
    Contact,
    Debounce,
    Signal,
    begin,
    edge,
    settle,
)
from board_controller.press import LAMP, Action, Answer, Rating, answer_to, command_for, meaning
from edge.contracts.commands import Agreed, CallNext, Finish, MarkNoShow, Rate, Recall, Refused
from edge.contracts.refusals import Refusal

ID = "a" * 32
FOR_EVER_S = 1000.0


def _settled(state: Debounce, until_s: float) -> tuple[Debounce, list[Signal]]:
    signals: list[Signal] = []
    while True:
        state, signal = settle(state, until_s)
        if signal is Signal.NOTHING:
            return state, signals
        signals.append(signal)


def _signals(
    state: Debounce, edges: list[tuple[bool, float]], until_s: float | None = None
) -> tuple[Debounce, list[Signal]]:
    """What the edges mean up to a time, by default a tenth of a second after the last one, however late it is asked."""
    signals: list[Signal] = []
    for closed, at_s in edges:
        state, settled = _settled(state, at_s)
        state, signal = edge(state, closed, at_s)
        signals += [*settled, signal]
    state, settled = _settled(state, until_s if until_s is not None else edges[-1][1] + 0.1 if edges else 0.1)
    return state, [signal for signal in [*signals, *settled] if signal is not Signal.NOTHING]


def _flutter(from_s: float, edges: int, gap_s: float = 0.002) -> list[tuple[bool, float]]:
    return [(at % 2 == 0, from_s + at * gap_s) for at in range(edges)]


def test_a_clean_press_is_one_press_and_one_release() -> None:
    assert _signals(begin(False, 0), [(True, 1.0), (False, 1.2)])[1] == [Signal.PRESSED, Signal.RELEASED]


def test_a_worn_contact_that_flutters_is_one_press() -> None:
    letting_go = [(at % 2 == 1, 1.2 + at * 0.002) for at in range(5)]
    assert _signals(begin(False, 0), _flutter(1.0, 5) + letting_go)[1] == [Signal.PRESSED, Signal.RELEASED]


def test_a_spike_on_a_long_wire_is_no_press() -> None:
    assert _signals(begin(False, 0), [(True, 1.0), (False, 1.0 + SETTLE_S / 2)])[1] == []


def test_a_button_that_is_held_is_one_long_press_from_its_beginning_whatever_flutters_meanwhile() -> None:
    pressed = [(True, 1.0), (False, 1.5), (True, 1.501)]
    assert _signals(begin(False, 0), pressed, 0.99 + LONG_S)[1] == [Signal.PRESSED]
    assert _signals(begin(False, 0), pressed, 1.0 + LONG_S)[1] == [Signal.PRESSED, Signal.HELD]
    let_go = [*pressed, (False, 4.0)]
    assert _signals(begin(False, 0), let_go)[1] == [Signal.PRESSED, Signal.HELD, Signal.LET_GO]


def test_a_button_that_is_let_go_as_the_long_press_would_begin_was_pressed_for_short() -> None:
    let_go = [(True, 1.0), (False, 1.0 + LONG_S - SETTLE_S / 2)]
    assert _signals(begin(False, 0), let_go)[1] == [Signal.PRESSED, Signal.RELEASED]


def test_a_button_that_is_held_for_half_a_minute_is_stuck_until_it_is_let_go() -> None:
    state, signals = _signals(begin(False, 0), [(True, 1.0)], 1.0 + STUCK_S)
    assert signals == [Signal.PRESSED, Signal.HELD, Signal.STUCK]
    assert state.contact is Contact.STUCK
    assert _signals(state, [(False, 60.0), (True, 61.0)])[1] == [Signal.FREED, Signal.PRESSED]


def test_a_button_that_was_pressed_at_start_means_nothing_until_it_was_free() -> None:
    stuck = begin(True, 0)
    assert stuck.contact is Contact.STUCK
    assert settle(stuck, FOR_EVER_S) == (stuck, Signal.NOTHING)
    assert _signals(stuck, [(False, 6.0), (True, 7.0)])[1] == [Signal.FREED, Signal.PRESSED]


@pytest.mark.parametrize("gap_s", [0.002, 0.04])
def test_a_contact_that_flutters_on_is_bouncing_until_it_was_calm(gap_s: float) -> None:
    state, signals = _signals(begin(False, 0), _flutter(1.0, FLUTTER_EDGES + 2, gap_s))
    assert signals.count(Signal.BOUNCING) == 1
    assert signals[-1] is Signal.BOUNCING
    assert state.contact is Contact.BOUNCING
    calm_s = state.since_s + CALM_S
    assert settle(state, calm_s - 0.1) == (state, Signal.NOTHING)
    assert _signals(state, [(True, calm_s + 1.0)])[1] == [Signal.FREED, Signal.PRESSED]


def test_quick_presses_of_a_worn_button_are_presses_and_no_flutter() -> None:
    edges = [edge for at_s in (1.0, 1.4, 1.8) for edge in [*_flutter(at_s, 5), (False, at_s + 0.1)]]
    assert _signals(begin(False, 0), edges)[1] == [Signal.PRESSED, Signal.RELEASED] * 3


# What may follow what; a bouncing contact may begin at any time.
FOLLOWS = {
    None: {Signal.PRESSED},
    Signal.PRESSED: {Signal.HELD, Signal.RELEASED},
    Signal.RELEASED: {Signal.PRESSED},
    Signal.HELD: {Signal.LET_GO, Signal.STUCK},
    Signal.LET_GO: {Signal.PRESSED},
    Signal.STUCK: {Signal.FREED},
    Signal.BOUNCING: {Signal.FREED},
    Signal.FREED: {Signal.PRESSED},
}


@given(
    st.booleans(),
    st.lists(st.tuples(st.booleans(), st.floats(0.0001, 0.1) | st.floats(0.1, 40.0)), max_size=60),
    st.floats(0.0, 60.0),
)
def test_signals_follow_one_another_in_order_whatever_the_wire_does(
    closed: bool, steps: list[tuple[bool, float]], rest_s: float
) -> None:
    at_s, edges = 0.0, []
    for level, gap_s in steps:
        at_s += gap_s
        edges.append((level, at_s))
    state, signals = _signals(begin(closed, 0), edges, at_s + rest_s)
    before = Signal.STUCK if closed else None
    for signal in signals:
        assert signal in FOLLOWS[before] | {Signal.BOUNCING}
        assert (before, signal) != (Signal.BOUNCING, Signal.BOUNCING)
        before = signal
    assert len(state.edges_s) <= FLUTTER_EDGES + 1
    assert state.due_s > at_s + rest_s


@given(
    st.lists(st.tuples(st.booleans(), st.floats(0.0001, 0.1) | st.floats(0.1, 40.0)), max_size=30),
    st.lists(st.floats(0.0, 1.0), max_size=5),
)
def test_it_does_not_matter_how_often_and_how_late_the_machine_is_asked(
    steps: list[tuple[bool, float]], asked: list[float]
) -> None:
    at_s, edges = 0.0, []
    for level, gap_s in steps:
        at_s += gap_s
        edges.append((level, at_s))
    late = _signals(begin(False, 0), edges, at_s + 1)
    state, signals = begin(False, 0), []
    for index, (closed, edge_s) in enumerate(edges):
        state, signal = edge(state, closed, edge_s)
        signals.append(signal)
        end_s = edges[index + 1][1] if index + 1 < len(edges) else at_s + 1
        for part in [*sorted(asked), 1.0]:
            state, settled = _settled(state, edge_s + part * (end_s - edge_s))
            signals += settled
    assert (state, [signal for signal in signals if signal is not Signal.NOTHING]) == late


def test_a_button_with_one_meaning_acts_as_it_is_pressed_and_one_with_two_when_it_is_known_which() -> None:
    def asked(long: Action | None) -> dict[Signal, Action | Rating]:
        found = {signal: meaning(signal, Action.NEXT, long) for signal in Signal}
        return {signal: action for signal, action in found.items() if action is not None}

    assert asked(None) == {Signal.PRESSED: Action.NEXT}
    assert asked(Action.RECALL) == {Signal.RELEASED: Action.NEXT, Signal.HELD: Action.RECALL}


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


def test_the_answers_of_the_lamp_cannot_be_confused() -> None:
    assert LAMP[Answer.ACCEPTED] == ((True, 1.0),)
    assert LAMP[Answer.NOBODY] == ((True, 0.4), (False, 0.4), (True, 0.4), (False, 0.4))
    flashes = [seconds for level, seconds in LAMP[Answer.REFUSED] if level]
    assert len(flashes) == 3
    assert flashes[-1] >= 3 * flashes[0]
    assert flashes[0] < min(seconds for _, seconds in LAMP[Answer.NOBODY])
    assert sum(level for level, _ in LAMP[Answer.AWAY]) >= 10
    assert max(seconds for _, seconds in LAMP[Answer.AWAY]) <= 0.1


@pytest.mark.req("P3")
def test_a_rating_is_of_the_counter_whoever_is_there() -> None:
    assert command_for(Rating(3), "q1", "", ID) == Rate(ID, "q1", 3)
    assert command_for(Rating(5), "q1", "b" * 32, ID) == Rate(ID, "q1", 5)


def test_what_the_hub_did_lights_the_lamp_what_it_refused_flashes_and_a_rating_of_nothing_is_quiet() -> None:
    assert answer_to(Agreed(ID)) is Answer.ACCEPTED
    assert answer_to(Refused(ID, Refusal.NOBODY_WAITING)) is Answer.NOBODY
    assert answer_to(Refused(ID, Refusal.JUST_CALLED)) is Answer.REFUSED
    assert answer_to(Refused(ID, Refusal.NOTHING_TO_RATE)) is Answer.QUIET
    assert LAMP[Answer.QUIET] == ()
