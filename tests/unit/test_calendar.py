"""The business day, and clocks that cannot be believed."""

from datetime import UTC, datetime

import pytest

from edge.queueing.calendar import business_day, clock_is_plausible
from tests.sites import DAY_MS, NOON_MS


def ms(*when: int) -> int:
    return int(datetime(*when, tzinfo=UTC).timestamp() * 1000)  # type: ignore[misc,arg-type]


def test_the_business_day_is_the_sites_own_date() -> None:
    half_past_five_in_london = ms(2026, 11, 22, 17, 30)
    assert business_day(half_past_five_in_london, "Asia/Ho_Chi_Minh") == "2026-11-23"


@pytest.mark.parametrize("wall_ms", [0, ms(1970, 1, 1), ms(2026, 10, 31), ms(2099, 1, 1)])
def test_a_clock_that_was_never_set_is_not_believed(wall_ms: int) -> None:
    assert not clock_is_plausible(wall_ms, 0)


def test_an_empty_journal_believes_any_clock_of_the_products_lifetime() -> None:
    assert clock_is_plausible(NOON_MS, 0)


@pytest.mark.parametrize(
    ("step_ms", "believed"),
    [(0, True), (-3_600_000, True), (-3 * 3_600_000, False), (100 * DAY_MS, True), (200 * DAY_MS, False)],
)
def test_a_clock_is_believed_near_the_journals_last_entry(step_ms: int, believed: bool) -> None:
    assert clock_is_plausible(NOON_MS + 400 * DAY_MS + step_ms, NOON_MS + 400 * DAY_MS) is believed
