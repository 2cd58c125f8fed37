"""The loudspeaker's queue, and the chime."""

import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from board_controller.signage import Announcement, Move, Notice, Withdrawn
from board_controller.voice.calls import MOST_MOVES, STALE_S, Calls, Moves, Said, add, held_up, take, withdraw
from board_controller.voice.chime import RATE_HZ, chime

CALL_STALE_S, MOVE_STALE_S, NOTICE_STALE_S = STALE_S[Announcement], STALE_S[Move], STALE_S[Notice]
CLOSING = Notice("Sắp hết giờ làm việc", "")


def _said(ticket: str) -> Announcement:
    return Announcement(ticket, ticket, 1, "101", "")


def _moved(ticket: str, number: int = 3) -> Move:
    return Move(ticket, ticket, number, "103")


def _queue(*said: Announcement | Move | Notice, at_s: float = 0.0) -> Calls:
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


def test_calls_are_spoken_in_the_order_in_which_they_were_made() -> None:
    calls = add(add(Calls(), _said("A"), 0.0), _said("B"), 1.0)
    calls, first, _ = take(calls, 2.0)
    calls, second, _ = take(calls, 2.0)
    assert (first, second) == (_said("A"), _said("B"))
    assert take(calls, 2.0) == (Calls(), None, 0)


def test_a_recall_of_a_waiting_number_is_spoken_once_in_its_place_and_counts_as_new() -> None:
    calls = add(add(add(Calls(), _said("A"), 0.0), _said("B"), 1.0), _said("A"), 25.0)
    assert take(calls, 40.0) == (Calls(), _said("A"), 1)


def test_a_recall_after_the_call_was_spoken_is_spoken_too() -> None:
    calls, _, _ = take(add(Calls(), _said("A"), 0.0), 0.0)
    assert take(add(calls, _said("A"), 5.0), 5.0)[1] == _said("A")


def test_what_is_too_old_is_dropped_and_counted() -> None:
    calls = add(add(Calls(), _said("A"), 0.0), _said("B"), CALL_STALE_S)
    assert take(calls, CALL_STALE_S + 0.1) == (Calls(), _said("B"), 1)


@pytest.mark.req("K11")
def test_calls_go_before_changes_of_room_and_those_before_what_is_due_by_the_clock() -> None:
    calls = _queue(CLOSING, _moved("A"), _said("B"), _moved("C"), _said("D"))
    assert _all(calls) == [_said("B"), _said("D"), Moves((_moved("A"), _moved("C"))), CLOSING]


def test_many_changes_of_room_are_spoken_as_lists_that_let_a_call_in_between() -> None:
    tickets = [f"A{number:03d}" for number in range(MOST_MOVES + 2)]
    calls, said, _ = take(_queue(*map(_moved, tickets)), 0.0)
    assert said == Moves(tuple(map(_moved, tickets[:MOST_MOVES])))
    assert _all(add(calls, _said("B"), 0.0)) == [_said("B"), Moves(tuple(map(_moved, tickets[MOST_MOVES:])))]


@pytest.mark.req("P5")
def test_a_call_that_was_taken_back_before_it_was_spoken_is_not_spoken() -> None:
    calls = _queue(_said("A"), _moved("B"), _said("C"))
    assert _all(withdraw(calls, Withdrawn(("A", "B")))) == [_said("C"), Moves((_moved("B"),))]


def test_the_time_that_something_else_took_makes_no_call_stale_but_its_own_age_does() -> None:
    calls = add(add(Calls(), _said("A"), 110.0), _said("B"), 95.0)
    calls = held_up(calls, 100.0, 150.0)
    assert [waiting.since_s for waiting in calls.waiting] == [150.0, 145.0]
    assert _all(calls, 150.0) == [_said("A"), _said("B")]
    assert take(held_up(_queue(_said("C"), at_s=60.0), 100.0, 150.0), 150.0)[2] == 1
    assert held_up(_queue(_moved("A"), CLOSING), 100.0, 150.0) == _queue(_moved("A"), CLOSING)


def test_a_second_change_of_a_room_takes_the_place_of_the_first_and_a_call_of_both() -> None:
    calls = _queue(_moved("A", 2), _moved("B"), _moved("A", 4))
    assert _all(calls) == [Moves((_moved("A", 4), _moved("B")))]
    assert _all(add(calls, _said("A"), 0.0)) == [_said("A"), Moves((_moved("B"),))]


def test_what_is_due_waits_once_and_each_kind_has_its_own_patience() -> None:
    calls = _queue(_said("A"), _moved("B"), CLOSING, CLOSING)
    assert _all(calls, CALL_STALE_S + 1) == [Moves((_moved("B"),)), CLOSING]
    assert _all(calls, MOVE_STALE_S + 1) == [CLOSING]
    assert take(calls, NOTICE_STALE_S + 1) == (Calls(), None, 3)


@given(st.lists(st.tuples(st.sampled_from("ABCDE"), st.floats(0, 20)), max_size=30))
def test_no_ticket_waits_twice_and_none_is_lost_while_it_is_fresh(made: list[tuple[str, float]]) -> None:
    calls = Calls()
    for ticket, at_s in made:
        calls = add(calls, _said(ticket), at_s)
    spoken = []
    while True:
        calls, said, stale = take(calls, 20.0)
        assert stale == 0
        if said is None:
            break
        assert isinstance(said, Announcement)
        spoken.append(said.ticket)
    assert spoken == list(dict.fromkeys(ticket for ticket, _ in made))


def test_the_chime_is_two_tones_starts_at_once_never_clips_and_dies_away() -> None:
    samples = array.array("h", chime())
    assert 1.2 < len(samples) / RATE_HZ < 2.0
    assert 15_000 < max(map(abs, samples)) < 25_000
    assert max(map(abs, samples[: RATE_HZ // 20])) > 8_000
    assert max(map(abs, samples[-RATE_HZ // 50 :])) < 300

    def strength(tone_hz: float, begin_s: float) -> float:
        import cmath

        window = samples[int(begin_s * RATE_HZ) : int((begin_s + 0.3) * RATE_HZ)]
        return abs(sum(s * cmath.exp(-2j * cmath.pi * tone_hz * at / RATE_HZ) for at, s in enumerate(window)))

    assert strength(659.26, 0.05) > 5 * strength(523.25, 0.05)
    assert strength(523.25, 0.45) > strength(659.26, 0.45)
