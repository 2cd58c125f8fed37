"""What a TV is told, in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from board_controller.signage import NOTHING, Banner
from board_controller.tv.state import MOVES_A_LINE, ONLINE, media_there, no_screen, screen_of, tv_clock, tv_state
from edge.contracts.counter import CounterState, Pause
from edge.contracts.events import CatalogueAdopted
from edge.contracts.hall import Medium, MediumKind, Screen
from edge.contracts.outlook import Hours, Outlook
from edge.contracts.tv import NOTICES, TvCounter, TvHours, TvMedium, TvMove, TvNotice, TvState, contrast, ground
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
    assert (monday.facility, monday.department) == ("Trung tâm Y tế huyện Mẫu", "Khoa Khám bệnh")
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
        ((25, 40), "25–\u206040’", "25–40 phút"),
        ((23, 37), "20–\u206040’", "20–40 phút"),
        ((4, 9), "4–\u20609’", "4–9 phút"),
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


def _zoned(hall: Hall, *screens: Screen) -> None:
    """Counters 1 and 2 stand in zone A, 3 and 4 in zone B."""
    of = hall.snapshot.catalogue
    counters = tuple(replace(counter, zone="A" if counter.number < 3 else "B") for counter in of.counters)
    hall.happens(CatalogueAdopted(replace(of, counters=counters, screens=screens)))


@pytest.mark.req("T5")
def test_a_screen_shows_the_counters_calls_waits_and_notices_of_its_zones_and_every_move(hall: Hall) -> None:
    _zoned(hall)
    hall.call(hall.issue("s0", 47), "q1")
    hall.call(hall.issue("s2", 12), "q3")
    moved = hall.issue("s0", 48)
    hall.move(moved, "q2")
    signage = hall.signage(moved=[moved], outlook=outlook(hall.at_ms, waits_min={"s0": (5, 10), "s2": (20, 30)}))
    everywhere, only_a = Banner("Mọi nơi"), Banner("Ở khu A", zones=("A",))
    b = tv_state(replace(signage, notices=(everywhere, only_a)), NINE_MS, Screen("b", "Sảnh B", zones=("B",)))
    assert [counter.number for counter in b.counters] == [3, 4]
    assert [call.label for call in b.calls] == ["C012"]
    assert [wait.service for wait in b.waits] == ["Khám thai"]
    assert [notice.text for notice in b.announcements] == ["Mọi nơi"]
    assert len(b.moves) == 1
    every = tv_state(replace(signage, notices=(everywhere, only_a)), NINE_MS)
    assert (len(every.counters), len(every.calls), len(every.waits), len(every.announcements)) == (4, 2, 2, 2)


def test_a_screen_whose_zone_has_no_counter_says_so_and_one_before_the_hub_was_heard_what_it_waits_for(
    hall: Hall,
) -> None:
    state = tv_state(hall.signage(), NINE_MS, Screen("c", "Sảnh C", zones=("C",)))
    assert (state.counters, state.blank) == ((), "Khu này chưa có quầy nào")
    assert tv_state(NOTHING, NINE_MS).blank == no_screen(NOTHING, NINE_MS, "c").blank == "Đang chờ máy chủ của cơ sở…"
    assert tv_state(hall.signage(), NINE_MS).blank == ""


def test_screen_one_is_always_there_and_any_other_only_where_the_catalogue_has_it(hall: Hall) -> None:
    assert screen_of(hall.signage(), "1") == Screen("1", "")
    assert screen_of(hall.signage(), "2") is None
    mine = Screen("2", "Sảnh", rows=2)
    _zoned(hall, mine)
    assert screen_of(hall.signage(), "2") == mine
    said = no_screen(hall.signage(), NINE_MS, "3")
    assert "“3”" in said.blank
    assert "“3”" in said.blank_en
    assert said.facility == "Trung tâm Y tế huyện Mẫu"


@pytest.mark.req("T1", "T7")
def test_what_a_screen_does_not_want_to_show_it_does_not_show(hall: Hall) -> None:
    hall.set("q1", CounterState.OPEN)
    hall.issue("s0", 48)
    signage = hall.signage(outlook=outlook(NINE_MS, waits_min={"s0": (5, 9)}))

    def shown(**fields: bool) -> tuple[str, int, bool]:
        state = tv_state(signage, NINE_MS, replace(Screen("1", ""), **fields))
        return state.counters[0].next, len(state.waits), state.layout.calls

    assert shown() == ("Tiếp theo\u00a0A048 · chờ\u00a05–\u20609’", 1, True)
    assert shown(next=False) == ("chờ\u00a05–\u20609’", 1, True)
    assert shown(waits=False) == ("Tiếp theo\u00a0A048", 0, True)
    assert shown(next=False, waits=False, calls=False) == ("", 0, False)
    assert tv_state(signage, NINE_MS).notice == NOTICES
    assert tv_state(signage, NINE_MS, Screen("1", "", notices=("Một",))).notice == ("Một",)


@pytest.mark.req("T8", "B2", "B4")
def test_a_medium_is_named_only_where_it_is_there_and_without_any_there_is_no_split(hall: Hall) -> None:
    media = (
        Medium("logo", "Biểu trưng", MediumKind.PICTURE, "a" * 64, 1),
        Medium("clip", "Phim", MediumKind.CLIP, "b" * 64, 1, 2.0),
        Medium("sound", "Tiếng", MediumKind.SOUND, "c" * 64, 1, 2.0),
    )
    hall.happens(CatalogueAdopted(replace(hall.snapshot.catalogue, media=media)))
    screen = Screen("1", "", split="right", playlist=("clip", "sound", "gone", "logo"), logo="logo")

    def shown(*held: str) -> TvState:
        there = media_there(hall.signage(), {name * 64: f"/media/{name}" for name in held})
        return tv_state(hall.signage(), NINE_MS, screen, there)

    assert (shown().layout.split, shown().layout.logo, shown().media) == ("none", "", ())
    logo = TvMedium("/media/a", MediumKind.PICTURE)
    assert (shown("a").layout.split, shown("a").layout.logo, shown("a").media) == ("right", "/media/a", (logo,))
    assert shown("a", "b", "c").media == (TvMedium("/media/b", MediumKind.CLIP), logo)


@pytest.mark.req("T11")
def test_the_places_of_the_facility_stand_below_its_name(hall: Hall) -> None:
    of = hall.snapshot.catalogue
    facility = replace(of.facility, ward="xã Mẫu Thượng", district="", province="tỉnh Mẫu")
    hall.happens(CatalogueAdopted(replace(of, facility=facility)))
    assert tv_state(hall.signage(), NINE_MS).place == "xã Mẫu Thượng, tỉnh Mẫu"


@pytest.mark.req("T10")
@given(st.integers(0, 0xFFFFFF))
def test_every_colour_of_a_service_becomes_a_ground_on_which_the_number_can_be_read(colour: int) -> None:
    assert contrast(ground(f"#{colour:06x}", "dark"), "#f2fbf9") >= 7
    assert contrast(ground(f"#{colour:06x}", "light"), "#0d2b33") >= 7


@pytest.mark.req("T10")
def test_tiles_have_their_services_colours_where_the_screen_wants_several(hall: Hall) -> None:
    one = tv_state(hall.signage(), NINE_MS, Screen("1", ""))
    many = tv_state(hall.signage(), NINE_MS, Screen("1", "", colours="services"))
    assert {counter.colour for counter in one.counters} == {""}
    assert many.counters[0].colour == ground("#0b6e6e", "dark")


def test_words_that_somebody_typed_stand_in_no_repr() -> None:
    for said in (Banner("Mời ông Nguyễn Văn A"), TvNotice("Mời ông Nguyễn Văn A")):
        assert "Nguyễn" not in repr(said)
