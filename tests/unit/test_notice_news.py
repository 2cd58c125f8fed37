"""What a recipient is told follows from how the alarms are, whatever happened between two messages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.fleet.news import (
    MOST_REPEATS,
    NOT_OPEN,
    News,
    Standing,
    Told,
    arrived,
    heard,
    perhaps_arrived,
    to_remind,
    to_tell,
)
from cloud.fleet.rules import Deed, Level

LEVELS = st.sampled_from(Level)
DEEDS = st.sampled_from(Deed)
SENDING = st.sampled_from(["arrives", "is lost", "may have arrived"])


def told_of(standing: Standing, news: News) -> Told:
    return Told(standing.alarm, news, standing.level, standing.acknowledged)


@pytest.mark.req("D4")
@given(st.lists(st.one_of(st.tuples(DEEDS, LEVELS), SENDING), max_size=40), LEVELS)
def test_once_everything_arrived_a_recipient_knows_how_the_alarm_is(
    story: list[tuple[Deed, Level] | str], least: Level
) -> None:
    standing: Standing | None = None
    open_at, known_open = NOT_OPEN, False
    for step in [*story, "arrives"]:
        if not isinstance(step, str):
            deed, level = step
            standing = heard(standing, 7, deed, level, least, 0)
            if deed is Deed.CLOSED:
                open_at = NOT_OPEN
            elif deed is not Deed.ACKNOWLEDGED:
                open_at = int(level) if level >= least else NOT_OPEN
            continue
        news = to_tell(standing) if standing else None
        if standing is None or news is None:
            continue
        told = told_of(standing, news)
        if step == "arrives":
            standing = arrived(standing, told, 0)
            known_open = news not in (News.CLOSED, News.PASSED)
        elif step == "may have arrived":
            last = standing.unsure == MOST_REPEATS
            standing = perhaps_arrived(standing, told, 0)
            known_open = news not in (News.CLOSED, News.PASSED) if last else known_open
    assert known_open == bool(open_at)
    assert standing is None or to_tell(standing) is None


def test_what_came_and_went_untold_has_passed_and_what_was_told_is_over() -> None:
    opened = heard(None, 7, Deed.OPENED, Level.FAIL, Level.WARN, 0)
    assert opened is not None
    closed = heard(opened, 7, Deed.CLOSED, Level.FAIL, Level.WARN, 1)
    assert closed is not None
    assert to_tell(closed) is News.PASSED
    known = arrived(opened, told_of(opened, News.OPENED), 0)
    assert known is not None
    over = heard(known, 7, Deed.CLOSED, Level.FAIL, Level.WARN, 1)
    assert over is not None
    assert to_tell(over) is News.CLOSED
    assert arrived(over, told_of(over, News.CLOSED), 2) is None


def test_a_flapping_alarm_that_was_told_is_no_news() -> None:
    standing = heard(None, 7, Deed.OPENED, Level.WARN, Level.WARN, 0)
    assert standing is not None
    standing = arrived(standing, told_of(standing, News.OPENED), 0)
    for deed in (Deed.CLOSED, Deed.REOPENED, Deed.CLOSED, Deed.REOPENED):
        standing = heard(standing, 7, deed, Level.WARN, Level.WARN, 1)
    assert standing is not None
    assert to_tell(standing) is None


def test_an_alarm_that_fails_again_is_told_as_one_that_came_again() -> None:
    standing = heard(None, 7, Deed.REOPENED, Level.FAIL, Level.WARN, 0)
    assert standing is not None
    assert to_tell(standing) is News.REOPENED


def test_what_may_have_arrived_is_told_again_but_not_for_ever() -> None:
    standing = heard(None, 7, Deed.OPENED, Level.FAIL, Level.WARN, 0)
    for _ in range(MOST_REPEATS):
        assert standing is not None
        standing = perhaps_arrived(standing, told_of(standing, News.OPENED), 0)
        assert standing is not None
        assert to_tell(standing) is News.OPENED
    assert standing is not None
    gone = heard(standing, 7, Deed.CLOSED, Level.FAIL, Level.WARN, 1)
    assert gone is not None
    assert to_tell(gone) is News.CLOSED  # perhaps the recipient believes that it is open
    again = perhaps_arrived(standing, told_of(standing, News.OPENED), 1)
    assert again is not None
    assert to_tell(again) is None


def test_a_reminder_is_due_only_for_what_fails_and_nobody_took_on() -> None:
    failing = Standing(7, level=2, told=2, told_ms=1000)
    assert to_remind(failing, 5000, 4000)
    assert not to_remind(failing, 4999, 4000)
    assert not to_remind(Standing(7, level=2, told=2, told_ms=1000, acknowledged=True), 5000, 4000)
    assert not to_remind(Standing(7, level=1, told=1, told_ms=1000), 5000, 4000)
    assert not to_remind(Standing(7, level=0, told=2, told_ms=1000), 5000, 4000)
