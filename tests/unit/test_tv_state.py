"""What a TV is told, in words."""

import pytest
from msgspec.structs import replace

from board_controller.tv.state import MOVES_A_LINE, ONLINE, TvCounter, TvHours, TvMove, tv_clock, tv_state
from edge.contracts.counter import CounterState, Pause
from edge.contracts.outlook import Hours, Outlook
from tests.hall import HOUR_MS, NINE_MS, WORKING, Hall, catalogue, outlook

DAY_MS = 24 * HOUR_MS


@pytest.fixture
def hall() -> Hall:
    return Hall(catalogue(4))


def _first(hall: Hall, expected: Outlook | None = None) -> TvCounter:
    return tv_state(hall.signage(outlook=expected), NINE_MS).counters[0]


@pytest.mark.req("T11", "T12")
def test_names_hours_of_the_day_and_local_time(hall: Hall) -> None:
    monday = tv_state(hall.signage(), NINE_MS)
    assert (monday.facility, monday.place) == ("Trung tâm Y tế huyện Mẫu", "Khoa Khám bệnh")
    assert monday.hours.text == "7:00–11:30, 13:30–17:00"
    assert tv_state(hall.signage(), NINE_MS + 2 * DAY_MS).hours.text == "7:00–11:30"
    late_sunday_utc_is_monday_here = NINE_MS - 8 * HOUR_MS
    assert tv_state(hall.signage(), late_sunday_utc_is_monday_here).hours.text == "7:00–11:30, 13:30–17:00"
    assert tv_clock(hall.signage(), NINE_MS).offset_min == 7 * 60


@pytest.mark.req("T13")
def test_the_hubs_hours_go_before_the_weeks_and_yesterdays_are_not_shown_as_todays(hall: Hall) -> None:
    expected = outlook(NINE_MS)
    hours = tv_state(hall.signage(outlook=expected), NINE_MS).hours
    assert hours == TvHours("7:00–11:30, 13:30–17:00", True, False, WORKING.spans, WORKING.next_opens_ms)
    next_day = tv_state(hall.signage(outlook=expected, lost_since_ms=1), NINE_MS + DAY_MS).hours
    assert (next_day.text, next_day.spans) == ("", WORKING.spans)
    holiday = Hours(next_opens_ms=NINE_MS + DAY_MS, holiday="Tết Nguyên đán", holiday_en="Lunar New Year")
    closed = tv_state(hall.signage(outlook=replace(expected, hours=holiday)), NINE_MS).hours
    assert (closed.text, closed.holiday, closed.holiday_en) == ("", "Tết Nguyên đán", "Lunar New Year")
    night = Hours(spans=((NINE_MS, NINE_MS + 15 * HOUR_MS),))
    assert tv_state(hall.signage(outlook=replace(expected, hours=night)), NINE_MS).hours.text == "9:00–24:00"


@pytest.mark.req("T2", "T9")
@pytest.mark.parametrize(
    ("state", "pause", "shown", "why"),
    [
        (CounterState.CLOSED, Pause.NONE, "Đóng", ""),
        (CounterState.PAUSED, Pause.BREAK, "Tạm nghỉ", "Nghỉ giải lao · từ\u00a09:00"),
        (CounterState.PAUSED, Pause.EMERGENCY, "Tạm nghỉ", "Đi cấp cứu · từ\u00a09:00"),
        (CounterState.PAUSED, Pause.NONE, "Tạm nghỉ", "từ\u00a09:00"),
        (
            CounterState.ONLINE_DOSSIERS,
            Pause.NONE,
            ONLINE,
            "Đang xử lý · từ\u00a09:00",
        ),
    ],
)
def test_a_counter_that_takes_nobody_says_why_and_since_when(
    hall: Hall, state: CounterState, pause: Pause, shown: str, why: str
) -> None:
    hall.issue("s0", 47)
    hall.set("q1", state, pause)
    assert (_first(hall).state, _first(hall).next) == (shown, why)


@pytest.mark.req("T2")
def test_whoever_is_still_served_at_a_counter_that_pauses_stays_on_the_screen(hall: Hall) -> None:
    hall.call(hall.issue("s0", 47), "q1")
    hall.set("q1", CounterState.PAUSED)
    shown = _first(hall)
    assert (shown.label, shown.state, shown.next) == ("A047", "", "Tạm nghỉ · từ\u00a09:00")


@pytest.mark.req("T1")
@pytest.mark.parametrize(
    ("minutes", "tile", "list_"),
    [
        ((25, 40), "25–40’", "25–40 phút"),
        ((23, 37), "20–40’", "20–40 phút"),
        ((4, 9), "4–9’", "4–9 phút"),
        ((0, 0), "dưới\u00a01’", "dưới 1 phút"),
        ((0, 8), "dưới\u00a08’", "dưới 8 phút"),
        ((3, 12), "dưới\u00a015’", "dưới 15 phút"),
        ((30, 30), "30’", "30 phút"),
        ((275, 290), "đến 13:35–13:50", "đến 13:35–13:50"),
    ],
)
def test_a_wait_is_told_as_a_range_rounded_outward_or_as_a_time_of_day(
    hall: Hall, minutes: tuple[int, int], tile: str, list_: str
) -> None:
    hall.set("q1", CounterState.OPEN)
    hall.issue("s0", 48)
    expected = outlook(NINE_MS, waits_min={"s0": minutes})
    assert _first(hall, expected).next == f"Tiếp theo\u00a0A048 · chờ\u00a0{tile}"
    (wait,) = tv_state(hall.signage(outlook=expected), NINE_MS).waits
    assert (wait.service, wait.wait) == ("Khám tổng quát", list_)


def test_an_open_counter_for_which_nobody_waits_says_so(hall: Hall) -> None:
    hall.set("q1", CounterState.OPEN)
    assert _first(hall).next == "Chưa có người chờ"


@pytest.mark.req("K11")
def test_room_changes_are_told_by_where_to_go_a_few_to_a_line(hall: Hall) -> None:
    tickets = [hall.issue("s0", number) for number in range(1, MOVES_A_LINE + 2)]
    for ticket in tickets:
        hall.move(ticket, "q3")
    other, any_ = hall.issue("s1", 7), hall.issue("s1", 8)
    hall.move(other, "q4")
    hall.move(any_, "")
    moves = tv_state(hall.signage(moved=[*tickets, other, any_]), NINE_MS).moves
    assert moves[0].text == "Số A001, A002, A003, A004, A005 mời sang Phòng\u00a0103"
    assert moves[1:] == (
        TvMove("Số A006 mời sang Phòng\u00a0103", "A006: please go to room\u00a0103"),
        TvMove("Số B007 mời sang Phòng\u00a0104", "B007: please go to room\u00a0104"),
        TvMove("Số B008 xin chờ, quầy nào trống trước sẽ gọi", "B008: the first free counter will call you"),
    )
