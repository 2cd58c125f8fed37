"""Periods as reports name them: what they hold, what they are compared with, and how they are written."""

import contextlib
import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.periods import Kind, NoPeriod, Period, of_kind, parse

DAYS = st.dates(date(2001, 1, 1), date(2098, 12, 31))
KINDS = st.sampled_from(Kind)


def span(period: Period) -> tuple[str, str]:
    return period.first.isoformat(), period.last.isoformat()


@pytest.mark.req("D1")
@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-11-26", "2026-11-26", "2026-11-26"),
        ("2026-W48", "2026-11-23", "2026-11-29"),
        ("2026-W01", "2025-12-29", "2026-01-04"),
        ("2026-02", "2026-02-01", "2026-02-28"),
        ("2024-Q1", "2024-01-01", "2024-03-31"),
        ("2026-Q3", "2026-07-01", "2026-09-30"),
        ("2026-Q4", "2026-10-01", "2026-12-31"),
        ("2026-6m", "2026-01-01", "2026-06-30"),
        ("2026-9m", "2026-01-01", "2026-09-30"),
        ("2026", "2026-01-01", "2026-12-31"),
        ("2026-01-05..2026-03-17", "2026-01-05", "2026-03-17"),
    ],
)
def test_a_period_holds_the_days_it_names(text: str, first: str, last: str) -> None:
    assert span(parse(text)) == (first, last)


@given(KINDS, DAYS)
def test_what_is_written_is_read_again(kind: Kind, day: date) -> None:
    period = of_kind(kind, day)
    assert parse(str(period)) == period


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-13",
        "2026-W54",
        "2026-02-30",
        "1999",
        "2100",
        "2026-7m",
        "2026-Q0",
        "2026-Q5",
        "2026-q3",
        "2026-Q03",
        "2026-03-01..2026-02-01",
        "2020-01-01..2026-01-01",
        "2026-1",
        "２０２６",
        "2026-01-01..",
        "..",
        "a..b",
        "2026-01-01..2026-01-02..2026-01-03",
        "2026-11-26\n",
    ],
)
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(NoPeriod):
        parse(text)


@given(st.text(max_size=30))
def test_any_text_is_a_period_or_refused(text: str) -> None:
    with contextlib.suppress(NoPeriod):
        assert parse(text).days >= 1


@given(DAYS, st.integers(0, 800))
def test_whole_months_and_odd_days_make_the_period_each_day_once(first: date, more: int) -> None:
    period = Period(first, first + timedelta(days=more))
    days = [first + timedelta(days=n) for first, last in period.odd_days for n in range((last - first).days + 1)]
    for month in period.months:
        whole = parse(month)
        days += [whole.first + timedelta(days=n) for n in range(whole.days)]
    assert sorted(days) == [period.first + timedelta(days=n) for n in range(period.days)]


@pytest.mark.req("D1")
@pytest.mark.parametrize(
    ("text", "today", "first", "last"),
    [
        ("2026-11-26", "2026-11-26", "2026-11-25", "2026-11-25"),
        ("2026-W48", "2026-12-20", "2026-11-16", "2026-11-22"),
        ("2026-W48", "2026-11-24", "2026-11-16", "2026-11-17"),
        ("2026-03", "2026-12-20", "2026-02-01", "2026-02-28"),
        ("2026-03", "2026-03-31", "2026-02-01", "2026-02-28"),
        ("2026-03", "2026-03-30", "2026-02-01", "2026-02-28"),
        ("2026-11", "2026-11-10", "2026-10-01", "2026-10-10"),
        ("2026-Q3", "2026-12-20", "2025-07-01", "2025-09-30"),
        ("2026-Q3", "2026-08-15", "2025-07-01", "2025-08-15"),
        ("2024-Q1", "2024-02-29", "2023-01-01", "2023-02-28"),
        ("2026-6m", "2026-12-20", "2025-01-01", "2025-06-30"),
        ("2026-9m", "2026-08-15", "2025-01-01", "2025-08-15"),
        ("2024", "2024-02-29", "2023-01-01", "2023-02-28"),
        ("2026", "2027-01-01", "2025-01-01", "2025-12-31"),
        ("2026-01-05..2026-03-17", "2026-12-20", "2025-10-25", "2026-01-04"),
    ],
)
def test_a_period_is_compared_with_as_much_of_the_one_before(text: str, today: str, first: str, last: str) -> None:
    assert span(parse(text).before(date.fromisoformat(today))) == (first, last)


@given(KINDS, DAYS)
def test_one_forth_and_one_back_is_the_same(kind: Kind, day: date) -> None:
    period = of_kind(kind, day)
    assert period.shifted(1).shifted(-1) == period
    assert period.shifted(1).first > period.first


@given(DAYS)
def test_a_quarter_is_three_whole_months_and_four_of_them_are_the_year(day: date) -> None:
    quarters = [of_kind(Kind.QUARTER, date(day.year, month, 28)) for month in (2, 4, 9, 12)]
    assert [len(quarter.months) for quarter in quarters] == [3, 3, 3, 3]
    assert all(quarter.odd_days == () for quarter in quarters)
    months = [month for quarter in quarters for month in quarter.months]
    assert tuple(months) == of_kind(Kind.YEAR, day).months
    assert of_kind(Kind.QUARTER, day) in quarters
    assert [quarter.quarter for quarter in quarters] == ["I", "II", "III", "IV"]
    assert [quarter.shifted(1) for quarter in quarters[:3]] == quarters[1:]


@given(KINDS, DAYS, st.integers(0, 400))
def test_what_it_is_compared_with_lies_before_it_and_is_not_longer(kind: Kind, day: date, later: int) -> None:
    period, today = of_kind(kind, day), day + timedelta(days=later)
    before = period.before(today)
    assert before.first <= before.last < period.first
    assert before.days <= period.days + 3  # a month may be longer than the next one


@given(DAYS, st.integers(0, 30), st.integers(0, 30))
def test_a_stretch_of_a_month_and_the_rest_of_it_are_the_month(day: date, first: int, length: int) -> None:
    month = of_kind(Kind.MONTH, day)
    begin = month.first + timedelta(days=min(first, month.days - 1))
    some = Period(begin, min(begin + timedelta(days=length), month.last))
    parts = sorted([some, *some.rest_of_month])
    assert (parts[0].first, parts[-1].last) == (month.first, month.last)
    assert all(before.last + timedelta(days=1) == after.first for before, after in itertools.pairwise(parts))
