"""The loudspeaker's queue, and the chime."""

import array

from hypothesis import given
from hypothesis import strategies as st

from board_controller.signage import Announcement
from board_controller.voice.calls import STALE_S, Calls, add, take
from board_controller.voice.chime import RATE_HZ, chime


def _said(ticket: str) -> Announcement:
    return Announcement(ticket, ticket, 1, "101", "")


def test_calls_are_spoken_in_the_order_in_which_they_were_made() -> None:
    calls = add(add(Calls(), _said("A"), 0.0), _said("B"), 1.0)
    calls, first, _ = take(calls, 2.0)
    calls, second, _ = take(calls, 2.0)
    assert (first, second) == (_said("A"), _said("B"))
    assert take(calls, 2.0) == (Calls(), None, 0)


def test_a_recall_of_a_waiting_number_is_spoken_once_in_its_place_and_counts_as_new() -> None:
    calls = add(add(add(Calls(), _said("A"), 0.0), _said("B"), 1.0), _said("A"), 25.0)
    calls, first, _ = take(calls, 40.0)
    assert first == _said("A")
    assert take(calls, 40.0) == (Calls(), None, 1)


def test_a_recall_after_the_call_was_spoken_is_spoken_too() -> None:
    calls, _, _ = take(add(Calls(), _said("A"), 0.0), 0.0)
    assert take(add(calls, _said("A"), 5.0), 5.0)[1] == _said("A")


def test_what_is_too_old_is_dropped_and_counted() -> None:
    calls = add(add(Calls(), _said("A"), 0.0), _said("B"), STALE_S)
    assert take(calls, STALE_S + 0.1) == (Calls(), _said("B"), 1)


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
