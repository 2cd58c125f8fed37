"""Whether the kiosk gives numbers now, from what the hub said last."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from edge.contracts.outlook import Hours, Outlook, ServiceOutlook, Window
from edge.kiosk.opening import HOLDS_MS, is_closed, services_off, turns_after
from edge.kiosk.times import ROUND_MS, moment_text, off_words, window_text
from tests.sites import DAY_MS, NOON_MS

ZONE = "Asia/Ho_Chi_Minh"
HOUR_MS = 3_600_000
SEVEN, ELEVEN, HALF_PAST_ONE, FIVE = (NOON_MS + round(hours * HOUR_MS) for hours in (-5, -1, 1.5, 5))
NUMBERS = ((SEVEN - HOUR_MS, ELEVEN), (HALF_PAST_ONE - HOUR_MS, FIVE - HOUR_MS))
OUTLOOK = Outlook(
    at_ms=SEVEN,
    hours=Hours(((SEVEN, ELEVEN), (HALF_PAST_ONE, FIVE)), next_opens_ms=SEVEN + DAY_MS),
    services={"general": ServiceOutlook(0, None, 1, tickets=NUMBERS)},
    counters={},
)


@pytest.mark.req("K10")
@pytest.mark.parametrize(
    ("at_ms", "closed"),
    [
        (SEVEN - HOUR_MS - 1, True),
        (SEVEN - HOUR_MS, False),
        (SEVEN, False),
        (ELEVEN, True),
        (HALF_PAST_ONE - HOUR_MS, False),
        (FIVE - 1, False),
        (FIVE, True),
        (SEVEN + DAY_MS - 1, True),
        (SEVEN + DAY_MS, False),
    ],
)
def test_it_is_closed_where_the_house_is_and_no_number_is_given(at_ms: int, closed: bool) -> None:
    assert is_closed(OUTLOOK, at_ms) is closed


@pytest.mark.req("K10")
def test_without_an_outlook_nothing_is_closed() -> None:
    assert not is_closed(None, NOON_MS)
    assert services_off(None, NOON_MS) == ()
    assert turns_after(None, NOON_MS) == 0


@pytest.mark.req("K10")
def test_an_outlook_without_a_next_opening_holds_for_its_day() -> None:
    unknown = replace(OUTLOOK, hours=Hours())
    assert is_closed(unknown, FIVE)
    assert not is_closed(unknown, unknown.at_ms + HOLDS_MS)


@pytest.mark.req("K10")
def test_a_house_that_is_always_open_never_closes_and_never_turns_its_tiles() -> None:
    always = Outlook(NOON_MS, Hours(always=True), {"general": ServiceOutlook(0, None, 1, always=True)}, {})
    for at_ms in (NOON_MS, NOON_MS + 3 * DAY_MS):
        assert not is_closed(always, at_ms)
        assert services_off(always, at_ms) == ()


@pytest.mark.req("K10")
def test_a_service_is_off_between_its_times() -> None:
    assert services_off(OUTLOOK, ELEVEN) == ("general",)
    assert services_off(OUTLOOK, HALF_PAST_ONE - HOUR_MS) == ()
    assert services_off(OUTLOOK, FIVE - HOUR_MS) == ("general",)
    assert services_off(OUTLOOK, SEVEN + DAY_MS) == ()  # another day, of which it says nothing


@given(st.integers(SEVEN - 2 * HOUR_MS, SEVEN + DAY_MS + HOUR_MS), st.floats(0, 0.999))
def test_nothing_changes_before_the_next_turn(at_ms: int, share: float) -> None:
    turn_ms = turns_after(OUTLOOK, at_ms)
    if turn_ms:
        assert turn_ms > at_ms
        between_ms = at_ms + int((turn_ms - at_ms) * share)
        assert is_closed(OUTLOOK, between_ms) == is_closed(OUTLOOK, at_ms)
        assert services_off(OUTLOOK, between_ms) == services_off(OUTLOOK, at_ms)


@given(st.integers(0, 3 * HOUR_MS), st.integers(0, HOUR_MS), st.integers(0, 2 * HOUR_MS))
def test_a_window_is_said_in_whole_five_minutes_and_never_begins_in_the_past(low: int, wide: int, later: int) -> None:
    window, now_ms = Window(NOON_MS + low, NOON_MS + low + wide), NOON_MS + later
    first, _, last = window_text(window, now_ms, ZONE).partition("–")
    starts, ends = (_moment(text) for text in (first, last or first))
    assert starts % ROUND_MS == ends % ROUND_MS == 0
    assert starts >= now_ms
    assert ends >= starts
    if window.high_ms >= now_ms:
        assert window.high_ms <= ends < window.high_ms + ROUND_MS or ends == starts


def test_a_moment_of_another_year_names_it() -> None:
    assert moment_text(NOON_MS + 60 * DAY_MS, NOON_MS, ZONE) == "12:00 Thứ Sáu 22/1/2027"


@pytest.mark.req("K10")
def test_a_tile_that_is_off_says_whether_numbers_come_later_today() -> None:
    service = ServiceOutlook(0, None, 1, tickets=NUMBERS)
    assert off_words(service, ELEVEN, ZONE, str) == "Có số từ 12:30"
    assert off_words(service, FIVE, ZONE, str) == "Hết giờ phát số"
    assert off_words(replace(service, tickets=()), NOON_MS, ZONE, str) == "Hôm nay nghỉ"
    assert off_words(service, SEVEN, ZONE, str) == off_words(None, SEVEN, ZONE, str) == "Tạm ngừng"


def _moment(text: str) -> int:
    hours, minutes = map(int, text.split(":"))
    return NOON_MS + ((hours - 12) * 60 + minutes) * 60_000
