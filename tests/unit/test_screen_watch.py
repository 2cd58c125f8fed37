"""When the browser is started, ended and started again."""

from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.screen.watch import Browser, Decision, Do, Life, Limits, Page, Resting, State, Why, decide

LIMITS = Limits(silent_s=20, start_s=60, memory_mb=900)
AWAY = Page(answers=False)
FINE = Browser(stopped=False, pages=1, memory_mb=300)


def beating(seen_s: float | None, *, busy: bool = False) -> Page:
    return Page(answers=True, beats=True, seen_s=seen_s, busy=busy)


def play(
    seconds: int, page: Callable[[int], Page], browser: Callable[[int], Browser | None], state: State | None = None
) -> Iterator[tuple[int, Decision]]:
    """One look a second; what is decided at each, and a browser is there from its start until its end."""
    state = state or Resting()
    for now in range(seconds):
        running = browser(now) if isinstance(state, Life) else None
        decision = decide(state, LIMITS, now, page(now), running)
        yield now, decision
        state = decision.state


def starts(decisions: Iterator[tuple[int, Decision]]) -> list[int]:
    return [now for now, decision in decisions if decision.do is Do.START]


def ends(decisions: Iterator[tuple[int, Decision]]) -> list[tuple[int, Why | None]]:
    return [(now, decision.why) for now, decision in decisions if decision.do is Do.END]


def test_the_browser_waits_for_the_page() -> None:
    assert starts(play(100, lambda now: beating(None) if now >= 7 else AWAY, lambda _: FINE))[0] == 7


def test_a_page_that_beats_is_left_alone_for_ever() -> None:
    assert ends(play(5000, lambda now: beating(now % 5), lambda _: FINE)) == []


def test_a_page_may_take_its_time_to_come() -> None:
    assert ends(play(61, lambda _: beating(None), lambda _: FINE)) == []
    assert ends(play(70, lambda _: beating(None), lambda _: FINE)) == [(61, Why.SILENT)]


def test_the_beats_of_the_browser_before_count_for_nothing() -> None:
    assert ends(play(70, lambda now: beating(now + 5.0), lambda _: FINE)) == [(61, Why.SILENT)]


def test_a_page_that_falls_silent_is_started_again_after_20_seconds() -> None:
    def page(now: int) -> Page:
        return beating(0) if now < 30 else beating(now - 29)

    first, *_ = ends(play(80, page, lambda _: FINE))
    assert first == (50, Why.SILENT)


def test_a_program_that_is_away_is_no_silence_of_the_page() -> None:
    def page(now: int) -> Page:
        return beating(0) if now < 30 or now > 305 else (AWAY if now < 300 else beating(None))

    assert ends(play(400, page, lambda _: FINE)) == []


def test_a_program_that_was_away_so_shortly_that_nobody_saw_it_gives_its_page_time() -> None:
    assert ends(play(100, lambda now: beating(None) if 30 < now < 45 else beating(0), lambda _: FINE)) == []


def test_where_nobody_counts_beats_nobody_is_silent() -> None:
    assert ends(play(1000, lambda _: Page(answers=True), lambda _: FINE)) == []


@pytest.mark.parametrize("page", [beating(0), Page(answers=True), AWAY])
def test_a_crashed_page_is_seen_without_its_program(page: Page) -> None:
    gone = Browser(stopped=False, pages=0, memory_mb=200)
    first, *_ = ends(play(60, lambda now: page if now else beating(0), lambda now: FINE if now < 30 else gone))
    assert first == (34, Why.CRASHED)


def test_a_browser_that_has_no_page_yet_is_not_crashed() -> None:
    gone = Browser(stopped=False, pages=0, memory_mb=200)
    assert ends(play(30, lambda _: beating(None), lambda _: gone)) == []


def test_a_stopped_process_is_no_accident_of_a_second() -> None:
    still = Browser(stopped=True, pages=1, memory_mb=300)
    assert ends(play(60, lambda _: beating(0), lambda now: still if now % 10 < 5 else FINE)) == []
    first, *_ = ends(play(60, lambda _: beating(0), lambda now: still if now >= 30 else FINE))
    assert first == (36, Why.STOPPED)


def test_a_large_browser_goes_on_while_somebody_is_served_or_nobody_knows() -> None:
    large = Browser(stopped=False, pages=1, memory_mb=901)
    for page in (beating(0, busy=True), AWAY):
        pages = [beating(0), *[page] * 999]
        assert ends(play(1000, pages.__getitem__, lambda _: large)) == []
    first, *_ = ends(play(1000, lambda now: beating(0, busy=now < 500), lambda _: large))
    assert first == (500, Why.LARGE)


def test_a_browser_that_ends_at_once_is_tried_more_and_more_seldom() -> None:
    tried = starts(play(200, lambda _: beating(0), lambda _: None))
    gaps = [after - before for before, after in pairwise(tried)]
    assert gaps == [2, 3, 5, 9, 17, 31, 31, 31, 31, 31]


def test_a_browser_that_lived_for_a_minute_comes_back_at_once_whatever_was_before() -> None:
    decision = decide(Life(since_s=0, due_s=0, failures=9), LIMITS, 61, beating(0), None)
    assert decision == Decision(Resting(until_s=62, failures=1), Do.END, Why.ENDED)


def test_no_browser_is_left_for_ever_without_being_started_again() -> None:
    """Whatever happened, a page that can be had is shown within half a minute."""

    @given(
        st.lists(
            st.tuples(
                st.sampled_from(
                    [AWAY, Page(answers=True), beating(None), beating(3), beating(40), beating(0, busy=True)]
                ),
                st.sampled_from([None, FINE, Browser(True, 1, 10), Browser(False, 0, 10), Browser(False, 1, 5000)]),
            ),
            max_size=200,
        )
    )
    def holds(happened: list[tuple[Page, Browser | None]]) -> None:
        state: State = Resting()
        for now, (page, browser) in enumerate(happened):
            before = state
            decision = decide(state, LIMITS, now, page, browser)
            state = decision.state
            assert (decision.do is Do.START) <= (isinstance(before, Resting) and page.answers)
            assert (decision.do is Do.END) == (decision.why is not None)
            assert isinstance(state, Resting) or decision.do is not Do.END
        if isinstance(state, Resting):
            later = decide(state, LIMITS, len(happened) + 30, beating(0), None)
            assert later.do is Do.START

    holds()
