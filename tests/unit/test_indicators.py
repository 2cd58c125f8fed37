"""The ten indicators: what they are made from, when a target is reached, and which change is for the better."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.counts import NOTHING, Counts, total
from cloud.indicators import MEANINGS, Better, Indicator, Key, Unit, indicators, of_all, receiving_by_chip
from cloud.rollups import BINS, MEASURES

COUNTS = st.dictionaries(st.sampled_from(MEASURES), st.integers(0, 10**6)).map(lambda n: counts(**n))


def counts(**n: int) -> Counts:
    return Counts(tuple(n.get(measure, 0) for measure in MEASURES))


def one(key: Key, now: Counts, before: Counts = NOTHING) -> Indicator:
    return next(indicator for indicator in indicators(now, before) if indicator.key is key)


@pytest.mark.req("D1")
def test_a_look_up_succeeds_where_the_card_is_in_force_as_the_departments_letter_counts() -> None:
    looked_up = one(Key.LOOK_UPS, counts(insurance_valid=13_000, insurance_new_card=93, insurance_expired=1_893))
    assert (looked_up.part, looked_up.whole) == (13_093, 14_986)
    assert looked_up.value == pytest.approx(0.8736, abs=0.0001)
    assert looked_up.reached is False


@pytest.mark.req("D1")
def test_chip_qr_and_vneid_register_with_the_id_card_and_only_the_chip_by_chip() -> None:
    now = counts(issued_cccd_chip=1, issued_cccd_qr=2, issued_vneid_qr=3, issued_bhyt_qr=4, issued_none=10)
    assert (one(Key.BY_ID_CARD, now).part, one(Key.BY_CHIP, now).part, one(Key.TICKETS, now).value) == (6, 1, 20)


@pytest.mark.req("D2")
def test_whoever_waited_29_minutes_is_within_30_and_whoever_waited_31_is_not() -> None:
    now = counts(called=2, wait_09=1, wait_10=1)  # 25 to 30, and 30 to 40 minutes
    within = one(Key.WAIT_WITHIN, now)
    assert (within.part, within.whole) == (1, 2)


@pytest.mark.req("D2")
def test_a_shorter_wait_and_fewer_no_shows_are_for_the_better_and_more_numbers_are_only_more() -> None:
    before = counts(called=10, wait_10=10, no_shows=2, issued_none=10)
    now = counts(called=10, wait_05=10, no_shows=1, issued_none=12)
    assert one(Key.WAIT_MEDIAN, now, before).improved is True
    assert one(Key.NO_SHOWS, now, before).improved is True
    assert one(Key.NO_SHOWS, before, now).improved is False
    tickets = one(Key.TICKETS, now, before)
    assert tickets.improved is None
    assert tickets.change == pytest.approx(0.2)


def test_where_nothing_was_counted_there_is_no_value_no_target_reached_and_no_change() -> None:
    for indicator in indicators(NOTHING):
        if indicator.meaning.unit is not Unit.COUNT:
            assert (indicator.value, indicator.reached, indicator.change) == (None, None, None)


@given(COUNTS, COUNTS)
def test_every_share_lies_between_none_and_all_or_is_absent(now: Counts, before: Counts) -> None:
    for indicator in indicators(now, before):
        assert indicator.meaning is MEANINGS[indicator.key]
        if indicator.meaning.better is Better.NEITHER:
            assert indicator.improved is None
        if indicator.meaning.unit is Unit.SHARE and indicator.value is not None:
            assert indicator.whole > 0
            assert indicator.value == indicator.part / indicator.whole
        if indicator.meaning.unit is Unit.SCORE and indicator.value is not None:
            assert 1 <= indicator.value <= 5


@given(st.lists(COUNTS, max_size=5))
def test_a_total_is_the_sum_of_each_measure_however_it_is_made(some: list[Counts]) -> None:
    together = NOTHING
    for each in some:
        together = together.plus(each)
    assert together == total(some)
    assert of_all(dict(enumerate(some)), range(len(some) + 1)) == together  # type: ignore[arg-type]


@pytest.mark.req("D1")
def test_a_facility_without_figures_does_not_count_among_those_that_could_receive_by_chip() -> None:
    by_site = {"a": counts(issued_cccd_chip=1), "b": counts(issued_none=5), "c": NOTHING}
    assert receiving_by_chip(by_site) == (1, 2)


def test_within_takes_an_edge_of_the_histogram_only() -> None:
    assert counts(**{f"wait_{place:02d}": 1 for place in range(BINS)}).within(180) == BINS - 1
    with pytest.raises(ValueError, match="tuple"):
        NOTHING.within(31)
