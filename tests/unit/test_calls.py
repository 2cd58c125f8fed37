"""The loudspeaker's queue."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from board_controller.signage import Announcement, Move, Notice, Utterance, Withdrawn
from board_controller.voice.calls import (
    MANY,
    PATIENCE_S,
    STALE_S,
    TOGETHER,
    URGENT_STALE_S,
    Called,
    Calls,
    Moves,
    Said,
    add,
    take,
    withdraw,
)

CLOSING = Notice("Sắp hết giờ làm việc")
FIRE = Notice("Xin rời khỏi toà nhà", urgent=True)


def _said(ticket: str, zone: str = "") -> Announcement:
    """A call at a counter of its own."""
    return Announcement(ticket, ticket, ord(ticket[0]), "101", "", zone)


def _moved(ticket: str, number: int = 3) -> Move:
    return Move(ticket, ticket, number, "103")


def _queue(*said: Utterance, at_s: float = 0.0) -> Calls:
    calls = Calls()
    for one in said:
        calls = add(calls, one, at_s)
    return calls


def _all(calls: Calls, now_s: float = 0.0) -> list[Said]:
    spoken: list[Said] = []
    while True:
        calls, said, _ = take(calls, now_s)
        if said is None:
            return spoken
        spoken.append(said)


def _called(*tickets: str) -> Called:
    return Called(tuple(map(_said, tickets)))


def test_calls_are_spoken_in_the_order_in_which_they_were_made() -> None:
    calls = add(add(Calls(), _said("A"), 0.0), _said("B"), 1.0)
    calls, first, _ = take(calls, 2.0)
    calls, second, _ = take(calls, 2.0)
    assert (first, second) == (_called("A"), _called("B"))
    assert take(calls, 2.0) == (Calls(), None, 0)


def test_a_recall_of_a_waiting_number_is_spoken_once_in_its_place_and_counts_as_new() -> None:
    calls = add(add(add(Calls(), _said("A"), 0.0), _said("B"), 1.0), _said("A"), 85.0)
    assert take(calls, STALE_S + 5) == (Calls(), _called("A"), 1)


def test_a_recall_after_the_call_was_spoken_is_spoken_too() -> None:
    calls, _, _ = take(add(Calls(), _said("A"), 0.0), 0.0)
    assert take(add(calls, _said("A"), 5.0), 5.0)[1] == _called("A")


def test_what_is_too_old_is_dropped_and_counted_and_an_emergency_is_not() -> None:
    calls = add(add(add(Calls(), _said("A"), 0.0), _said("B"), STALE_S), FIRE, 0.0)
    calls, said, stale = take(calls, STALE_S + 0.1)
    assert (said, stale) == (FIRE, 1)
    assert _all(calls, STALE_S + 0.1) == [_called("B")]
    assert take(_queue(FIRE), URGENT_STALE_S + 1) == (Calls(), None, 1)


@pytest.mark.req("K11", "S6")
def test_an_emergency_goes_first_then_calls_then_changes_of_room_then_what_is_due_by_the_clock() -> None:
    calls = _queue(CLOSING, _moved("A"), _said("B"), _moved("C"), FIRE)
    assert _all(calls) == [FIRE, _called("B"), Moves((_moved("A"), _moved("C"))), CLOSING]


@pytest.mark.req("S6")
def test_what_has_waited_long_behind_calls_goes_before_them_so_that_a_busy_hall_hears_it() -> None:
    calls = add(_queue(CLOSING), _said("A"), PATIENCE_S)
    assert take(calls, PATIENCE_S)[1] == _called("A")
    assert take(calls, PATIENCE_S + 1)[1] == CLOSING


def test_a_second_call_of_a_counter_leaves_the_first_standing_and_both_are_one_sentence() -> None:
    first, second = Announcement("a", "A001", 1, "101", ""), Announcement("b", "A002", 1, "101", "")
    assert _all(_queue(first, _said("C"), second)) == [Called((first, second)), _called("C")]


def test_a_crowd_of_calls_in_one_zone_shares_a_chime_and_another_zone_has_its_own() -> None:
    here, there = [_said(ticket, "A") for ticket in "ABDE"], _said("C", "B")
    spoken = _all(_queue(*here[:2], there, *here[2:]))
    assert spoken == [Called(tuple(here[:TOGETHER])), Called((there,)), Called((here[3],))]
    assert _all(_queue(*map(_said, "ABC"))) == [_called("A"), _called("B"), _called("C")]


@pytest.mark.parametrize(("waiting", "crowded"), [(MANY, False), (MANY + 1, True)])
def test_nothing_is_repeated_while_many_wait_or_an_emergency_does(waiting: int, crowded: bool) -> None:
    assert _queue(*map(_said, "ABCDEF"[:waiting])).crowded is crowded
    assert _queue(FIRE).crowded


def test_many_changes_of_room_are_spoken_as_lists_that_let_a_call_in_between() -> None:
    tickets = [f"A{number:03d}" for number in range(TOGETHER + 2)]
    calls, said, _ = take(_queue(*map(_moved, tickets)), 0.0)
    assert said == Moves(tuple(map(_moved, tickets[:TOGETHER])))
    assert _all(add(calls, _said("B"), 0.0)) == [_called("B"), Moves(tuple(map(_moved, tickets[TOGETHER:])))]


@pytest.mark.req("P5")
def test_a_call_that_was_taken_back_before_it_was_spoken_is_not_spoken() -> None:
    calls = _queue(_said("A"), _moved("B"), _said("C"))
    assert _all(withdraw(calls, Withdrawn(("A", "B")))) == [_called("C"), Moves((_moved("B"),))]


def test_a_second_change_of_a_room_takes_the_place_of_the_first_and_a_call_of_both() -> None:
    calls = _queue(_moved("A", 2), _moved("B"), _moved("A", 4))
    assert _all(calls) == [Moves((_moved("A", 4), _moved("B")))]
    assert _all(add(calls, _said("A"), 0.0)) == [_called("A"), Moves((_moved("B"),))]


def test_what_is_due_waits_once() -> None:
    assert _all(_queue(CLOSING, CLOSING, FIRE, FIRE)) == [FIRE, CLOSING]


_utterances = st.one_of(
    st.builds(_said, st.sampled_from("ABCDEFGH"), st.sampled_from(["", "A", "B"])),
    st.builds(_moved, st.sampled_from("ABCDEFGH"), st.integers(0, 3)),
    st.sampled_from([CLOSING, FIRE]),
)


@given(st.lists(st.tuples(_utterances, st.floats(0, 20)), max_size=40), st.floats(1, 30))
def test_however_much_comes_nothing_begins_late_nothing_is_lost_unseen_and_no_ticket_is_said_twice(
    arrivals: list[tuple[Utterance, float]], lasts_s: float
) -> None:
    calls, now_s, busy_until_s = Calls(), 0.0, 0.0
    begun: list[Said] = []
    since: dict[Utterance, float] = {}

    def speak_until(end_s: float) -> None:
        nonlocal calls, busy_until_s
        while calls.waiting and busy_until_s <= end_s:
            before = len(calls.waiting)
            calls, said, stale = take(calls, busy_until_s)
            parts: tuple[Utterance, ...] = ()
            match said:
                case Called(parts) | Moves(parts):
                    pass
                case Notice():
                    parts = (said,)
            assert len(calls.waiting) + len(parts) + stale == before
            assert len(parts) <= TOGETHER
            for part in parts:
                urgent = isinstance(part, Notice) and part.urgent
                assert busy_until_s - since[part] <= (URGENT_STALE_S if urgent else STALE_S)
            if said is not None:
                begun.append(said)
                busy_until_s += lasts_s

    for said, after_s in arrivals:
        now_s += after_s
        speak_until(now_s)
        busy_until_s = max(busy_until_s, now_s)
        calls, since[said] = add(calls, said, now_s), now_s
        tickets = [(type(w.said), w.said.ticket) for w in calls.waiting if not isinstance(w.said, Notice)]
        assert len(tickets) == len(set(tickets))
    speak_until(1e9)
    assert not calls.waiting
