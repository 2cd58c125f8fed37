"""What is spoken by itself: at preset times, at intervals, and on the occasions of the day."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from board_controller.schedule import LATE_MS, MINUTE_MS, Schedule, take
from board_controller.signage import Notice
from edge.contracts.hall import Occasion, TimedAnnouncement
from edge.contracts.outlook import Hours, Outlook, ServiceOutlook
from tests.hall import HOUR_MS, NINE_MS, WORKING, outlook

ZONE = "Asia/Ho_Chi_Minh"
CLOSES_MS = WORKING.spans[-1][1]
NOON = TimedAnnouncement("noon", "Trưa", text_vi="Nghỉ trưa", at=("12:00",))
CLOSING = TimedAnnouncement(
    "closing", "Hết giờ", text_vi="Sắp hết giờ", text_en="Closing soon", occasion=Occasion.CLOSING, before_min=15
)
SAID_NOON, SAID_CLOSING = Notice("Nghỉ trưa"), Notice("Sắp hết giờ", "Closing soon")
NOON_MS = NINE_MS + 3 * HOUR_MS
pytestmark = pytest.mark.req("S6")


def _spoken(
    *announcements: TimedAnnouncement,
    begin_ms: int = NINE_MS - 4 * HOUR_MS,
    end_ms: int = NINE_MS + 9 * HOUR_MS,
    expected: Outlook | None = None,
    step_ms: int = 20_000,
) -> list[tuple[int, Notice]]:
    schedule, said = Schedule(announcements), []
    for now_ms in range(begin_ms, end_ms + 1, step_ms):
        schedule, due = take(schedule, expected or outlook(NINE_MS), ZONE, now_ms)
        said += [(now_ms, notice) for notice in due]
    return said


def _hours(hours: Hours) -> Outlook:
    return Outlook(NINE_MS, hours, {}, {})


def test_each_time_of_the_day_is_told_once_when_it_comes() -> None:
    assert _spoken(NOON, CLOSING) == [(NOON_MS, SAID_NOON), (CLOSES_MS - 15 * MINUTE_MS, SAID_CLOSING)]


def test_what_is_due_together_is_told_in_its_order() -> None:
    both = replace(NOON, text_vi="b", at=("12:00", "09:01")), replace(NOON, id="other", text_vi="a")
    assert [notice.text_vi for _, notice in _spoken(*both)] == ["b", "b", "a"]


def test_what_is_told_at_intervals_begins_and_ends_with_its_times() -> None:
    often = TimedAnnouncement("often", "", text_vi="x", every_min=20, since="09:50", until="10:30")
    times = [(at_ms - NINE_MS) // MINUTE_MS for at_ms, _ in _spoken(often)]
    assert times == [50, 70, 90]


@pytest.mark.parametrize(
    ("occasion", "at_ms"),
    [
        (Occasion.OPENING, WORKING.spans[0][0]),
        (Occasion.LUNCH, WORKING.spans[0][1]),
        (Occasion.LAST_TICKETS, NINE_MS + 7 * HOUR_MS + 30 * MINUTE_MS),
        (Occasion.CLOSING, CLOSES_MS),
    ],
)
@pytest.mark.parametrize("before_min", [0, 10])
def test_an_occasion_is_told_so_long_before_it_and_moves_with_the_hours(
    occasion: Occasion, at_ms: int, before_min: int
) -> None:
    expected = outlook(NINE_MS)
    services = {
        "s0": ServiceOutlook(0, None, 0, ((NINE_MS, NINE_MS + HOUR_MS), (NOON_MS, NINE_MS + 7 * HOUR_MS))),
        "s1": ServiceOutlook(0, None, 0, ((NINE_MS, NINE_MS + 7 * HOUR_MS + 30 * MINUTE_MS),)),
        "s2": ServiceOutlook(0, None, 0, always=True),
    }
    said = replace(CLOSING, occasion=occasion, before_min=before_min)
    due_ms = at_ms - before_min * MINUTE_MS
    assert _spoken(said, expected=replace(expected, services=services)) == [(due_ms, SAID_CLOSING)]


def test_a_day_without_lunch_has_none_and_one_that_gives_no_numbers_no_last_one() -> None:
    lunch, last = (replace(CLOSING, occasion=occasion) for occasion in (Occasion.LUNCH, Occasion.LAST_TICKETS))
    assert _spoken(lunch, last, expected=_hours(Hours(spans=(WORKING.spans[0],)))) == []


def test_other_weekdays_are_silent() -> None:
    assert _spoken(replace(NOON, weekdays=(1,)), replace(CLOSING, weekdays=(1,))) == []


@pytest.mark.parametrize(
    "hours",
    [
        Hours(next_opens_ms=NINE_MS + 22 * HOUR_MS, holiday="Tết Nguyên đán"),
        Hours(spans=((NINE_MS - 26 * HOUR_MS, NINE_MS - 20 * HOUR_MS),)),  # told the day before; the link is lost since
    ],
)
def test_a_day_on_which_nobody_is_known_to_work_is_silent(hours: Hours) -> None:
    assert _spoken(NOON, CLOSING, expected=_hours(hours)) == []


def test_where_it_is_always_open_times_count_and_closings_do_not() -> None:
    assert _spoken(NOON, CLOSING, expected=_hours(Hours(always=True))) == [(NOON_MS, SAID_NOON)]


def test_before_the_opening_of_a_working_day_people_are_told_too() -> None:
    assert len(_spoken(replace(NOON, at=("06:30",)))) == 1


def test_zones_recording_and_screen_go_with_what_is_told() -> None:
    said = replace(NOON, zones=("A",), sound="m1", on_screen=False)
    assert _spoken(said)[0][1] == Notice("Nghỉ trưa", "", ("A",), "m1", on_screen=False, urgent=False)


def _at(schedule: Schedule, now_ms: int) -> tuple[Schedule, tuple[Notice, ...]]:
    return take(schedule, outlook(NINE_MS), ZONE, now_ms)


@pytest.mark.parametrize("said", [NOON, replace(CLOSING, occasion=Occasion.LUNCH, before_min=-30)], ids=["at", "on"])
@pytest.mark.parametrize(("late_ms", "told"), [(LATE_MS - 1, 1), (LATE_MS, 0), (HOUR_MS, 0)])
def test_a_machine_that_slept_or_just_began_tells_what_is_fresh_and_leaves_out_the_rest(
    said: TimedAnnouncement, late_ms: int, told: int
) -> None:
    assert len(_at(Schedule((said,)), NOON_MS + late_ms)[1]) == told


@pytest.mark.parametrize("back_ms", [1, LATE_MS - 1, HOUR_MS, 24 * HOUR_MS])
def test_a_clock_that_is_set_back_tells_nothing_twice_and_tells_what_comes_after(back_ms: int) -> None:
    schedule, due = _at(Schedule((NOON,)), NOON_MS)
    assert due == (SAID_NOON,)
    schedule, due = _at(schedule, NOON_MS - back_ms)
    assert due == ()
    schedule, due = _at(schedule, NOON_MS)
    assert due == ()
    assert _at(replace(schedule, announcements=(NOON, CLOSING)), CLOSES_MS - 15 * MINUTE_MS)[1] == (SAID_CLOSING,)


def test_a_new_catalogue_tells_what_was_told_no_second_time() -> None:
    schedule, _ = _at(Schedule((NOON,)), NOON_MS)
    assert _at(replace(schedule, announcements=(NOON, replace(NOON, id="new", text_vi="x"))), NOON_MS + 1)[1] == (
        Notice("x"),
    )


def test_around_midnight_the_day_that_just_ended_still_counts() -> None:
    midnight = NINE_MS + 15 * HOUR_MS
    assert _at(Schedule((replace(NOON, at=("23:59",)),)), midnight + 30_000)[1] == (SAID_NOON,)


@pytest.mark.parametrize(("day", "times"), [((2027, 3, 28), 1), ((2027, 10, 31), 2)])  # summer time begins, ends
def test_an_hour_that_the_clocks_repeat_tells_once_and_one_that_they_leave_out_not(
    day: tuple[int, int, int], times: int
) -> None:
    zone = ZoneInfo("Europe/Berlin")
    begin, end = (round(datetime(*day, hour, tzinfo=zone).timestamp() * 1000) for hour in (0, 12))
    schedule, told = Schedule((replace(NOON, at=("02:30", "08:00")),)), 0
    for now_ms in range(begin, end, MINUTE_MS):
        schedule, due = take(schedule, _hours(Hours(always=True)), "Europe/Berlin", now_ms)
        told += len(due)
    assert told == times


@given(st.lists(st.integers(-200_000, 90_000), min_size=1, max_size=60))
def test_however_irregularly_it_is_asked_nothing_is_told_twice_or_late(steps_ms: list[int]) -> None:
    schedule, now_ms, told = Schedule((NOON,)), NOON_MS - 600_000, 0
    for step_ms in steps_ms:
        now_ms += step_ms
        schedule, due = _at(schedule, now_ms)
        if due:
            assert NOON_MS <= now_ms < NOON_MS + LATE_MS
        told += len(due)
    assert told <= 1
    if all(step_ms > 0 for step_ms in steps_ms):
        assert told == (now_ms >= NOON_MS)
