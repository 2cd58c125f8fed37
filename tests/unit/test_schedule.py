"""Announcements at preset times."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from board_controller.schedule import LATE_MS, MINUTE_MS, Schedule, TimedAnnouncement, take
from board_controller.signage import Notice
from edge.contracts.outlook import Hours
from tests.hall import HOUR_MS, NINE_MS, WORKING

ZONE = "Asia/Ho_Chi_Minh"
CLOSES_MS = WORKING.spans[-1][1]
NOON = TimedAnnouncement(text_vi="Nghỉ trưa", at=("12:00",))
CLOSING = TimedAnnouncement(text_vi="Sắp hết giờ", text_en="Closing soon", before_closing_min=15)
SAID_NOON, SAID_CLOSING = Notice("Nghỉ trưa", ""), Notice("Sắp hết giờ", "Closing soon")
NOON_MS = NINE_MS + 3 * HOUR_MS
pytestmark = pytest.mark.req("S6")


def _spoken(
    *announcements: TimedAnnouncement, begin_ms: int, end_ms: int, hours: Hours = WORKING, step_ms: int = 1000
) -> list[tuple[int, Notice]]:
    schedule, said = Schedule(announcements, begin_ms), []
    for now_ms in range(begin_ms, end_ms + 1, step_ms):
        schedule, due = take(schedule, hours, ZONE, now_ms)
        said += [(now_ms, notice) for notice in due]
    return said


def test_each_time_of_the_day_is_told_once_when_it_comes() -> None:
    assert _spoken(NOON, CLOSING, begin_ms=NINE_MS, end_ms=CLOSES_MS) == [
        (NOON_MS, SAID_NOON),
        (CLOSES_MS - 15 * MINUTE_MS, SAID_CLOSING),
    ]


def test_what_is_due_together_is_told_in_its_order() -> None:
    both = TimedAnnouncement(text_vi="b", at=("12:00", "09:01")), TimedAnnouncement(text_vi="a", at=("12:00",))
    said = [notice.text_vi for _, notice in _spoken(*both, begin_ms=NINE_MS, end_ms=NOON_MS)]
    assert said == ["b", "b", "a"]


def test_other_weekdays_are_silent() -> None:
    tuesdays = TimedAnnouncement(text_vi="x", at=("12:00",), weekdays=(1,))
    late = TimedAnnouncement(text_vi="x", before_closing_min=15, weekdays=(1,))
    assert _spoken(tuesdays, late, begin_ms=NINE_MS, end_ms=CLOSES_MS) == []


@pytest.mark.parametrize(
    "hours",
    [
        Hours(next_opens_ms=NINE_MS + 22 * HOUR_MS, holiday="Tết Nguyên đán"),
        Hours(spans=((NINE_MS - 26 * HOUR_MS, NINE_MS - 20 * HOUR_MS),)),  # told the day before; the link is lost since
    ],
)
def test_a_day_on_which_nobody_is_known_to_work_is_silent(hours: Hours) -> None:
    assert _spoken(NOON, CLOSING, begin_ms=NINE_MS, end_ms=CLOSES_MS, hours=hours) == []


def test_where_it_is_always_open_times_count_and_closings_do_not() -> None:
    always = Hours(always=True)
    assert _spoken(NOON, CLOSING, begin_ms=NINE_MS, end_ms=CLOSES_MS, hours=always) == [(NOON_MS, SAID_NOON)]


def test_before_the_opening_of_a_working_day_people_are_told_too() -> None:
    early = TimedAnnouncement(text_vi="Xin lấy số", at=("06:30",))
    six = NINE_MS - 3 * HOUR_MS
    assert [notice.text_vi for _, notice in _spoken(early, begin_ms=six, end_ms=NINE_MS)] == ["Xin lấy số"]


@pytest.mark.parametrize(("late_ms", "told"), [(LATE_MS - 1, (SAID_NOON,)), (LATE_MS, ()), (HOUR_MS, ())])
def test_a_machine_that_slept_or_just_began_tells_what_is_fresh_and_leaves_out_the_rest(
    late_ms: int, told: tuple[Notice, ...]
) -> None:
    assert take(Schedule((NOON,)), WORKING, ZONE, NOON_MS + late_ms)[1] == told
    assert take(Schedule((NOON,), NINE_MS), WORKING, ZONE, NOON_MS + late_ms)[1] == told


def test_a_clock_that_is_set_back_a_little_tells_nothing_twice_and_one_set_back_far_begins_anew() -> None:
    schedule, due = take(Schedule((NOON,), NINE_MS), WORKING, ZONE, NOON_MS)
    assert due == (SAID_NOON,)
    schedule, due = take(schedule, WORKING, ZONE, NOON_MS - LATE_MS + 1)
    assert due == ()
    assert take(schedule, WORKING, ZONE, NOON_MS)[1] == ()
    schedule, due = take(schedule, WORKING, ZONE, NOON_MS - HOUR_MS)
    assert due == ()
    assert take(schedule, WORKING, ZONE, NOON_MS)[1] == (SAID_NOON,)


def test_around_midnight_the_day_that_just_ended_still_counts() -> None:
    last_minute = TimedAnnouncement(text_vi="x", at=("23:59",))
    midnight = NINE_MS + 15 * HOUR_MS
    assert take(Schedule((last_minute,)), WORKING, ZONE, midnight + 30_000)[1] == (Notice("x", ""),)


@pytest.mark.parametrize("day", [(2027, 3, 28), (2027, 10, 31)])  # summer time begins, ends
def test_days_of_another_length_have_each_time_once(day: tuple[int, int, int]) -> None:
    zone = ZoneInfo("Europe/Berlin")
    begin, end = (round(datetime(*day, hour, tzinfo=zone).timestamp() * 1000) for hour in (0, 12))
    schedule, said = Schedule((TimedAnnouncement(text_vi="x", at=("02:30", "08:00")),), begin), 0
    for now_ms in range(begin, end, MINUTE_MS):
        schedule, due = take(schedule, Hours(always=True), "Europe/Berlin", now_ms)
        said += len(due)
    assert said == 2


@given(st.lists(st.integers(1, 90_000), min_size=1, max_size=60))
def test_however_irregularly_it_is_asked_nothing_is_told_twice_and_nothing_fresh_is_missed(steps_ms: list[int]) -> None:
    schedule, now_ms, told = Schedule((NOON,), NOON_MS - 600_000), NOON_MS - 600_000, 0
    for step_ms in steps_ms:
        now_ms += step_ms
        schedule, due = take(schedule, WORKING, ZONE, now_ms)
        told += len(due)
    assert told == (now_ms >= NOON_MS)
